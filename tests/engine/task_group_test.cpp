#include "host/net/task_group.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace lode::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> wait_for(asio::any_io_executor executor, std::chrono::milliseconds time, int& ended) {
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(asio::use_awaitable);
  ++ended;
}

asio::awaitable<void> fail_at_once() {
  throw std::runtime_error("task failed");
  co_return;
}

/// Runs a coroutine to its end and rethrows what it threw.
void run(asio::io_context& context, asio::awaitable<void> main) {
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(main), [&](std::exception_ptr e) { failure = e; });
  context.run();
  if (failure) std::rethrow_exception(failure);
}

TEST(TaskGroup, JoinWaitsForAll) {
  asio::io_context context;
  TaskGroup group(context.get_executor());
  int ended = 0;
  group.spawn(wait_for(context.get_executor(), 1ms, ended));
  group.spawn(wait_for(context.get_executor(), 5ms, ended));
  run(context, group.join());
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(group.running(), 0U);
}

TEST(TaskGroup, CancelEndsTasksWithoutFailure) {
  asio::io_context context;
  TaskGroup group(context.get_executor());
  int ended = 0;
  for (int i = 0; i < 10; ++i)
    group.spawn(wait_for(context.get_executor(), 1h, ended));
  run(context, [&]() -> asio::awaitable<void> {
    group.cancel();
    co_await group.join();
  }());
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(group.running(), 0U);
}

TEST(TaskGroup, JoinGivesUpAtItsDeadline) {
  asio::io_context context;
  TaskGroup group(context.get_executor());
  int ended = 0;
  group.spawn(wait_for(context.get_executor(), 1h, ended));
  bool all = true;
  run(context, [&]() -> asio::awaitable<void> {
    all = co_await group.join(std::chrono::steady_clock::now() + 2ms);
    group.cancel();
    co_await group.join();
  }());
  EXPECT_FALSE(all);
}

TEST(TaskGroup, AnExceptionReachesTheOwner) {
  asio::io_context context;
  TaskGroup group(context.get_executor());
  int told = 0;
  group.on_failure([&] { ++told; });
  group.spawn(fail_at_once());
  group.spawn(fail_at_once());
  EXPECT_THROW(run(context, group.join()), std::runtime_error);
  EXPECT_EQ(told, 1) << "the first failure counts";
}

}  // namespace
}  // namespace lode::net
