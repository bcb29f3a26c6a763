// One HTTP/1.1 client connection, plain or TLS, that is kept open from one request to the next.
//
// The body of a reply is handed on piece by piece while it arrives, so that megabytes of JSON are parsed by the time
// their last byte is there and nothing of a too large reply is ever stored. Every wait has a limit; close() ends all of
// them.
//
// Lives on one io thread; one exchange at a time. It must outlive the exchange in progress: call close() and await it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/result.h"
#include "host/net/socks5.h"

namespace lode::net {

struct HttpOptions {
  std::string host;  ///< name or address, IPv6 with or without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string ca_file;  ///< PEM with the authorities to trust; empty: the system's

  std::optional<ProxyOptions> proxy;  ///< everything goes through it

  std::chrono::milliseconds connect_limit{5000};    ///< the name, its addresses and the proxy: all of it
  std::chrono::milliseconds handshake_limit{5000};  ///< TLS
  std::chrono::milliseconds write_limit{10000};     ///< the whole request
  std::chrono::milliseconds read_limit{10000};      ///< the whole reply
  std::size_t max_header = 16 * 1024;               ///< bytes of status line and header fields
  std::size_t max_body = 64 * 1024 * 1024;          ///< a body of this size or more is refused
};

struct HttpRequest {
  std::string_view target = "/";
  std::string_view authorization;  ///< value of the Authorization field; empty: none
  std::string_view body;           ///< sent as application/json; must stay alive until the exchange is over
  bool wait_for_ever = false;      ///< no limit until the reply's body begins (longpoll)
  std::optional<std::chrono::milliseconds> read_limit;  ///< instead of the connection's
};

struct HttpReplyHead {
  unsigned status = 0;
  std::optional<std::uint64_t> content_length;
};

/// Takes a reply while it arrives. An error returned ends the exchange with that error and closes the connection.
class HttpReplyHandler {
 public:
  virtual ~HttpReplyHandler() = default;
  /// Once, before any data. May be called a second time, after a reused connection turned out dead, never after
  /// on_data.
  virtual Result<void> on_head(const HttpReplyHead& head) = 0;
  virtual Result<void> on_data(std::string_view piece) = 0;
};

class HttpConnection {
 public:
  HttpConnection(boost::asio::any_io_executor executor, HttpOptions options);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends a POST and hands the reply to `handler`; connects first where needed. A kept connection that the server
  /// closed before it answered is opened again, once. Errors: kDisconnected, kTimeout, kTooLarge, kProtocol,
  /// kUnauthorized (the server's certificate is not trusted), kCancelled (close() was called), and the handler's.
  boost::asio::awaitable<Result<void>> exchange(HttpRequest request, HttpReplyHandler& handler);

  /// Opens the connection if it is not open, so that the next exchange finds it warm. Same errors.
  boost::asio::awaitable<Result<void>> connect();

  /// Closes; an exchange in progress ends with kCancelled. The next exchange connects again.
  void close() noexcept;

  /// Whether the connection is open and, as far as can be seen without sending, alive.
  [[nodiscard]] bool is_alive() noexcept;
  [[nodiscard]] bool is_busy() const noexcept;

  /// Whether the latest exchange's request was sent whole: a timeout then is the server's silence.
  [[nodiscard]] bool was_sent() const noexcept;

  /// When the last piece of the latest reply was read from the socket, before it was handed on.
  [[nodiscard]] std::chrono::steady_clock::time_point last_reply_complete() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode::net
