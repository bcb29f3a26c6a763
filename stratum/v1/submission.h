// What mining.submit says of a share, kept apart from its job: so it can be sent when the job is long gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"
#include "host/work/share.h"

namespace lode::stratum::v1 {

struct Submission {
  chain::Hash256 hash;
  std::uint32_t height = 0;  ///< 0: the coinbase does not tell
  std::string job_id;
  std::string session_id;  ///< the session that the job belongs to; empty: it has no name
  Bytes extranonce1;       ///< of the job
  Bytes extranonce2;
  std::uint32_t version = 0;
  std::uint32_t job_version = 0;
  std::uint32_t mask = 0;  ///< of the version bits that the pool let roll when it issued the job
  std::uint32_t time = 0;
  std::uint32_t nonce = 0;
  std::chrono::steady_clock::time_point found;

  friend bool operator==(const Submission&, const Submission&) = default;
};

/// `share` has a job. `mask`: see Submission.
Submission submission_of(const work::Share& share, std::uint32_t mask);

}  // namespace lode::stratum::v1
