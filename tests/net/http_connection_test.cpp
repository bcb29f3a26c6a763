// The HTTP client against a server that behaves, and against ones that do not.
#include "host/net/http_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <optional>

#include "tests/net/fake_http_server.h"
#include "tests/net/test_certificate.h"
#include "tests/support/temporary_folder.h"

namespace lode::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::FakeHttpServer;
using test::FakeReply;
using test::FakeRequest;
using test::http_reply;
using testing::HasSubstr;

class Collector final : public HttpReplyHandler {
 public:
  Result<void> on_head(const HttpReplyHead& reply_head) override {
    head = reply_head;
    ++heads;
    return {};
  }
  Result<void> on_data(std::string_view piece) override {
    if (refuse) return fail(Errc::kMalformed, "refused by the handler");
    body.append(piece);
    return {};
  }
  HttpReplyHead head;
  int heads = 0;
  std::string body;
  bool refuse = false;
};

class HttpConnectionTest : public testing::Test {
 protected:
  void serve(std::function<FakeReply(const FakeRequest&)> answer, asio::ssl::context* tls = nullptr) {
    server_.emplace(
        io_, [answer](FakeRequest request) -> asio::awaitable<FakeReply> { co_return answer(request); }, tls);
  }

  HttpOptions options(std::uint16_t port) {
    HttpOptions made;
    made.host = "127.0.0.1";
    made.port = port;
    made.connect_limit = made.handshake_limit = made.write_limit = made.read_limit = 1min;
    return made;
  }
  HttpOptions options() { return options(server_->port()); }

  Result<void> exchange(HttpConnection& connection, HttpRequest request, Collector& collector) {
    std::optional<Result<void>> outcome;
    asio::co_spawn(io_, connection.exchange(request, collector), [&](std::exception_ptr failure, Result<void> got) {
      if (failure) std::rethrow_exception(failure);
      outcome = std::move(got);
    });
    EXPECT_TRUE(test::run_until(io_, [&] { return outcome.has_value(); })) << "the exchange hangs";
    return outcome ? *outcome : Result<void>(fail(Errc::kTimeout, "the exchange hangs"));
  }
  Result<void> exchange(const HttpOptions& with, Collector& collector) {
    HttpConnection connection(io_.get_executor(), with);
    return exchange(connection, {}, collector);
  }
  Error failure_of(const HttpOptions& with) {
    Collector collector;
    const auto outcome = exchange(with, collector);
    return outcome ? Error{} : outcome.error();
  }

  asio::io_context io_;
  std::optional<FakeHttpServer> server_;
};

TEST_F(HttpConnectionTest, SendsARequestAndHandsTheReplyOn) {
  FakeRequest seen;
  serve([&](const FakeRequest& request) {
    seen = request;
    return http_reply(500, "the body");
  });
  HttpConnection connection(io_.get_executor(), options());
  Collector collector;
  HttpRequest request;
  request.target = "/wallet/x";
  request.authorization = "Basic eHg=";
  request.body = "{\"a\":1}";
  ASSERT_TRUE(exchange(connection, request, collector));
  EXPECT_EQ(collector.head.status, 500U);
  EXPECT_EQ(collector.head.content_length, 8U);
  EXPECT_EQ(collector.body, "the body");
  EXPECT_THAT(seen.head, testing::StartsWith("POST /wallet/x HTTP/1.1\r\n"));
  EXPECT_EQ(seen.field("host"), "127.0.0.1:" + std::to_string(server_->port()));
  EXPECT_EQ(seen.field("authorization"), "Basic eHg=");
  EXPECT_EQ(seen.field("content-type"), "application/json");
  EXPECT_EQ(seen.body, "{\"a\":1}");
  EXPECT_NE(connection.last_reply_complete(), std::chrono::steady_clock::time_point{});
}

TEST_F(HttpConnectionTest, KeepsTheConnection) {
  serve([](const FakeRequest&) { return http_reply(200, "x"); });
  HttpConnection connection(io_.get_executor(), options());
  for (int i = 0; i < 5; ++i) {
    Collector collector;
    ASSERT_TRUE(exchange(connection, {}, collector));
    EXPECT_EQ(collector.body, "x");
  }
  EXPECT_EQ(server_->connections(), 1U);
  EXPECT_EQ(server_->requests(), 5U);
}

TEST_F(HttpConnectionTest, AnEmptyBodyIsAReply) {
  serve([](const FakeRequest&) { return http_reply(401, ""); });
  Collector collector;
  ASSERT_TRUE(exchange(options(), collector));
  EXPECT_EQ(collector.head.status, 401U);
  EXPECT_EQ(collector.heads, 1);
}

TEST_F(HttpConnectionTest, OpensAClosedConnectionAgain) {
  serve([](const FakeRequest&) { return http_reply(200, "x"); });
  HttpConnection connection(io_.get_executor(), options());
  Collector first;
  ASSERT_TRUE(exchange(connection, {}, first));
  server_->drop_connections();
  EXPECT_TRUE(test::run_until(io_, [&] { return !connection.is_alive(); }));
  Collector second;
  ASSERT_TRUE(exchange(connection, {}, second));
  EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(HttpConnectionTest, RepeatsARequestThatAKeptConnectionLost) {
  // The server closes without an answer when the second request arrives on a connection.
  std::size_t on_first = 0;
  serve([&](const FakeRequest& request) {
    if (request.connection == 1 && ++on_first == 2) {
      FakeReply none;
      none.close = true;
      return none;
    }
    return http_reply(200, "x");
  });
  HttpConnection connection(io_.get_executor(), options());
  Collector first;
  ASSERT_TRUE(exchange(connection, {}, first));
  Collector second;
  ASSERT_TRUE(exchange(connection, {}, second));
  EXPECT_EQ(second.body, "x");
  EXPECT_EQ(server_->connections(), 2U);
  EXPECT_EQ(server_->requests(), 3U);
}

TEST_F(HttpConnectionTest, DoesNotRepeatOnANewConnection) {
  serve([](const FakeRequest&) {
    FakeReply none;
    none.close = true;
    return none;
  });
  EXPECT_TRUE(failure_of(options()).is(Errc::kDisconnected));
  EXPECT_EQ(server_->requests(), 1U);
}

TEST_F(HttpConnectionTest, ReadsChunksAndBodiesThatEndWithTheConnection) {
  serve([](const FakeRequest& request) {
    FakeReply reply;
    if (request.connection == 1) {
      reply.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    } else {
      reply.bytes = "HTTP/1.0 200 OK\r\n\r\nabcde";
      reply.close = true;
    }
    reply.piece = 1;
    return reply;
  });
  Collector chunks;
  ASSERT_TRUE(exchange(options(), chunks));
  EXPECT_EQ(chunks.body, "abcde");
  Collector until_close;
  ASSERT_TRUE(exchange(options(), until_close));
  EXPECT_EQ(until_close.body, "abcde");
}

TEST_F(HttpConnectionTest, RefusesATooLargeBodyBeforeItComes) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(64 * 1024 * 1024) + "\r\n\r\n";
    reply.silent = true;
    return reply;
  });
  Collector collector;
  const auto outcome = exchange(options(), collector);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(Errc::kTooLarge)) << outcome.error().message();
  EXPECT_EQ(collector.body, "");
}

TEST_F(HttpConnectionTest, RefusesATooLargeBodyWhereverItBecomesSo) {
  serve([](const FakeRequest& request) {
    FakeReply reply;
    reply.bytes = request.connection == 1 ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                          : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    reply.tail =
        (request.connection == 1 ? "1000\r\n" : "") + std::string(4096, ' ') + (request.connection == 1 ? "\r\n" : "");
    reply.repeat = 100;
    return reply;
  });
  HttpOptions limited = options();
  limited.max_body = 100'000;
  EXPECT_TRUE(failure_of(limited).is(Errc::kTooLarge));
  EXPECT_TRUE(failure_of(limited).is(Errc::kTooLarge));
}

TEST_F(HttpConnectionTest, TakesABodyJustBelowTheLimit) {
  serve([](const FakeRequest&) { return http_reply(200, std::string(999, 'x')); });
  HttpOptions limited = options();
  limited.max_body = 1000;
  Collector collector;
  EXPECT_TRUE(exchange(limited, collector));
  limited.max_body = 999;
  EXPECT_TRUE(failure_of(limited).is(Errc::kTooLarge));
}

TEST_F(HttpConnectionTest, RefusesEndlessHeaders) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.bytes = "HTTP/1.1 200 OK\r\n";
    reply.tail = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    reply.repeat = 10'000;
    return reply;
  });
  EXPECT_TRUE(failure_of(options()).is(Errc::kTooLarge));
}

TEST_F(HttpConnectionTest, RefusesWhatIsNotHttp) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.bytes = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
    return reply;
  });
  const Error error = failure_of(options());
  EXPECT_TRUE(error.is(Errc::kProtocol)) << error.message();
}

TEST_F(HttpConnectionTest, ASilentServerIsGivenUp) {
  serve([](const FakeRequest& request) {
    FakeReply reply;
    if (request.connection == 2) reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly some";
    reply.silent = true;
    return reply;
  });
  HttpOptions hasty = options();
  hasty.read_limit = 50ms;
  EXPECT_TRUE(failure_of(hasty).is(Errc::kTimeout)) << "silent from the start";
  EXPECT_TRUE(failure_of(hasty).is(Errc::kTimeout)) << "silent in the body";
}

TEST_F(HttpConnectionTest, DrippingDoesNotExtendTheLimit) {
  serve([](const FakeRequest&) {
    FakeReply reply = http_reply(200, std::string(100'000, 'x'));
    reply.piece = 10;
    reply.gap = 5ms;
    return reply;
  });
  HttpOptions hasty = options();
  hasty.read_limit = 100ms;
  EXPECT_TRUE(failure_of(hasty).is(Errc::kTimeout));
}

TEST_F(HttpConnectionTest, ALongpollWaitsWithoutLimitUntilTheBodyBegins) {
  server_.emplace(io_, [this](FakeRequest) -> asio::awaitable<FakeReply> {
    asio::steady_timer timer(io_, 300ms);
    co_await timer.async_wait(asio::use_awaitable);
    // The head and a blank first, as servers do to keep proxies quiet (BIP22), then the rest.
    FakeReply reply;
    reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n x";
    reply.piece = reply.bytes.size() - 1;
    reply.gap = 200ms;
    co_return reply;
  });
  HttpOptions hasty = options();
  hasty.read_limit = 50ms;
  HttpConnection connection(io_.get_executor(), hasty);
  HttpRequest request;
  request.wait_for_ever = true;
  Collector collector;
  const auto outcome = exchange(connection, request, collector);
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(collector.body, " x");
}

TEST_F(HttpConnectionTest, ALongpollsBodyHasALimit) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
    reply.silent = true;
    return reply;
  });
  HttpOptions hasty = options();
  hasty.read_limit = 50ms;
  HttpConnection connection(io_.get_executor(), hasty);
  HttpRequest request;
  request.wait_for_ever = true;
  Collector collector;
  const auto outcome = exchange(connection, request, collector);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(Errc::kTimeout));
}

TEST_F(HttpConnectionTest, CloseEndsAnExchange) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.silent = true;
    return reply;
  });
  HttpConnection connection(io_.get_executor(), options());
  asio::steady_timer timer(io_, 50ms);
  timer.async_wait([&](boost::system::error_code) { connection.close(); });
  HttpRequest request;
  request.wait_for_ever = true;
  Collector collector;
  const auto outcome = exchange(connection, request, collector);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(Errc::kCancelled)) << outcome.error().message();
}

TEST_F(HttpConnectionTest, TheHandlersErrorEndsTheExchange) {
  serve([](const FakeRequest&) { return http_reply(200, "x"); });
  HttpConnection connection(io_.get_executor(), options());
  Collector collector;
  collector.refuse = true;
  const auto outcome = exchange(connection, {}, collector);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "refused by the handler");
  EXPECT_FALSE(connection.is_alive());
}

TEST_F(HttpConnectionTest, SaysWhyThereIsNoConnection) {
  serve([](const FakeRequest&) { return http_reply(200, "x"); });
  const std::uint16_t port = server_->port();
  server_->stop();
  const Error refused = failure_of(options(port));
  EXPECT_TRUE(refused.is(Errc::kDisconnected));
  EXPECT_THAT(refused.message(), HasSubstr("127.0.0.1:" + std::to_string(port)));
  HttpOptions nowhere = options(port);
  nowhere.host = "no-such-host.invalid";
  const Error unknown = failure_of(nowhere);
  EXPECT_TRUE(unknown.is(Errc::kDisconnected) || unknown.is(Errc::kTimeout)) << unknown.message();
  EXPECT_THAT(unknown.message(), HasSubstr("no-such-host.invalid"));
}

TEST_F(HttpConnectionTest, NothingCanBeSmuggledIntoTheHead) {
  serve([](const FakeRequest&) { return http_reply(200, "x"); });
  HttpConnection connection(io_.get_executor(), options());
  Collector collector;
  HttpRequest request;
  request.target = "/ HTTP/1.1\r\nX: y";
  const auto outcome = exchange(connection, request, collector);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().is(Errc::kMalformed));
  EXPECT_EQ(server_->requests(), 0U);
}

class TlsTest : public HttpConnectionTest {
 protected:
  TlsTest() { server_context_.set_options(asio::ssl::context::default_workarounds); }

  void use(const test::TestCertificate& certificate) {
    server_context_.use_certificate(asio::buffer(certificate.certificate), asio::ssl::context::pem);
    server_context_.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
    ca_file_ = (folder_.path() / "ca.pem").string();
    std::ofstream(ca_file_) << certificate.certificate;
    serve([](const FakeRequest&) { return http_reply(200, "secret"); }, &server_context_);
  }
  HttpOptions tls_options() {
    HttpOptions made = options();
    made.tls = true;
    made.ca_file = ca_file_;
    return made;
  }

  test::TemporaryFolder folder_;
  std::string ca_file_;
  asio::ssl::context server_context_{asio::ssl::context::tls_server};
};

TEST_F(TlsTest, TrustsTheAuthorityItIsGiven) {
  use(test::make_certificate("localhost", "127.0.0.1"));
  HttpConnection connection(io_.get_executor(), tls_options());
  for (int i = 0; i < 3; ++i) {
    Collector collector;
    const auto outcome = exchange(connection, {}, collector);
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(collector.body, "secret");
  }
  EXPECT_EQ(server_->connections(), 1U);
  HttpOptions by_name = tls_options();
  by_name.host = "localhost";
  Collector collector;
  EXPECT_TRUE(exchange(by_name, collector));
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
  use(test::make_certificate("localhost", "127.0.0.1"));
  HttpOptions stranger = tls_options();
  stranger.ca_file.clear();
  const Error error = failure_of(stranger);
  EXPECT_TRUE(error.is(Errc::kUnauthorized)) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("certificate is not trusted"));
  EXPECT_EQ(server_->requests(), 0U);
}

TEST_F(TlsTest, RefusesACertificateForAnotherHost) {
  use(test::make_certificate("example.org", "127.0.0.2"));
  const Error error = failure_of(tls_options());
  EXPECT_TRUE(error.is(Errc::kUnauthorized)) << error.message();
  EXPECT_EQ(server_->requests(), 0U);
}

TEST_F(TlsTest, SaysWhichAuthorityFileIsMissing) {
  use(test::make_certificate("localhost", "127.0.0.1"));
  HttpOptions wrong = tls_options();
  wrong.ca_file = "/nonexistent/ca.pem";
  EXPECT_THAT(failure_of(wrong).message(), HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(TlsTest, APlainServerIsNoTlsServer) {
  serve([](const FakeRequest&) { return http_reply(200, "x"); });
  HttpOptions wrong = options();
  wrong.tls = true;
  wrong.handshake_limit = 300ms;
  EXPECT_NE(failure_of(wrong).message(), "");
}

}  // namespace
}  // namespace lode::net
