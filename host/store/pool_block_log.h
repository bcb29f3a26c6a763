// Blocks found for pools, with all that is known of them here.
//
// A pool has the transactions, so only it can send the block. If it does not, or pays nobody for it, these files say
// what was found when, and they are all that somebody with the pool's transactions needs to send it. One without an
// answer is open: a later run submits it again.
//
//   <folder>/pool-blocks/<height>-<hash>.txt   one "name: value" a line; the newest kKept and, at times, a tenth more
//
// Any one thread at a time, but for sync(), which may run beside the others.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/chain/header.h"

namespace lode::store {

struct PoolBlock {
  chain::Hash256 hash;
  std::uint32_t height = 0;
  std::string pool;        ///< for people, without credentials
  std::string job_id;      ///< the pool's; any characters
  std::string session_id;  ///< the same; may be empty
  std::chrono::system_clock::time_point found;
  chain::Header header;
  std::uint32_t job_version = 0;   ///< of the header, as the pool gave it
  std::uint32_t version_mask = 0;  ///< bits of it that could be rolled
  Bytes extranonce1;
  Bytes extranonce2;
  Bytes coinbase;                             ///< without witness
  std::vector<chain::Hash256> merkle_branch;  ///< from the coinbase to the root
};

/// What a file holds. What a pool has chosen is written so that it cannot look like another line.
std::string to_text(const PoolBlock& block);

/// The inverse; lines of other names are passed over. Errors: kMalformed.
Result<PoolBlock> parse_pool_block(std::string_view text);

class PoolBlockLog {
 public:
  static constexpr std::size_t kKept = 1000;

  /// `folder` is the state folder. Nothing is made there before the first block.
  explicit PoolBlockLog(const std::filesystem::path& folder) : folder_(folder / "pool-blocks") {}

  /// On return the file outlives this process. One that is there already stays as it is: it may hold the answer.
  /// Errors: kStore.
  Result<void> record(const PoolBlock& block);

  /// Notes that the block needs no further care, and `why`: "the pool has it". Once for each block; a file that is gone
  /// is no error. Errors: kStore.
  Result<void> close(const chain::Hash256& hash, std::uint32_t height, std::string_view why);

  /// The open blocks that were found since `since`, oldest first. Files that cannot be read or are not whole are left
  /// out, as are those of lode 0.x before it could submit them again.
  [[nodiscard]] std::vector<PoolBlock> open_blocks(std::chrono::system_clock::time_point since) const;

  /// Brings a block's file to the disk; takes as long as the disk does. Errors: kStore.
  [[nodiscard]] Result<void> sync(const chain::Hash256& hash, std::uint32_t height) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(const chain::Hash256& hash, std::uint32_t height) const;
  void drop_oldest();

  std::filesystem::path folder_;
  std::unordered_set<chain::Hash256> closed_;  ///< by this object
  std::size_t until_tidied_ = 0;               ///< blocks that may still come before the folder is looked through
};

}  // namespace lode::store
