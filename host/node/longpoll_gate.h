// Decides when a longpoll may be sent to a node, so that lode never holds more than one of its RPC threads.
//
// Bitcoin Core waits for the answer to a longpoll in one of its RPC threads (rpcthreads), and goes on waiting when the
// client has gone: until there is a new tip, or new transactions, which it looks for after one minute and then every
// ten seconds (rpc/mining.cpp). On a chain without transactions that has no end. So a longpoll that was left open, by
// this run or an earlier one, must have ended before the next is sent; and a node without a thread to spare gets none.
//
// One for each node, as long as the source; io thread. Knows no sockets and no clock but what it is given.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/chain/hash256.h"
#include "host/node/longpoll_record.h"

namespace lode::node {

struct LongpollGateTimes {
  /// A longpoll that is so old ends soon after transactions came in: Bitcoin Core's minute.
  std::chrono::milliseconds first_look{60'000};
  /// How soon: two of Bitcoin Core's ten seconds.
  std::chrono::milliseconds later_looks{20'000};
  /// A longpoll that is so old counts as ended, whatever the node's templates say.
  std::chrono::milliseconds longest{3'600'000};

  /// A node that had no thread to spare is tried again after so long, each time twice as long up to the longest.
  std::chrono::milliseconds first_pause{600'000};
  std::chrono::milliseconds longest_pause{9'600'000};
  /// So long without trouble after a pause, and the next pause is the first again.
  std::chrono::milliseconds calm{3'600'000};
};

class LongpollGate {
 public:
  using Clock = std::chrono::steady_clock;

  /// `record` may be null: nothing is remembered. What it holds is taken as left open at `now` at the latest.
  LongpollGate(LongpollGateTimes times, std::shared_ptr<LongpollRecord> record, Clock::time_point now);

  /// Whether a longpoll may be sent now.
  [[nodiscard]] bool is_open(Clock::time_point now);

  /// A template came that was not a longpoll's answer.
  void saw(const chain::Hash256& tip, std::string_view longpoll_id, Clock::time_point now);

  /// A longpoll goes out, with the id of a template on top of `tip`.
  void sent(const chain::Hash256& tip, std::string_view longpoll_id, Clock::time_point now);
  /// It was answered, or the node has closed its connection.
  void answered() noexcept { waiting_.reset(); }
  /// Nobody waits for its answer any more; the node may not know.
  void left() noexcept;

  /// The node had no thread for other calls while a longpoll waited, or has none for a longpoll: none for a while.
  void starved(Clock::time_point now);

  /// A longpoll of lode's may be holding one of the node's threads.
  [[nodiscard]] bool holds_thread() const noexcept { return waiting_ || left_; }

  /// Nothing more is sent, for now: brings what is open to the record.
  void close(Clock::time_point now);

 private:
  struct Longpoll {
    std::optional<chain::Hash256> tip;
    std::string id;
    Clock::time_point sent;
    std::optional<Clock::time_point> outdated;  ///< when a template on the same tip was first seen to have another id
  };

  [[nodiscard]] bool has_ended(const Longpoll& longpoll, Clock::time_point now) const;

  LongpollGateTimes times_;
  std::shared_ptr<LongpollRecord> record_;
  bool recorded_ = false;  ///< that one is open, on whichever tip
  std::optional<Longpoll> waiting_;
  std::optional<Longpoll> left_;
  Clock::time_point paused_until_{};
  std::chrono::milliseconds pause_{0};  ///< the latest; 0: there was none
};

}  // namespace lode::node
