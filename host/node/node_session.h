// One connected period of a getblocktemplate source: from the first template to the loss of the node.
//
// Templates come from two sides, a longpoll that waits for a new tip and a poll every few seconds as its backup. The
// longpoll takes a thread of the node, so it comes last, and only where another is left for the other calls. A
// template of a shape that the node has accepted before is published at once and checked behind; one of a new shape is
// first shown to the node as a proposal. Everything on the io thread; the owner awaits run().
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/base/log.h"
#include "host/node/longpoll_gate.h"
#include "host/node/node_options.h"
#include "host/node/node_work.h"
#include "host/node/permission_check.h"
#include "host/node/rpc_client.h"
#include "host/node/sync_watch.h"
#include "host/node/template_parser.h"
#include "host/node/template_stream.h"
#include "host/node/tip_watch.h"
#include "host/work/source.h"

namespace lode::node {

/// What a session borrows from its source.
struct SessionLinks {
  boost::asio::any_io_executor executor;
  const NodeOptions& options;
  Log log;
  RpcClient& calls;
  RpcClient& longpoll;
  RpcClient& checks;
  RpcClient& beside;  ///< for a moment, before a longpoll
  WorkMaker& maker;
  NodeCounters& counters;
  TipWatch& tips;
  LongpollGate& gate;
  SyncWatch& sync;
  PermissionCheck& permissions;
  work::WorkSource& source;
  work::SourceListener& listener;
};

struct SessionEnd {
  Error error;
  bool fatal = false;      ///< trying again is of no use
  bool connected = false;  ///< the listener was told on_connected
};

class NodeSession {
 public:
  explicit NodeSession(SessionLinks links);

  /// Works until the node is lost or stop().
  boost::asio::awaitable<SessionEnd> run();

  /// Makes run() end with kCancelled soon.
  void stop() noexcept;

  /// The listener was told on_connected.
  [[nodiscard]] bool is_connected() const noexcept { return connected_; }

  /// The node took a block of ours on top of `previous_block`: work on that parent is over, new work is wanted at once.
  void block_accepted(const chain::Hash256& hash, const chain::Hash256& previous_block);
  /// The node has another block on top of `previous_block`: new work is wanted at once, if that is what is worked on.
  void block_late(const chain::Hash256& previous_block);

  /// The node's name for the work on that parent (BIP22 workid), where it gave one.
  [[nodiscard]] std::optional<std::string> work_id(const chain::Hash256& previous_block) const;

 private:
  using Clock = std::chrono::steady_clock;

  /// How a template was come by.
  struct Origin {
    Clock::time_point asked;
    Clock::time_point complete;     ///< its last byte was read
    std::uint64_t tip_changes = 0;  ///< when it was asked for
    bool by_longpoll = false;
  };
  /// What decides whether a template brings anything new.
  struct Content {
    chain::Hash256 previous_block;
    std::uint32_t height = 0;
    std::uint32_t version = 0;
    std::uint32_t bits = 0;
    std::uint64_t coinbase_value = 0;
    std::optional<Bytes> witness_commitment;
    std::vector<chain::Hash256> txids;

    friend bool operator==(const Content&, const Content&) = default;
  };

  boost::asio::awaitable<Result<void>> identify();
  boost::asio::awaitable<Result<void>> fetch();
  boost::asio::awaitable<void> poll();
  boost::asio::awaitable<void> wait_for_tips();
  /// Returns when the node may be sent a longpoll: it has answered what comes first, and has a thread to spare.
  boost::asio::awaitable<void> await_longpoll_turn();
  boost::asio::awaitable<void> look_for_threads();
  void do_without_longpoll();
  boost::asio::awaitable<void> check_templates();

  Result<void> choose_payout(const std::string& chain);
  Result<bool> take(Result<RpcReply> reply, TemplateStream& stream, const Origin& origin);
  [[nodiscard]] bool is_outdated(const BlockTemplate& reply, const Origin& origin) const;
  bool brings_something(const BlockTemplate& reply);
  /// Learns whether the longpoll wakes for our own blocks: then they need no template to be asked for.
  void note_own_tip(const chain::Hash256& tip, const Origin& origin);
  void publish(NodeWork made);

  boost::asio::awaitable<void> check_before(NodeWork made);
  boost::asio::awaitable<void> check_behind(NodeWork made);
  boost::asio::awaitable<Result<void>> check_contents(const NodeWork& made);
  /// Another tip is known by now, so that what the node says of this template means nothing.
  [[nodiscard]] bool is_over(const NodeWork& made) const;
  void no_proposals(const std::string& why);
  void withdraw(const NodeWork& made, const Error& reason);

  void end(Error error, bool fatal = false) noexcept;
  void fetch_at(Clock::time_point when);
  [[nodiscard]] Clock::time_point soon() const { return last_fetch_ + links_.options.times.shortest; }
  boost::asio::awaitable<void> pause(boost::asio::steady_timer& timer, std::chrono::milliseconds time);

  SessionLinks links_;
  boost::asio::steady_timer fetch_timer_;
  boost::asio::steady_timer longpoll_timer_;
  boost::asio::steady_timer check_timer_;
  std::optional<SessionEnd> ended_;
  bool connected_ = false;

  Clock::time_point last_fetch_{};
  Clock::time_point next_fetch_{};
  std::optional<std::string> longpoll_id_;
  bool longpoll_waits_ = false;           ///< the node has it
  bool longpoll_held_back_ = false;       ///< until it is its turn
  bool has_spare_thread_ = false;         ///< for the longpoll; or nobody can tell
  bool longpoll_tells_own_tips_ = false;  ///< as seen at the last block of ours
  bool target_noted_ = false;

  std::optional<Content> content_;  ///< of the newest template
  bool withdrawn_ = false;          ///< what was published may not be hashed: the next template is news in any case
  std::uint32_t content_time_ = 0;
  Clock::time_point content_taken_{};
  std::uint64_t tip_changes_ = 0;
  std::deque<chain::Hash256> old_tips_;
  std::optional<chain::Hash256> solved_;  ///< the parent of a block that the node took from us, or had before ours
  Clock::time_point solved_at_{};
  std::optional<chain::Hash256> own_tip_;  ///< that block

  std::set<std::string> good_shapes_;
  bool proposals_work_ = true;
  std::optional<NodeWork> unchecked_;  ///< of a new shape, not published
  std::optional<NodeWork> published_;  ///< newest, to be checked behind
  std::uint64_t published_sequence_ = 0;
  std::optional<chain::Hash256> published_parent_;
  std::optional<std::string> work_id_;
  Clock::time_point last_proposal_{};
  Clock::time_point reply_complete_{};
};

}  // namespace lode::node
