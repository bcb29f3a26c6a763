// Sees every found block through: into the journal, to all nodes at once, again and again until one has it in its chain
// or all have turned it down for good.
//
// Io thread only. What is still on its way when the program ends stays in the journal and is resent at the next start.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "host/base/log.h"
#include "host/base/result.h"
#include "host/net/task_group.h"
#include "host/store/block_journal.h"
#include "host/work/found_block.h"
#include "host/work/sink.h"

namespace lode::engine {

/// How a block ended. Comes once a block.
struct BlockFate {
  work::FoundBlock block;
  work::BlockOutcome outcome;  ///< kAccepted, kStale or kRejected
  std::string sink;            ///< whose word it is
  std::chrono::steady_clock::duration took{};
  bool resent = false;
};

class SubmitterListener {
 public:
  virtual ~SubmitterListener() = default;
  virtual void on_block_fate(const BlockFate& fate) = 0;
  /// The node may have lost blocks that it had accepted, and gets them again: its work may be for parents of theirs.
  virtual void on_restore_begun(const work::BlockSink& /*sink*/) {}
  /// The node has such a block in its chain again.
  virtual void on_restored(const chain::Hash256& /*previous_block*/) {}
  /// Comes once for each on_restore_begun().
  virtual void on_restore_ended(const work::BlockSink& /*sink*/) {}
};

class Submitter {
 public:
  /// `journal` may be null; it is used when there is a sink that outlives the process.
  Submitter(boost::asio::any_io_executor executor, std::vector<work::BlockSink*> sinks, store::BlockJournal* journal,
            SubmitterListener& listener, Log log);

  /// Journals and sends. `found`: when the candidate reached the host.
  void submit(work::FoundBlock block, std::chrono::steady_clock::time_point found);

  /// Sends what an earlier run left in the journal.
  void resume();

  /// A node is there (again): blocks that it had accepted and does not have any more are sent again, lowest first.
  void restore(work::BlockSink& sink);

  /// The height of the best chain, for accepted blocks to be forgotten.
  void note_tip(std::uint32_t height);

  /// Blocks whose fate is open.
  [[nodiscard]] std::size_t pending() const noexcept { return open_.size(); }

  /// Waits until every node has answered for every block, at the most until `deadline`; nodes that are out of reach are
  /// tried again at once and then often. Then gives up all sending.
  boost::asio::awaitable<void> finish(std::chrono::steady_clock::time_point deadline);

 private:
  struct Delivery {
    work::FoundBlock block;
    std::chrono::steady_clock::time_point found;
    bool resent = false;
    bool settled = false;          ///< its fate was announced
    std::size_t sinks_left = 0;    ///< that gave no final answer yet
    work::BlockOutcome verdict{};  ///< the most telling refusal so far
    std::string verdict_sink{};
  };

  /// One look at what a node has lost.
  struct Restoration {
    std::vector<store::BlockName> names;  ///< of all accepted blocks, lowest first
    std::vector<store::BlockName> lost;   ///< of those, and in the end of the blocks without an answer; the same
    std::set<chain::Hash256> sent;
    std::size_t in_chain = 0;
    std::size_t in_branch = 0;
  };
  /// What a node says of a block that it gets again.
  struct Resent {
    work::BlockOutcome::Kind kind = work::BlockOutcome::Kind::kUnavailable;
    chain::Hash256 previous_block{};
  };

  /// A node that may have lost blocks, from its connection until it has them.
  struct Restoring {
    bool holds = false;                          ///< its work waits: on_restore_begun() was called
    bool came_again = false;                     ///< it has gone and come back meanwhile
    boost::asio::steady_timer* pause = nullptr;  ///< before another attempt; null: there is none now
  };

  boost::asio::awaitable<void> keep_restoring(work::BlockSink& sink, Restoring& state);
  /// False: not all could be given to the node.
  boost::asio::awaitable<bool> restore_lost(work::BlockSink& sink);
  /// False: the node does not tell.
  boost::asio::awaitable<bool> find_lost(work::BlockSink& sink, Restoration& restoration);
  /// Sends a block, and before it those below it that the node turns out to lack. False: the node does not take it now.
  boost::asio::awaitable<bool> send_with_parents(work::BlockSink& sink, store::BlockName name,
                                                 Restoration& restoration);
  /// An accepted block, or one without an answer. Errors: those of BlockJournal::read_accepted().
  [[nodiscard]] Result<work::FoundBlock> block_of(const store::BlockName& name) const;
  boost::asio::awaitable<Resent> send_again(work::BlockSink& sink, store::BlockName name, Restoration& restoration);
  void send(std::shared_ptr<Delivery> delivery);
  boost::asio::awaitable<void> deliver(std::shared_ptr<Delivery> delivery, work::BlockSink& sink);
  boost::asio::awaitable<work::BlockOutcome> attempt(Delivery& delivery, work::BlockSink& sink);
  void answered(Delivery& delivery, work::BlockSink& sink, work::BlockOutcome outcome);
  void settle(Delivery& delivery, const work::BlockOutcome& outcome, const std::string& sink);

  boost::asio::any_io_executor executor_;
  std::vector<work::BlockSink*> sinks_;
  store::BlockJournal* journal_;
  SubmitterListener& listener_;
  Log log_;
  std::map<chain::Hash256, std::shared_ptr<Delivery>> open_;
  std::set<boost::asio::steady_timer*> pauses_;  ///< of deliveries between two attempts
  std::map<work::BlockSink*, Restoring> restoring_;
  bool finishing_ = false;
  bool given_up_ = false;
  net::TaskGroup tasks_;
};

}  // namespace lode::engine
