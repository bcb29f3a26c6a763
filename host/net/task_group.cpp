#include "host/net/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace lode::net {

namespace asio = boost::asio;

namespace {

/// How a cancelled coroutine ends when it does not look at the errors of what it awaited.
bool is_abort(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), ended_(executor_, asio::steady_timer::time_point::max()) {}

void TaskGroup::spawn(asio::awaitable<void> task) {
  const auto signal = signals_.emplace(signals_.end());
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), [this, signal](std::exception_ptr failure) {
                   signals_.erase(signal);
                   if (failure && cancelled_ && is_abort(failure)) failure = nullptr;
                   const bool first_failure = failure && !failure_;
                   if (first_failure) failure_ = std::move(failure);
                   ended_.cancel();
                   if (first_failure && on_failure_) on_failure_();
                 }));
}

void TaskGroup::cancel() {
  cancelled_ = true;
  // A task may end, and erase its signal, inside emit().
  for (auto it = signals_.begin(); it != signals_.end();)
    (it++)->emit(asio::cancellation_type::terminal);
}

asio::awaitable<bool> TaskGroup::join(std::chrono::steady_clock::time_point deadline) {
  while (!signals_.empty() && std::chrono::steady_clock::now() < deadline) {
    ended_.expires_at(deadline);
    co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  co_return signals_.empty();
}

asio::awaitable<void> TaskGroup::join() {
  co_await join(asio::steady_timer::time_point::max());
}

}  // namespace lode::net
