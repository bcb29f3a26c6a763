// Owns coroutines that run beside one another: whoever starts a task here joins before going away, and learns what it
// threw. Nothing is detached.
//
// Io thread only; the group must outlive its tasks, which join() ensures. One waiter at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>

namespace lode::net {

class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  /// Every task must have ended: join() first.
  ~TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(boost::asio::awaitable<void> task);

  /// Asks every task to end: what it waits for fails with operation_aborted, which then is no failure of the task.
  void cancel();

  /// Returns when no task is left, or at the deadline (false). Rethrows the first exception of a task.
  boost::asio::awaitable<bool> join(std::chrono::steady_clock::time_point deadline);
  boost::asio::awaitable<void> join();

  [[nodiscard]] std::size_t running() const noexcept { return signals_.size(); }

  /// Called when a task ended with an exception, so that its owner can stop instead of waiting for the rest.
  void on_failure(std::function<void()> callback) { on_failure_ = std::move(callback); }

 private:
  boost::asio::any_io_executor executor_;
  std::list<boost::asio::cancellation_signal> signals_;
  boost::asio::steady_timer ended_;  ///< never expires; cancelled when a task ends
  std::exception_ptr failure_;
  bool cancelled_ = false;
  std::function<void()> on_failure_;
};

}  // namespace lode::net
