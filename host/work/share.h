// A share on its way to the pool that issued its job, and what the pool said of it. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "host/chain/hash256.h"
#include "host/work/candidate.h"
#include "host/work/job.h"

namespace lode::work {

/// Immutable and cheap to copy.
struct Share {
  std::shared_ptr<const Job> job;
  Roll roll;
  chain::Hash256 hash;
  bool is_block = false;                        ///< it meets the network target as well
  std::chrono::steady_clock::time_point found;  ///< when the candidate reached the host
};

struct ShareOutcome {
  enum class Kind {
    kAccepted,
    kStale,          ///< its job is out of date
    kDuplicate,      ///< the pool has it already
    kLowDifficulty,  ///< above the target that the pool wants
    kRejected,       ///< any other reason
    kUnanswered,     ///< the connection ended, or a limit passed, before the answer came
  };
  Kind kind = Kind::kUnanswered;
  int code = 0;                                ///< the pool's own; 0: it gave none
  std::string reason = {};                     ///< the pool's own words; empty when accepted
  chain::Hash256 hash = {};                    ///< of the share
  bool was_block = false;                      ///< see Share::is_block
  std::uint32_t height = 0;                    ///< of that block
  bool settled = false;                        ///< that block needs no more care: the pool has it, or the chain goes on
  bool held_back = false;                      ///< the share was not sent; `reason` says why
  bool unexplained = false;                    ///< called late though nothing has made its job void
  bool again = false;                          ///< the block was sent again; its share was answered for before
  std::chrono::steady_clock::duration took{};  ///< from the candidate's arrival at the host to the answer
};

}  // namespace lode::work
