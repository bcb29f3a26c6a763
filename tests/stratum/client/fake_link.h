// A link to a pool that does as the test says.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stratum/v1/pool_link.h"

namespace lode::stratum::v1 {

namespace asio = boost::asio;

/// Work at height 840000.
inline constexpr std::string_view kNotify =
    R"({"id":null,"method":"mining.notify","params":["1",)"
    R"("bf44fd3513dc7b837d60e5c628b572b448d204a8000007490000000000000000",)"
    R"("02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff120340d10c2f706f6f6c2f",)"
    R"("feffffff0100f2052a010000001600140102030405060708090a0b0c0d0e0f101112131400000000",)"
    R"([],"20000000","1705dd01","64658bd8",true]})";

/// What the test says comes from the pool; what lode sends is shown to the test.
struct Wire {
  explicit Wire(asio::io_context& context) : changed(context, asio::steady_timer::time_point::max()) {}

  void say(std::string_view line) {
    incoming += std::string(line) + "\n";
    changed.cancel();
  }
  void hang_up() {
    failure = fail(Errc::kDisconnected, "the pool has hung up");
    changed.cancel();
  }

  Endpoint endpoint;
  std::string incoming;
  std::string given;  ///< to the last read()
  std::optional<Error> refuse_connection;
  std::optional<Error> failure;
  bool closed = false;
  std::vector<std::string> sent;
  std::function<void(const std::string&)> on_send;
  asio::steady_timer changed;
};

class FakeLink final : public PoolLink {
 public:
  explicit FakeLink(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

  asio::awaitable<Result<void>> connect() override {
    if (wire_->refuse_connection) co_return *wire_->refuse_connection;
    co_return Result<void>{};
  }
  asio::awaitable<Result<std::string_view>> read() override {
    while (true) {
      if (wire_->closed) co_return fail(Errc::kCancelled, "closed");
      if (!wire_->incoming.empty()) {
        wire_->given = std::exchange(wire_->incoming, {});
        co_return std::string_view(wire_->given);
      }
      if (wire_->failure) co_return *wire_->failure;
      co_await wire_->changed.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
  Result<void> send(std::string bytes) override {
    EXPECT_EQ(bytes.back(), '\n');
    bytes.pop_back();
    wire_->sent.push_back(bytes);
    if (wire_->on_send) wire_->on_send(bytes);
    return {};
  }
  void close() noexcept override {
    wire_->closed = true;
    wire_->changed.cancel();
  }
  asio::awaitable<void> finish() override { co_return; }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace lode::stratum::v1
