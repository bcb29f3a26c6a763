#include "host/net/http_connection.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <tuple>

#include "host/net/as_tuple.h"
#include "host/net/connector.h"
#include "host/net/http_sink_body.h"
#include "host/net/tls.h"

namespace lode::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using TlsStream = asio::ssl::stream<beast::tcp_stream&>;

namespace {

/// Bytes asked for in one read. Small enough that little is left to parse when the last read of a big reply returns.
constexpr std::size_t kReadSize = 64 * 1024;

std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

/// Whether text may stand in a request line or header field: no control characters, no space where `space` is false.
bool is_plain(std::string_view text, bool space) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte == 0x20 && !space)) return false;
  }
  return true;
}

}  // namespace

class HttpConnection::Impl {
 public:
  Impl(asio::any_io_executor executor, HttpOptions options)
      : options_(std::move(options)),
        connector_(executor, {.limit = options_.connect_limit, .proxy = options_.proxy}),
        tcp_(executor),
        buffer_(options_.max_header + kReadSize) {
    options_.host = without_brackets(options_.host);
    trust_.ca_file = options_.ca_file;
    address_ = options_.host.find(':') == std::string::npos ? fmt::format("{}:{}", options_.host, options_.port)
                                                            : fmt::format("[{}]:{}", options_.host, options_.port);
  }

  asio::awaitable<Result<void>> connect();
  asio::awaitable<Result<void>> exchange(HttpRequest request, HttpReplyHandler& handler);
  void close() noexcept;
  bool is_alive() noexcept;

  bool busy_ = false;
  bool sent_ = false;
  Clock::time_point last_reply_complete_;

 private:
  struct Failure {
    Error error;
    bool before_reply = false;  ///< not a byte of the reply had come: a kept connection may just have been closed
  };

  asio::awaitable<Result<void>> open();
  asio::awaitable<Result<void>> handshake();
  asio::awaitable<std::optional<Failure>> attempt(const HttpRequest& request, HttpReplyHandler& handler);
  asio::awaitable<std::optional<Failure>> read_reply(const HttpRequest& request, HttpReplyHandler& handler);
  asio::awaitable<std::tuple<error_code, std::size_t>> read_some();
  void drop() noexcept;
  [[nodiscard]] Error describe(const error_code& error, std::string_view doing, std::chrono::milliseconds limit) const;
  [[nodiscard]] Error cancelled() const { return fail(Errc::kCancelled, "connection closed on request"); }

  HttpOptions options_;
  std::string address_;
  Connector connector_;
  beast::tcp_stream tcp_;
  TlsTrust trust_;
  std::optional<asio::ssl::context> tls_context_;
  std::unique_ptr<TlsStream> tls_;
  beast::flat_buffer buffer_;
  bool open_ = false;
  std::uint64_t closes_ = 0;  ///< counts close(), so that a resumed coroutine notices one
};

Error HttpConnection::Impl::describe(const error_code& error, std::string_view doing,
                                     std::chrono::milliseconds limit) const {
  if (error == beast::error::timeout) {
    return fail(Errc::kTimeout, fmt::format("{}: {} took longer than {} ms", address_, doing, limit.count()));
  }
  if (error == asio::error::operation_aborted) return cancelled();
  if (error == http::error::body_limit) {
    return fail(Errc::kTooLarge, fmt::format("{}: the reply has {} bytes or more", address_, options_.max_body));
  }
  if (error == http::error::header_limit) {
    return fail(Errc::kTooLarge, fmt::format("{}: the reply's header is longer than allowed", address_));
  }
  if (error == asio::error::eof || error == http::error::end_of_stream || error == asio::ssl::error::stream_truncated) {
    return fail(Errc::kDisconnected, fmt::format("{}: the connection was closed while {}", address_, doing));
  }
  if (error == http::error::partial_message) {
    return fail(Errc::kDisconnected, fmt::format("{}: the connection was closed in the middle of a reply", address_));
  }
  if (error.category() == make_error_code(http::error::bad_version).category()) {
    return fail(Errc::kProtocol, fmt::format("{}: the reply is not HTTP ({})", address_, error.message()));
  }
  return fail(Errc::kDisconnected, fmt::format("{}: {} failed: {}", address_, doing, error.message()));
}

void HttpConnection::Impl::drop() noexcept {
  open_ = false;
  tcp_.close();
  buffer_.clear();
}

void HttpConnection::Impl::close() noexcept {
  ++closes_;
  connector_.cancel();
  drop();
}

bool HttpConnection::Impl::is_alive() noexcept {
  if (!open_) return false;
  if (busy_) return true;
  // Between exchanges nothing may arrive: what can be read now is the end of the stream or something uncalled for. TLS
  // may leave tickets unread, so there only the end of the stream counts.
  std::array<char, 1> byte{};
  const ssize_t got = ::recv(tcp_.socket().native_handle(), byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT);
  const bool alive = (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) || (got > 0 && tls_);
  if (!alive) drop();
  return alive;
}

asio::awaitable<Result<void>> HttpConnection::Impl::handshake() {
  if (!tls_context_) {
    auto context = make_tls_context(trust_);
    if (!context) co_return context.error();
    tls_context_.emplace(*std::move(context));
  }
  tls_ = std::make_unique<TlsStream>(tcp_, *tls_context_);
  if (auto expected = expect_tls_host(tls_->native_handle(), options_.host, trust_); !expected) co_return expected;
  tcp_.expires_after(options_.handshake_limit);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAsTuple);
  if (!error) co_return Result<void>{};
  if (const auto why = explain_tls_failure(error, tls_->native_handle(), trust_)) {
    co_return Error(why->code, fmt::format("{}: {}", address_, why->message()));
  }
  co_return describe(error, "the TLS handshake", options_.handshake_limit);
}

asio::awaitable<Result<void>> HttpConnection::Impl::open() {
  if (is_alive()) co_return Result<void>{};
  drop();
  const std::uint64_t closes = closes_;
  auto socket = co_await connector_.connect(options_.host, options_.port);
  if (closes != closes_) co_return cancelled();
  if (!socket) {
    const Error& error = socket.error();
    co_return Error(error.code, fmt::format("{}: {}", address_, error.message()));
  }
  tls_.reset();
  tcp_.socket() = *std::move(socket);

  if (options_.tls) {
    Result<void> secured = co_await handshake();
    if (closes != closes_) secured = cancelled();
    if (!secured) {
      drop();
      co_return secured;
    }
  }
  tcp_.expires_never();
  buffer_.clear();
  open_ = true;
  co_return Result<void>{};
}

asio::awaitable<Result<void>> HttpConnection::Impl::connect() {
  busy_ = true;
  if (open_) {
    busy_ = false;  // look whether it is still alive
    if (is_alive()) co_return Result<void>{};
    busy_ = true;
  }
  Result<void> opened = co_await open();
  busy_ = false;
  co_return opened;
}

asio::awaitable<std::tuple<error_code, std::size_t>> HttpConnection::Impl::read_some() {
  const asio::mutable_buffer space = buffer_.prepare(kReadSize);
  if (tls_) co_return co_await tls_->async_read_some(space, kAsTuple);
  co_return co_await tcp_.async_read_some(space, kAsTuple);
}

asio::awaitable<std::optional<HttpConnection::Impl::Failure>> HttpConnection::Impl::read_reply(
    const HttpRequest& request, HttpReplyHandler& handler) {
  const std::chrono::milliseconds limit = request.read_limit.value_or(options_.read_limit);
  const std::uint64_t closes = closes_;
  http::parser<false, SinkBody> parser;
  parser.eager(true);
  parser.header_limit(static_cast<std::uint32_t>(options_.max_header));
  parser.body_limit(options_.max_body - 1);
  SinkBody::value_type& sink = parser.get().body();
  sink.handler = &handler;

  if (request.wait_for_ever) {
    tcp_.expires_never();
  } else {
    tcp_.expires_after(limit);
  }
  bool first = true;
  bool waiting = request.wait_for_ever;
  while (!parser.is_done()) {
    auto [error, size] = co_await read_some();
    const Clock::time_point now = Clock::now();
    if (closes != closes_) co_return Failure{cancelled()};
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
      if (!parser.got_some()) co_return Failure{describe(error, "waiting for a reply", limit), true};
      error.clear();
      parser.put_eof(error);
      if (error) co_return Failure{describe(error, "reading a reply", limit)};
      break;
    }
    if (error) co_return Failure{describe(error, first ? "waiting for a reply" : "reading a reply", limit), first};
    first = false;
    last_reply_complete_ = now;
    buffer_.commit(size);
    while (buffer_.size() > 0 && !parser.is_done()) {
      const std::size_t used = parser.put(buffer_.data(), error);
      buffer_.consume(used);
      if (error == http::error::need_more) break;
      if (sink.failure) co_return Failure{*sink.failure};
      if (error) co_return Failure{describe(error, "reading a reply", limit)};
    }
    if (waiting && sink.data_begun) {
      waiting = false;
      tcp_.expires_after(limit);
    }
    // A header is never longer than this, and a chunk of the body never stays behind.
    if (buffer_.size() > options_.max_header) co_return Failure{describe(http::error::header_limit, "reading", limit)};
  }
  if (sink.failure) co_return Failure{*sink.failure};
  if (!sink.head_given) {
    // A reply without a body: the parser never asked for a place to put it.
    const http::response<SinkBody>& reply = parser.get();
    if (Result<void> taken = handler.on_head({reply.result_int(), 0}); !taken) co_return Failure{taken.error()};
  }
  tcp_.expires_never();
  if (!parser.keep_alive() || buffer_.size() > 0) drop();
  co_return std::nullopt;
}

asio::awaitable<std::optional<HttpConnection::Impl::Failure>> HttpConnection::Impl::attempt(const HttpRequest& request,
                                                                                            HttpReplyHandler& handler) {
  const std::uint64_t closes = closes_;
  std::string head = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: lode\r\nAccept: application/json\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\n",
      request.target, address_, request.body.size());
  if (!request.authorization.empty()) head += fmt::format("Authorization: {}\r\n", request.authorization);
  head += "\r\n";

  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head), asio::buffer(request.body)};
  tcp_.expires_after(options_.write_limit);
  error_code error;
  std::size_t written = 0;
  if (tls_) {
    std::tie(error, written) = co_await asio::async_write(*tls_, buffers, kAsTuple);
  } else {
    std::tie(error, written) = co_await asio::async_write(tcp_, buffers, kAsTuple);
  }
  if (closes != closes_) co_return Failure{cancelled()};
  // A server that refuses early (401) may answer and close before it has read the whole request: look for that answer.
  const bool refused_early = error == asio::error::broken_pipe || error == asio::error::connection_reset;
  if (error && !refused_early) co_return Failure{describe(error, "sending a request", options_.write_limit)};
  sent_ = !error;
  co_return co_await read_reply(request, handler);
}

asio::awaitable<Result<void>> HttpConnection::Impl::exchange(HttpRequest request, HttpReplyHandler& handler) {
  if (busy_) co_return fail(Errc::kProtocol, "two requests at once on one connection");
  if (!is_plain(request.target, false) || !is_plain(request.authorization, true) || !is_plain(options_.host, false)) {
    co_return fail(Errc::kMalformed, "the URL or the credentials have characters that HTTP does not allow");
  }
  const bool reused = is_alive();
  busy_ = true;
  sent_ = false;
  // Not a conditional expression: g++ 12 destroys the result of a co_await in one twice.
  Result<void> outcome;
  if (!reused) outcome = co_await open();
  if (outcome) {
    const std::uint64_t closes = closes_;
    std::optional<Failure> failure = co_await attempt(request, handler);
    const bool was_closed = failure && failure->before_reply && failure->error.is(Errc::kDisconnected);
    if (failure) drop();
    if (reused && was_closed && closes == closes_) {
      sent_ = false;
      outcome = co_await open();
      if (outcome) {
        failure = co_await attempt(request, handler);
        if (failure) drop();
      } else {
        failure.reset();
      }
    }
    if (failure) outcome = failure->error;
  }
  busy_ = false;
  co_return outcome;
}

HttpConnection::HttpConnection(asio::any_io_executor executor, HttpOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options))) {}

HttpConnection::~HttpConnection() {
  impl_->close();
}

asio::awaitable<Result<void>> HttpConnection::exchange(HttpRequest request, HttpReplyHandler& handler) {
  return impl_->exchange(request, handler);
}

asio::awaitable<Result<void>> HttpConnection::connect() {
  return impl_->connect();
}

void HttpConnection::close() noexcept {
  impl_->close();
}

bool HttpConnection::is_alive() noexcept {
  return impl_->is_alive();
}

bool HttpConnection::is_busy() const noexcept {
  return impl_->busy_;
}

bool HttpConnection::was_sent() const noexcept {
  return impl_->sent_;
}

Clock::time_point HttpConnection::last_reply_complete() const noexcept {
  return impl_->last_reply_complete_;
}

}  // namespace lode::net
