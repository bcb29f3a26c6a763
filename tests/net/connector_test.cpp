#include "host/net/connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <optional>

#include "tests/net/fake_http_server.h"

namespace lode::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

tcp::endpoint at(const std::string& address, std::uint16_t port = 1) {
  return {asio::ip::make_address(address), port};
}

std::vector<std::string> texts(const Endpoints& endpoints) {
  std::vector<std::string> all;
  for (const tcp::endpoint& endpoint : endpoints)
    all.push_back(endpoint.address().to_string());
  return all;
}

TEST(Interleaved, FamiliesTakeTurnsBeginningWithTheFirst) {
  EXPECT_THAT(texts(interleaved({at("::1"), at("::2"), at("::3"), at("1.1.1.1"), at("2.2.2.2")})),
              ElementsAre("::1", "1.1.1.1", "::2", "2.2.2.2", "::3"));
  EXPECT_THAT(texts(interleaved({at("1.1.1.1"), at("2.2.2.2"), at("::1")})), ElementsAre("1.1.1.1", "::1", "2.2.2.2"));
  EXPECT_THAT(texts(interleaved({at("1.1.1.1")})), ElementsAre("1.1.1.1"));
  EXPECT_TRUE(interleaved({}).empty());
}

class ConnectorTest : public testing::Test {
 public:
  /// A port of 127.0.0.1 on which nobody listens.
  std::uint16_t closed_port() {
    tcp::acceptor listener(io, at("127.0.0.1", 0));
    return listener.local_endpoint().port();
  }

  /// A port that neither takes nor refuses connections: its queue of those that wait is full.
  std::uint16_t black_hole() {
    hole.emplace(io);
    hole->open(tcp::v4());
    hole->bind(at("127.0.0.1", 0));
    hole->listen(0);
    for (int i = 0; i < 4; ++i) {
      stuck.emplace_back(io);
      stuck.back().async_connect(hole->local_endpoint(), [](const auto&) {});
    }
    io.run_for(20ms);
    io.restart();
    return hole->local_endpoint().port();
  }

  /// Names have these addresses.
  void resolve_to(Endpoints endpoints) {
    options.resolve = [endpoints](const std::string&, std::uint16_t,
                                  std::chrono::milliseconds) -> asio::awaitable<Result<Endpoints>> {
      co_return endpoints;
    };
  }

  Result<tcp::socket> connect(const std::string& host = "name.example", std::uint16_t port = 1) {
    connector.emplace(io.get_executor(), options);
    std::optional<Result<tcp::socket>> outcome;
    asio::co_spawn(
        io, [&]() -> asio::awaitable<void> { outcome.emplace(co_await connector->connect(host, port)); },
        [](std::exception_ptr failure) {
          if (failure) std::rethrow_exception(failure);
        });
    EXPECT_TRUE(test::run_until(io, [&] { return outcome.has_value(); })) << "it hangs";
    if (!outcome) return fail(Errc::kTimeout, "it hangs");
    return *std::move(outcome);
  }

  asio::io_context io;
  ConnectOptions options;
  std::optional<Connector> connector;
  std::optional<tcp::acceptor> hole;
  std::list<tcp::socket> stuck;
};

TEST_F(ConnectorTest, ConnectsToTheFirstAddressThatAnswers) {
  tcp::acceptor listener(io, at("127.0.0.1", 0));
  resolve_to({listener.local_endpoint()});
  const auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->remote_endpoint(), listener.local_endpoint());
  tcp::no_delay no_delay;
  socket->get_option(no_delay);
  EXPECT_TRUE(no_delay.value());
  asio::socket_base::keep_alive keep_alive;
  socket->get_option(keep_alive);
  EXPECT_TRUE(keep_alive.value());
}

TEST_F(ConnectorTest, AnAddressThatRefusesIsFollowedByTheNextAtOnce) {
  tcp::acceptor listener(io, at("127.0.0.1", 0));
  options.attempt_delay = 1h;
  resolve_to({at("127.0.0.1", closed_port()), at("127.0.0.1", closed_port()), listener.local_endpoint()});
  const auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->remote_endpoint(), listener.local_endpoint());
}

TEST_F(ConnectorTest, AnAddressThatSwallowsPacketsIsRacedByTheNext) {
  tcp::acceptor listener(io, at("127.0.0.1", 0));
  options.attempt_delay = 5ms;
  options.limit = 1h;
  resolve_to({at("127.0.0.1", black_hole()), listener.local_endpoint()});
  const auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->remote_endpoint(), listener.local_endpoint());
}

TEST_F(ConnectorTest, OneLimitHoldsForAllAddresses) {
  const std::uint16_t port = black_hole();
  options.attempt_delay = 5ms;
  options.limit = 60ms;
  resolve_to(Endpoints(8, at("127.0.0.1", port)));
  const auto begin = std::chrono::steady_clock::now();
  const auto socket = connect();
  ASSERT_FALSE(socket);
  EXPECT_TRUE(socket.error().is(Errc::kTimeout));
  EXPECT_EQ(socket.error().message(), "connecting took longer than 60 ms");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 60ms);
}

TEST_F(ConnectorTest, WhatFailedBeforeTheLimitIsSaidToo) {
  const std::uint16_t port = black_hole();
  options.limit = 1s;
  resolve_to({at("127.0.0.2", closed_port()), at("127.0.0.1", port)});
  EXPECT_EQ(connect().error().message(), "connecting took longer than 1000 ms (127.0.0.2: Connection refused)");
}

TEST_F(ConnectorTest, ALookUpThatTakesAllTheTimeIsTooLate) {
  options.limit = 20ms;
  options.resolve = [this](const std::string&, std::uint16_t,
                           std::chrono::milliseconds) -> asio::awaitable<Result<Endpoints>> {
    asio::steady_timer timer(io, 40ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_return Endpoints{at("127.0.0.1", 1)};
  };
  const auto socket = connect();
  ASSERT_FALSE(socket);
  EXPECT_TRUE(socket.error().is(Errc::kTimeout)) << socket.error().message();
}

TEST_F(ConnectorTest, SaysOfEveryAddressWhatWasWrong) {
  resolve_to({at("127.0.0.1", closed_port()), at("127.0.0.2", closed_port())});
  const auto socket = connect();
  ASSERT_FALSE(socket);
  EXPECT_TRUE(socket.error().is(Errc::kDisconnected));
  EXPECT_EQ(socket.error().message(), "cannot connect: 127.0.0.1: Connection refused; 127.0.0.2: Connection refused");
}

TEST_F(ConnectorTest, ANameWithoutAddressIsAnError) {
  resolve_to({});
  EXPECT_THAT(connect().error().message(), HasSubstr("'name.example' has no address"));
  options.resolve = [](const std::string&, std::uint16_t,
                       std::chrono::milliseconds) -> asio::awaitable<Result<Endpoints>> {
    co_return fail(Errc::kDisconnected, "no such name");
  };
  EXPECT_EQ(connect().error().message(), "no such name");
}

TEST_F(ConnectorTest, AnAddressNeedsNoLookup) {
  tcp::acceptor listener(io, at("127.0.0.1", 0));
  const auto socket = connect("127.0.0.1", listener.local_endpoint().port());
  ASSERT_TRUE(socket) << socket.error().message();
}

TEST_F(ConnectorTest, CancellingEndsItAtOnce) {
  options.limit = 1h;
  resolve_to({at("127.0.0.1", black_hole())});
  connector.emplace(io.get_executor(), options);
  std::optional<Error> error;
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { error = (co_await connector->connect("name.example", 1)).error(); },
      [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
  io.run_for(20ms);
  io.restart();
  ASSERT_FALSE(error);
  connector->cancel();
  ASSERT_TRUE(test::run_until(io, [&] { return error.has_value(); }));
  EXPECT_TRUE(error->is(Errc::kCancelled));
}

}  // namespace
}  // namespace lode::net
