// The journal of found blocks: no block is ever lost.
//
// A block is recorded before it is sent to any node and stays on disk until a node's answer is known. So a crash, a
// kill or a power cut between finding and acceptance costs nothing: at the next start pending() gives the blocks to
// send again.
//
//   <folder>/pending/<height>-<hash>.block   raw serialised block; `submitblock "$(xxd -p FILE | tr -d '\n')"` by hand
//   <folder>/accepted/                       blocks that a node accepted (accepted_blocks.h)
//   <folder>/resolved/                       blocks that a node called stale or invalid, the newest kResolvedKept
//   <folder>/damaged/                        what was found in pending/ and is no whole block, the newest kDamagedKept
//   <folder>/reserve                         kReserve bytes for a block that is found while the disk is full
//
// record() leaves the block in the page cache, where it survives this process; a thread of the journal's own then
// brings file and folder to the disk, beside the sending, unless the block's fate is known within milliseconds (a chain
// for tests), when it would only slow down the next one. Files are self-checking: their name holds the block's hash.
//
// All functions may be called from any thread. One process at a time should use a folder; a second does no harm, but
// both will send the blocks that were pending when they started.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/log.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/store/accepted_blocks.h"
#include "host/store/block_name.h"
#include "host/store/disk_reserve.h"

namespace lode::store {

/// A block that was recorded and whose fate is not known.
struct PendingBlock {
  chain::Hash256 hash;
  chain::Hash256 previous_block;
  std::uint32_t height = 0;
  std::shared_ptr<const Bytes> serialized;
};

/// How a block ended.
enum class Resolution { kAccepted, kStale, kRejected };

class BlockJournal {
 public:
  static constexpr std::size_t kMaxBlockBytes = 4'000'000;                 ///< no valid block is longer (BIP141)
  static constexpr std::size_t kMaxPendingBytes = std::size_t{256} << 20;  ///< that one pending() reads
  static constexpr std::size_t kReserve = std::size_t{8} << 20;            ///< two of the longest blocks
  static constexpr std::size_t kResolvedKept = 100;
  static constexpr std::size_t kDamagedKept = 100;

  /// Makes the folders (mode 0700), tries that they can be written to, and reserves room for a block; a disk that has
  /// none is a warning. Completes what a killed process left half done. Errors: kStore, naming the path and what the
  /// system said.
  static Result<std::unique_ptr<BlockJournal>> open(const std::filesystem::path& folder, Log log);

  /// Brings everything recorded to the disk first.
  ~BlockJournal();
  BlockJournal(const BlockJournal&) = delete;
  BlockJournal& operator=(const BlockJournal&) = delete;

  /// On return the block survives the end of this process; see flush() for the end of the machine's. Recording a block
  /// again is harmless. After an error (a full disk) nothing is left behind, and a later call may work.
  /// Errors: kStore; kMalformed or kTooLarge for bytes that are not the block with this hash.
  Result<void> record(const chain::Hash256& hash, std::uint32_t height, ByteView block);

  /// The block's fate is known: an accepted one goes to accepted/, others are kept in resolved/. Unknown hashes are
  /// ignored.
  void resolve(const chain::Hash256& hash, Resolution resolution);

  /// Reads what is pending, lowest height first; when that is more than kMaxPendingBytes, the highest. What is no
  /// whole block is moved to damaged/ with a line in the log. Errors: kStore when the folder cannot be read.
  Result<std::vector<PendingBlock>> pending();

  /// Accepted blocks that a node might lose yet, lowest height first.
  [[nodiscard]] std::vector<BlockName> accepted();
  /// One of them. Errors: kStore, kMalformed and kTooLarge for a file that is not the block any more.
  Result<PendingBlock> read_accepted(const BlockName& name);
  /// It is of no use any more.
  void forget_accepted(const BlockName& name);
  /// The height of the best chain: what is buried below it, and was accepted long ago, is forgotten.
  void note_tip(std::uint32_t height);

  /// Waits until what was recorded so far is on the disk. False when that took longer than `limit`, or when anything
  /// recorded since the last flush() could not be brought to the disk.
  bool flush(std::chrono::milliseconds limit = std::chrono::seconds(10));

 private:
  BlockJournal(std::filesystem::path folder, Log log);

  Result<void> make_folders() const;
  Result<void> write_block(const BlockName& name, ByteView block) const;
  void adopt_leftovers();
  void move_aside(const std::filesystem::path& file, const std::string& why) const;
  void drop_oldest(const std::filesystem::path& folder, std::size_t keep) const;
  void sync_forever();
  /// Files of those that are due, or of all, less those resolved meanwhile. `taken` counts these too.
  std::vector<std::filesystem::path> take_unsynced(bool all, std::size_t& taken);

  const std::filesystem::path folder_;
  const std::filesystem::path pending_;
  const std::filesystem::path resolved_;
  const std::filesystem::path damaged_;
  const Log log_;
  DiskReserve reserve_;      ///< under mutex_
  AcceptedBlocks accepted_;  ///< the same

  std::mutex mutex_;                                 ///< folders and the members below; never held during an fsync
  std::map<chain::Hash256, std::uint32_t> heights_;  ///< of the blocks in pending/
  /// A recorded block that is not on the disk yet.
  struct Unsynced {
    chain::Hash256 hash;
    std::chrono::steady_clock::time_point due;  ///< when the disk is asked
  };
  std::deque<Unsynced> unsynced_;
  int flushing_ = 0;          ///< calls of flush() in progress
  std::uint64_t queued_ = 0;  ///< how many files were ever queued, and ...
  std::uint64_t synced_ = 0;  ///< ... how many of them are done with
  bool sync_failed_ = false;  ///< since the last flush()
  bool stopping_ = false;
  std::condition_variable work_;
  std::condition_variable progress_;
  std::thread syncer_;  ///< last member: uses all others
};

}  // namespace lode::store
