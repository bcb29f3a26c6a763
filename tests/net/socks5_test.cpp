#include "host/net/socks5.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <set>

#include "host/net/connector.h"
#include "host/net/http_connection.h"
#include "tests/net/fake_http_server.h"
#include "tests/net/fake_socks5_proxy.h"

namespace lode::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using test::FakeSocks5Proxy;
using test::Socks5Behaviour;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Socks5Messages, AreWrittenAsTheRfcsSay) {
  EXPECT_EQ(socks5::greeting(false), (Bytes{5, 1, 0}));
  EXPECT_EQ(socks5::greeting(true), (Bytes{5, 2, 0, 2}));
  EXPECT_EQ(socks5::credentials("ab", "c").value(), (Bytes{1, 2, 'a', 'b', 1, 'c'}));
  EXPECT_EQ(socks5::connect_request("x.y", 0x1234).value(), (Bytes{5, 1, 0, 3, 3, 'x', '.', 'y', 0x12, 0x34}));
  EXPECT_EQ(socks5::connect_request("1.2.3.4", 80).value(), (Bytes{5, 1, 0, 1, 1, 2, 3, 4, 0, 80}));
  const Bytes v6 = socks5::connect_request("::1", 80).value();
  ASSERT_EQ(v6.size(), 4U + 16 + 2);
  EXPECT_EQ(v6[3], 4);
  EXPECT_EQ(v6[19], 1);
}

TEST(Socks5Messages, WhatDoesNotFitIsRefused) {
  EXPECT_TRUE(socks5::credentials(std::string(255, 'a'), std::string(255, 'b')));
  EXPECT_TRUE(socks5::credentials(std::string(256, 'a'), "").error().is(Errc::kOutOfRange));
  EXPECT_TRUE(socks5::credentials("a", std::string(256, 'b')).error().is(Errc::kOutOfRange));
  EXPECT_TRUE(socks5::connect_request(std::string(255, 'a'), 1));
  EXPECT_TRUE(socks5::connect_request(std::string(256, 'a'), 1).error().is(Errc::kOutOfRange));
  EXPECT_TRUE(socks5::connect_request("", 1).error().is(Errc::kOutOfRange));
  // What a reader that stops at the zero takes for an address is none.
  EXPECT_TRUE(socks5::connect_request(std::string("::1\0x", 5), 1).error().is(Errc::kOutOfRange));
  EXPECT_TRUE(socks5::connect_request("::1%" + std::string(300, 'a'), 1).error().is(Errc::kOutOfRange));
}

TEST(Socks5Messages, RepliesTellTheirLength) {
  const auto rest = [](std::uint8_t kind, std::uint8_t first) {
    return socks5::read_reply(std::array<std::uint8_t, 5>{5, 0, 0, kind, first});
  };
  EXPECT_EQ(rest(1, 127).value(), 5U);
  EXPECT_EQ(rest(4, 0).value(), 17U);
  EXPECT_EQ(rest(3, 0).value(), 2U);
  EXPECT_EQ(rest(3, 255).value(), 257U);
  EXPECT_TRUE(rest(2, 0).error().is(Errc::kProtocol));
}

class Socks5Test : public testing::Test {
 public:
  void serve(const Socks5Behaviour& behaviour) {
    proxy.emplace(io, behaviour);
    options.proxy = {.host = "127.0.0.1", .port = proxy->port(), .user = {}, .password = {}};
  }

  Result<tcp::socket> connect(const std::string& host = "pool.example") {
    connector.emplace(io.get_executor(), options);
    std::optional<Result<tcp::socket>> outcome;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          outcome.emplace(co_await connector->connect(host, target.local_endpoint().port()));
        },
        [](std::exception_ptr failure) {
          if (failure) std::rethrow_exception(failure);
        });
    EXPECT_TRUE(test::run_until(io, [&] { return outcome.has_value(); })) << "it hangs";
    if (!outcome) return fail(Errc::kTimeout, "it hangs");
    return *std::move(outcome);
  }
  Error failure() {
    const auto socket = connect();
    return socket ? Error() : socket.error();
  }
  std::string name() const { return "SOCKS5 proxy 127.0.0.1:" + std::to_string(proxy->port()) + ": "; }
  std::string asked_for(const std::string& host) const {
    return host + ":" + std::to_string(target.local_endpoint().port());
  }

  asio::io_context io;
  tcp::acceptor target{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  ConnectOptions options;
  std::optional<FakeSocks5Proxy> proxy;
  std::optional<Connector> connector;
};

TEST_F(Socks5Test, TheProxyLooksUpTheName) {
  options.resolve = [](const std::string& host, std::uint16_t port,
                       std::chrono::milliseconds) -> asio::awaitable<Result<Endpoints>> {
    EXPECT_EQ(host, "127.0.0.1") << "only the proxy's own name is looked up here";
    co_return Endpoints{{asio::ip::address_v4::loopback(), port}};
  };
  for (const std::uint8_t kind : Bytes{1, 3, 4}) {
    serve({.address_kind = kind});
    const auto socket = connect();
    ASSERT_TRUE(socket) << socket.error().message();
    EXPECT_THAT(proxy->asked(), ElementsAre(asked_for("pool.example")));
  }
  serve({});
  ASSERT_TRUE(connect("192.0.2.7"));
  EXPECT_THAT(proxy->asked(), ElementsAre(asked_for("192.0.2.7")));
  serve({});
  ASSERT_TRUE(connect("2001:db8::7"));
  EXPECT_THAT(proxy->asked(), ElementsAre(asked_for("2001:db8::7")));
}

TEST_F(Socks5Test, SaysWhoAsks) {
  serve({.user = "u", .password = "p"});
  EXPECT_TRUE(failure().is(Errc::kUnauthorized));
  EXPECT_EQ(failure().message(), name() + "it wants to know who asks: add USER:PASSWORD@ to its address");
  options.proxy->user = "u";
  options.proxy->password = "wrong";
  EXPECT_TRUE(failure().is(Errc::kUnauthorized));
  EXPECT_EQ(failure().message(), name() + "it refuses the user name or the password");
  options.proxy->password = "p";
  EXPECT_TRUE(connect());
}

TEST_F(Socks5Test, AProxyThatDoesNotAskIsToldNothing) {
  serve({});
  options.proxy->user = "u";
  options.proxy->password = "p";
  EXPECT_TRUE(connect());
}

TEST_F(Socks5Test, EveryRefusalIsSaidInWords) {
  std::set<std::string> words;
  for (std::uint8_t code = 1; code <= 9; ++code) {
    serve({.code = code});
    const Error error = failure();
    EXPECT_TRUE(error.is(Errc::kDisconnected));
    const std::string before = name() + "connecting to " + asked_for("pool.example") + ": ";
    EXPECT_THAT(error.message(), testing::StartsWith(before));
    words.insert(error.message().substr(before.size()));
  }
  EXPECT_EQ(words.size(), 9U) << "each has its own";
  EXPECT_TRUE(words.contains("the host refused the connection"));
  EXPECT_TRUE(words.contains("it failed with code 9"));
}

TEST_F(Socks5Test, WhatIsNoProxyIsSaid) {
  serve({.version = 4});
  EXPECT_TRUE(failure().is(Errc::kProtocol));
  EXPECT_EQ(failure().message(), name() + "it does not speak SOCKS5: is it the proxy's port?");
  serve({.method = std::uint8_t{7}});
  EXPECT_EQ(failure().message(), name() + "it chose method 7, which was not offered");
  serve({.method = std::uint8_t{2}});
  EXPECT_EQ(failure().message(), name() + "it chose method 2, which was not offered");
  serve({.address_kind = 9});
  EXPECT_THAT(failure().message(), HasSubstr("an address of unknown kind 9"));
}

TEST_F(Socks5Test, AnAnswerThatIsCutAnywhereIsAnError) {
  constexpr std::size_t kAll = 2 + 4 + 4 + 2;
  for (std::size_t bytes = 0; bytes < kAll; ++bytes) {
    serve({.cut_after = bytes});
    EXPECT_EQ(failure().message(), name() + "it closed the connection") << bytes;
  }
  serve({.cut_after = kAll});
  EXPECT_TRUE(connect());
}

TEST_F(Socks5Test, TheLimitHoldsForTheProxyToo) {
  options.limit = 500ms;
  serve({.silent = true});
  EXPECT_TRUE(failure().is(Errc::kTimeout));
  EXPECT_EQ(failure().message(), name() + "it did not answer in time");
  serve({.gap = 200ms});
  EXPECT_TRUE(failure().is(Errc::kTimeout)) << "a byte now and then is no progress";
}

TEST_F(Socks5Test, AProxyThatIsNotThereIsNamed) {
  serve({});
  const std::string before = name();
  proxy.reset();
  const Error error = connect().error();
  EXPECT_TRUE(error.is(Errc::kDisconnected));
  EXPECT_EQ(error.message(), before + "cannot connect: 127.0.0.1: Connection refused");
}

TEST_F(Socks5Test, CancellingEndsTheTalk) {
  options.limit = 1h;
  serve({.silent = true});
  connector.emplace(io.get_executor(), options);
  std::optional<Error> error;
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { error = (co_await connector->connect("pool.example", 1)).error(); },
      [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
  io.run_for(30ms);
  io.restart();
  ASSERT_FALSE(error);
  connector->cancel();
  ASSERT_TRUE(test::run_until(io, [&] { return error.has_value(); }));
  EXPECT_TRUE(error->is(Errc::kCancelled));
}

TEST_F(Socks5Test, NotAByteOfWhatFollowsIsTaken) {
  static constexpr std::string_view kWords = "first words\n";
  serve({.address_kind = 3});
  std::optional<tcp::socket> other;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        other.emplace(co_await target.async_accept(asio::use_awaitable));
        co_await asio::async_write(*other, asio::buffer(kWords), asio::use_awaitable);
      },
      [](std::exception_ptr) {});
  auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().message();
  std::array<char, 64> buffer{};
  std::size_t size = 0;
  socket->async_read_some(asio::buffer(buffer), [&](const auto&, std::size_t got) { size = got; });
  ASSERT_TRUE(test::run_until(io, [&] { return size > 0; }));
  EXPECT_EQ(std::string_view(buffer.data(), size), kWords);
}

TEST_F(Socks5Test, HttpGoesThroughIt) {
  test::FakeHttpServer server(io, [](test::FakeRequest) -> asio::awaitable<test::FakeReply> {
    co_return test::http_reply(200, "through the proxy");
  });
  serve({});
  HttpOptions http;
  http.host = "node.example";
  http.port = server.port();
  http.proxy = options.proxy;
  class Body final : public HttpReplyHandler {
   public:
    Result<void> on_head(const HttpReplyHead&) override { return {}; }
    Result<void> on_data(std::string_view piece) override {
      text.append(piece);
      return {};
    }
    std::string text;
  } body;
  HttpConnection connection(io.get_executor(), http);
  std::optional<Result<void>> outcome;
  asio::co_spawn(io, connection.exchange({}, body), [&](std::exception_ptr, Result<void> got) { outcome = got; });
  ASSERT_TRUE(test::run_until(io, [&] { return outcome.has_value(); }));
  ASSERT_TRUE(*outcome) << outcome->error().message();
  EXPECT_EQ(body.text, "through the proxy");
  EXPECT_THAT(proxy->asked(), ElementsAre("node.example:" + std::to_string(server.port())));
}

}  // namespace
}  // namespace lode::net
