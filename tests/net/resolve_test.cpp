#include "host/net/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "tests/support/patience.h"

namespace lode::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Answer = Result<std::vector<asio::ip::tcp::endpoint>>;

/// Closed until it is opened. (Not a future: ThreadSanitizer does not see how libstdc++ orders those.)
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

/// Opens a gate when its thread ends.
struct OpenedAtTheEnd {
  std::shared_ptr<Gate> gate;
  ~OpenedAtTheEnd() {
    if (gate) gate->open();
  }
};

/// A name server that answers when it is told to.
struct SlowLookup {
  std::shared_ptr<Gate> release = std::make_shared<Gate>();
  std::shared_ptr<Gate> finished = std::make_shared<Gate>();  ///< the look-up's thread is over

  [[nodiscard]] Lookup lookup() const {
    return [released = release, done = finished](const std::string&, std::uint16_t port) {
      released->wait();
      thread_local OpenedAtTheEnd end;
      end.gate = done;
      return LookupAnswer{{}, {asio::ip::tcp::endpoint(asio::ip::make_address("192.0.2.7"), port)}};
    };
  }
};

std::optional<Answer> resolve(Resolver& resolver, asio::io_context& context, const std::string& host,
                              std::chrono::milliseconds limit) {
  std::optional<Answer> answer;
  asio::co_spawn(
      context, [&]() -> asio::awaitable<void> { answer.emplace(co_await resolver.resolve(host, 8332, limit)); },
      asio::detached);
  context.run();
  return answer;
}

TEST(Resolver, FindsTheLocalHostAndKnowsAddresses) {
  for (const std::string host : {"localhost", "127.0.0.1", "::1", "[::1]"}) {
    asio::io_context context;
    Resolver resolver(context.get_executor());
    const auto answer = resolve(resolver, context, host, test::kPatience);
    ASSERT_TRUE(answer);
    ASSERT_TRUE(*answer) << answer->error().message();
    EXPECT_TRUE((*answer)->front().address().is_loopback());
    EXPECT_EQ((*answer)->front().port(), 8332);
  }
}

TEST(Resolver, SaysWhyThereIsNoAddress) {
  asio::io_context context;
  Resolver unknown(context.get_executor(), [](const std::string&, std::uint16_t) {
    return LookupAnswer{asio::error::host_not_found, {}};
  });
  const auto answer = resolve(unknown, context, "nowhere.example", test::kPatience);
  ASSERT_TRUE(answer && !*answer);
  EXPECT_TRUE(answer->error().is(Errc::kDisconnected));
  EXPECT_THAT(answer->error().message(), testing::HasSubstr("'nowhere.example' cannot be resolved: Host not found"));
}

TEST(Resolver, GoesOnWithoutANameServerThatDoesNotAnswer) {
  SlowLookup slow;
  {
    asio::io_context context;
    Resolver resolver(context.get_executor(), slow.lookup());
    const auto answer = resolve(resolver, context, "slow.example", 1ms);
    ASSERT_TRUE(answer && !*answer);
    EXPECT_TRUE(answer->error().is(Errc::kTimeout));
  }  // everything it knew is gone
  slow.release->open();
  slow.finished->wait();
}

TEST(Resolver, ACancelledLookUpHoldsNobodyUp) {
  SlowLookup slow;
  {
    asio::io_context context;
    Resolver resolver(context.get_executor(), slow.lookup());
    asio::post(context, [&] { asio::post(context, [&] { resolver.cancel(); }); });
    const auto answer = resolve(resolver, context, "slow.example", std::chrono::hours(1));
    ASSERT_TRUE(answer && !*answer);
    EXPECT_TRUE(answer->error().is(Errc::kCancelled));
  }
  slow.release->open();
  slow.finished->wait();
}

TEST(Resolver, ACoroutineThatIsDestroyedMeanwhileIsNotTouched) {
  SlowLookup slow;
  const std::string host = "slow.example";
  {
    asio::io_context context;
    Resolver resolver(context.get_executor(), slow.lookup());
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          const auto answer = co_await resolver.resolve(host, 1, std::chrono::hours(1));
          ADD_FAILURE() << answer.has_value();
        },
        asio::detached);
    context.poll();
  }
  slow.release->open();
  slow.finished->wait();
}

TEST(Resolver, OneSlowNameDoesNotDelayAnother) {
  SlowLookup slow;
  asio::io_context context;
  Resolver waits(context.get_executor(), slow.lookup());
  Resolver other(context.get_executor());
  const std::string slow_host = "slow.example";
  const std::string host = "localhost";
  bool answered = false;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        const auto answer = co_await waits.resolve(slow_host, 1, std::chrono::hours(1));
        EXPECT_TRUE(answer.has_value());
        EXPECT_TRUE(answered) << "the other one is answered first";
      },
      asio::detached);
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        const auto answer = co_await other.resolve(host, 1, test::kPatience);
        answered = answer.has_value();
        slow.release->open();
      },
      asio::detached);
  context.run();
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace lode::net
