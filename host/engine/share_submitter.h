// Sees what is found for pools through: each share to the source of its job, what is known of a block into a file
// first, the answers into the counters. The counterpart of Submitter, which has nodes to send whole blocks to.
//
// Io thread only.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "host/base/log.h"
#include "host/engine/events.h"
#include "host/engine/pool_blocks.h"
#include "host/engine/source_tally.h"
#include "host/store/pool_block_log.h"
#include "host/work/share.h"
#include "host/work/source.h"

namespace lode::engine {

class ShareSubmitter {
 public:
  /// What it counts into and tells; everything outlives it.
  struct Parts {
    std::vector<work::WorkSource*> sources;  ///< by Job::source
    store::PoolBlockLog* blocks = nullptr;   ///< null: none is kept
    Totals* totals = nullptr;
    SourceTally* tally = nullptr;
    EventListener* listener = nullptr;
  };

  /// Files are brought to the disk on `background`.
  ShareSubmitter(const boost::asio::any_io_executor& executor, boost::asio::any_io_executor background, Parts parts,
                 Log log);

  /// Sends a verified share. `is_current`: its job was not replaced; one that was is worth nothing any more, unless the
  /// share is a block: that is sent whatever its age, the network decides.
  void submit(const work::Share& share, bool is_current, const std::string& device);

  /// A pool's answer, or that none came.
  void on_answer(const work::WorkSource& source, const work::ShareOutcome& outcome);

  /// What new work tells of blocks that were found for pools.
  void look_for_blocks(const work::WorkTemplate& work);

  /// Waits until the pools have answered for what was sent, at the most until `deadline`. Blocks that have no answer by
  /// then stay open in their files.
  boost::asio::awaitable<void> finish(std::chrono::steady_clock::time_point deadline);

 private:
  void note_block(const work::Share& share, const std::string& device);
  /// Keeps what is known of a pool's block.
  void record(const work::Share& share);
  /// Brings the block's file to the disk, in the background.
  void sync(const chain::Hash256& hash, std::uint32_t height);
  void on_block_answer(const work::WorkSource& source, const work::ShareOutcome& outcome);
  /// The block is in the pool's hands or in the chain.
  void close(const chain::Hash256& hash, std::uint32_t height, std::string_view why);
  void settle();

  boost::asio::any_io_executor background_;
  Parts parts_;
  Log log_;
  PoolBlocks blocks_;
  std::size_t open_ = 0;                            ///< submitted, not answered for
  std::unordered_set<chain::Hash256> unanswered_;   ///< blocks whose connection ended, or a limit passed, before that
  std::unordered_set<chain::Hash256> only_blocks_;  ///< submitted, and no shares: they count as such nowhere
  boost::asio::steady_timer settled_;               ///< cancelled when there are none of both
  std::shared_ptr<std::atomic<int>> syncs_ = std::make_shared<std::atomic<int>>(0);  ///< that the background has to do
};

}  // namespace lode::engine
