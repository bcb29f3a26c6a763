#include "host/node/node_source.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <utility>

#include "host/net/backoff.h"
#include "host/net/task_group.h"
#include "host/node/block_submission.h"
#include "host/node/credentials.h"
#include "host/node/longpoll_gate.h"
#include "host/node/node_session.h"
#include "host/node/node_work.h"
#include "host/node/permission_check.h"
#include "host/node/rpc_client.h"
#include "host/node/rpc_fault.h"
#include "host/node/rpc_options.h"
#include "host/node/sync_watch.h"
#include "host/node/tip_watch.h"

namespace lode::node {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

std::string name_of(const NodeOptions& options) {
  const bool bare_ipv6 = options.host.find(':') != std::string::npos && !options.host.starts_with('[');
  return bare_ipv6 ? fmt::format("[{}]:{}", options.host, options.port)
                   : fmt::format("{}:{}", options.host, options.port);
}

/// For a node that is there and does not answer.
Error with_obstacle(const Error& error) {
  return {
      error.code,
      fmt::format("{}. A longpoll that lode has left open may hold the node's only RPC thread until its next block: "
                  "{}, and restart it",
                  error.message(), kMoreThreads)};
}

}  // namespace

class NodeSource::Impl {
 public:
  Impl(asio::any_io_executor executor, NodeOptions options, Log log)
      : executor_(executor),
        options_(std::move(options)),
        log_(std::move(log)),
        name_(name_of(options_)),
        credentials_(std::make_shared<Credentials>(options_.user, options_.password, options_.cookie_file)),
        calls_(executor, rpc_options(options_), credentials_),
        longpoll_(executor, rpc_options(options_), credentials_),
        checks_(executor, rpc_options(options_), credentials_),
        beside_(executor, rpc_options(options_), credentials_),
        submission_(executor, rpc_options(options_), credentials_, options_.times.submit),
        maker_(name_, options_),
        tips_(executor),
        gate_(options_.times.longpoll, options_.longpoll_record, Clock::now()),
        sync_(name_, log_),
        permissions_(executor, name_, options_, credentials_, log_),
        retry_timer_(executor),
        warm_timer_(executor) {}

  asio::awaitable<Error> run(work::WorkSource& source, work::SourceListener& listener);
  void stop() noexcept;
  asio::awaitable<work::BlockOutcome> submit(work::FoundBlock block);
  asio::awaitable<std::optional<work::BlockPlace>> find_block(chain::Hash256 hash, std::uint32_t height) {
    return submission_.find_block(hash, height);
  }
  NodeCounters counters() const;
  const std::string& name() const noexcept { return name_; }

 private:
  asio::awaitable<Error> run_sessions(work::WorkSource& source, work::SourceListener& listener);
  asio::awaitable<void> keep_warm();
  void end_run() noexcept;
  void count(const work::BlockOutcome& outcome);

  asio::any_io_executor executor_;
  NodeOptions options_;
  Log log_;
  std::string name_;
  std::shared_ptr<Credentials> credentials_;
  RpcClient calls_;
  RpcClient longpoll_;
  RpcClient checks_;
  RpcClient beside_;
  BlockSubmission submission_;
  WorkMaker maker_;
  NodeCounters counters_;
  TipWatch tips_;
  LongpollGate gate_;
  SyncWatch sync_;
  PermissionCheck permissions_;
  asio::steady_timer retry_timer_;
  asio::steady_timer warm_timer_;
  std::optional<NodeSession> session_;
  bool stop_requested_ = false;
  bool running_ = false;  ///< for keep_warm()
};

void NodeSource::Impl::stop() noexcept {
  stop_requested_ = true;
  if (session_) session_->stop();
  end_run();
}

void NodeSource::Impl::end_run() noexcept {
  running_ = false;
  retry_timer_.cancel();
  warm_timer_.cancel();
  submission_.stop_warming();
  permissions_.stop();
}

asio::awaitable<Error> NodeSource::Impl::run(work::WorkSource& source, work::SourceListener& listener) {
  running_ = !stop_requested_;
  net::TaskGroup tasks(executor_);
  tasks.spawn(keep_warm());
  tasks.spawn(permissions_.run());
  Error outcome;
  std::exception_ptr failure;
  try {
    outcome = co_await run_sessions(source, listener);
  } catch (...) {
    failure = std::current_exception();
  }
  end_run();
  gate_.close(Clock::now());
  co_await tasks.join();
  stop_requested_ = false;
  if (failure) std::rethrow_exception(failure);
  co_return outcome;
}

asio::awaitable<Error> NodeSource::Impl::run_sessions(work::WorkSource& source, work::SourceListener& listener) {
  net::Backoff backoff(options_.times.backoff);
  while (!stop_requested_) {
    const Clock::time_point began = Clock::now();
    session_.emplace(SessionLinks{executor_, options_, log_, calls_, longpoll_, checks_, beside_, maker_, counters_,
                                  tips_, gate_, sync_, permissions_, source, listener});
    SessionEnd end;
    std::exception_ptr failure;
    try {
      end = co_await session_->run();
    } catch (...) {
      failure = std::current_exception();
    }
    session_.reset();
    if (failure) std::rethrow_exception(failure);
    if (stop_requested_) break;
    if (calls_.was_left_waiting() && gate_.holds_thread()) end.error = with_obstacle(end.error);
    ++counters_.losses;
    // What worked once may work again: a node that restarts, a password that is being changed.
    const bool refused =
        (end.error.is(Errc::kUnauthorized) || end.error.is(Errc::kForbidden)) && counters_.connections == 0;
    if (end.fatal || refused) co_return end.error;
    listener.on_lost(source, end.error);
    if (stop_requested_) break;
    if (end.connected && Clock::now() - began > options_.times.backoff.longest) backoff.reset();
    retry_timer_.expires_after(backoff.next());
    co_await retry_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return fail(Errc::kCancelled, "stopped");
}

asio::awaitable<void> NodeSource::Impl::keep_warm() {
  while (running_) {
    warm_timer_.expires_after(options_.times.keep_warm);
    co_await warm_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (running_ && session_ && session_->is_connected()) co_await submission_.warm_up();
  }
}

asio::awaitable<work::BlockOutcome> NodeSource::Impl::submit(work::FoundBlock block) {
  ++counters_.blocks_submitted;
  std::optional<std::string> work_id;
  if (session_) work_id = session_->work_id(block.previous_block);
  const chain::Hash256 parent = block.previous_block;
  const chain::Hash256 hash = block.hash;
  bool told = false;
  const auto tell_session = [this, parent, hash, &told] {
    if (session_ && !std::exchange(told, true)) session_->block_accepted(hash, parent);
  };
  const std::function<asio::awaitable<bool>()> on_taken = [this, hash, &tell_session]() -> asio::awaitable<bool> {
    if (!session_ || !session_->is_connected()) co_return false;
    tell_session();
    co_return co_await tips_.await_tip(hash, options_.times.confirm);
  };
  work::BlockOutcome outcome = co_await submission_.submit(std::move(block), std::move(work_id), on_taken);
  count(outcome);
  if (outcome.kind == work::BlockOutcome::Kind::kAccepted) tell_session();
  if (outcome.kind == work::BlockOutcome::Kind::kStale && session_) session_->block_late(parent);
  co_return outcome;
}

void NodeSource::Impl::count(const work::BlockOutcome& outcome) {
  using Kind = work::BlockOutcome::Kind;
  switch (outcome.kind) {
    case Kind::kAccepted:
      ++counters_.blocks_accepted;
      break;
    case Kind::kStale:
      ++counters_.blocks_stale;
      break;
    case Kind::kRejected:
      ++counters_.blocks_rejected;
      break;
    case Kind::kUnavailable:
      ++counters_.blocks_unanswered;
      break;
  }
}

NodeCounters NodeSource::Impl::counters() const {
  NodeCounters all = counters_;
  all.malformed += calls_.malformed_replies() + longpoll_.malformed_replies() + checks_.malformed_replies();
  return all;
}

NodeSource::NodeSource(asio::any_io_executor executor, NodeOptions options, Log log)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), std::move(log))) {}

NodeSource::~NodeSource() = default;

const std::string& NodeSource::name() const noexcept {
  return impl_->name();
}

asio::awaitable<Error> NodeSource::run(work::SourceListener& listener) {
  return impl_->run(*this, listener);
}

void NodeSource::stop() noexcept {
  impl_->stop();
}

asio::awaitable<work::BlockOutcome> NodeSource::submit_block(work::FoundBlock block) {
  return impl_->submit(std::move(block));
}

asio::awaitable<std::optional<work::BlockPlace>> NodeSource::find_block(chain::Hash256 hash, std::uint32_t height) {
  return impl_->find_block(hash, height);
}

NodeCounters NodeSource::counters() const {
  return impl_->counters();
}

}  // namespace lode::node
