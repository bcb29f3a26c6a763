// What a work source offers to hash: everything of a block header and its coinbase that is not rolled.
//
// A WorkTemplate is built on the io thread, never changed after it was handed over, and shared as
// shared_ptr<const WorkTemplate> with worker threads and pending submissions; the last of them frees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"
#include "host/chain/target.h"

namespace lode::work {

/// The transactions of a block after its coinbase, ready to be appended. Only sources that can take whole blocks give
/// one.
struct BlockBody {
  std::size_t transaction_count = 0;  ///< without the coinbase
  Bytes transactions;                 ///< their serialisations with witness (BIP144), one after another
  bool coinbase_has_witness = false;  ///< the coinbase carries the witness reserved value (BIP141)
};

struct WorkTemplate {
  std::string source;      ///< name of the source for people and events, such as "127.0.0.1:8332"
  std::string job_id;      ///< the pool's name for the job; empty for a node
  std::string session_id;  ///< the pool's name for the session of the job, by which it can be resumed; may be empty
  std::uint32_t height = 0;
  bool clean = true;  ///< older work of this source is void at once; otherwise it may be finished
  /// The source has had a block on `previous_block` from here and, asked since, still builds on it: it left that block,
  /// or never had it in its chain.
  bool parent_again = false;

  std::uint32_t version = 0;
  std::uint32_t version_mask = 0;  ///< bits of the version that may be rolled (BIP320); 0: none
  chain::Hash256 previous_block;
  std::uint32_t time = 0;             ///< seconds since 1970; the lowest time to hash with
  std::uint32_t time_roll_limit = 0;  ///< how many seconds past `time` a header may say
  std::uint32_t bits = 0;
  chain::Target network_target;  ///< a hash at or below it is a block
  chain::Target share_target;    ///< a hash at or below it is wanted; the network target where there are no shares

  /// Coinbase transaction without witness = prefix + extranonce1 + extranonce2 + suffix.
  Bytes coinbase_prefix;
  Bytes extranonce1;
  std::size_t extranonce2_size = 0;     ///< 0 .. 16 bytes
  std::uint64_t first_extranonce2 = 0;  ///< counter to begin with, where smaller ones were used up (see Roll)
  Bytes coinbase_suffix;
  std::vector<chain::Hash256> merkle_branch;  ///< siblings on the path from the coinbase to the merkle root

  std::shared_ptr<const BlockBody> body;  ///< null where only shares can be submitted

  /// Whether what is found are shares, for the source that offered this, and not whole blocks.
  [[nodiscard]] bool is_for_shares() const noexcept { return body == nullptr; }
};

}  // namespace lode::work
