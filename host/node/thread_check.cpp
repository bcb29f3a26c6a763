#include "host/node/thread_check.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <string>

#include "host/net/task_group.h"

namespace lode::node {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

/// The call beside comes so much later that the waiting one has a thread by then: a third of its time.
constexpr int kHeadStart = 3;

/// What two coroutines know of one look.
struct Look {
  asio::steady_timer timer;
  Clock::time_point ask_at;
  Clock::time_point held_until;  ///< at the earliest: before then another thread must have answered
  bool waiting = true;
  bool asked = false;
  bool answered = false;
};

asio::awaitable<void> ask_beside(RpcClient& client, Look& look) {
  look.timer.expires_at(look.ask_at);
  co_await look.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!look.waiting) co_return;
  look.asked = true;
  // Whatever a thread answers: that the user may not call this, that the node does not know it.
  const auto reply = co_await client.call("uptime", "[]");
  look.answered = look.waiting && Clock::now() < look.held_until && (reply || reply.error().is(Errc::kForbidden));
}

SpareThread judge(const Look& look, const Result<RpcReply>& reply, bool waited) {
  if (look.answered) return SpareThread::kYes;
  if (!look.asked) return SpareThread::kUnknown;
  const bool hangs = !reply && (reply.error().is(Errc::kTimeout) || reply.error().is(Errc::kNotReady));
  return (reply && !reply->fault && waited) || hangs ? SpareThread::kNo : SpareThread::kUnknown;
}

}  // namespace

asio::awaitable<SpareThread> look_for_spare_thread(asio::any_io_executor executor, RpcClient& waiting,
                                                   RpcClient& asking, std::chrono::milliseconds hold) {
  // Connecting takes no thread of the node, but time.
  for (RpcClient* client : {&waiting, &asking}) {
    const auto connected = co_await client->connection().connect();
    if (!connected) co_return SpareThread::kUnknown;
  }
  const Clock::time_point began = Clock::now();
  Look look{.timer = asio::steady_timer(executor), .ask_at = began + hold / kHeadStart, .held_until = began + hold};
  net::TaskGroup tasks(executor);
  tasks.spawn(ask_beside(asking, look));
  // A height that no chain reaches: new tips do not end the wait.
  std::string params = fmt::format("[{},{}]", std::numeric_limits<int>::max(), hold.count());
  const auto reply = co_await waiting.call("waitforblockheight", std::move(params));
  const bool waited = Clock::now() >= look.held_until;
  look.waiting = false;
  look.timer.cancel();
  asking.close();
  co_await tasks.join();
  co_return judge(look, reply, waited);
}

}  // namespace lode::node
