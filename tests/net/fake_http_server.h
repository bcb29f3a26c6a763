// An HTTP server for tests that answers as it is told: properly, slowly, with garbage or not at all.
//
// Runs as coroutines on the test's io_context, on a free loopback port. Plain TCP, or TLS with a context given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/patience.h"

namespace lode::test {

struct FakeRequest {
  std::string head;  ///< request line and fields
  std::string body;
  std::size_t connection = 0;  ///< 1 for the first accepted, and so on

  [[nodiscard]] std::string field(const std::string& name) const;
};

struct FakeReply {
  std::string bytes;                 ///< sent as they are
  std::size_t repeat = 1;            ///< the last `tail` bytes are sent this often
  std::string tail;                  ///< sent `repeat` times after bytes, when not empty
  std::size_t piece = 0;             ///< bytes a write; 0: all at once
  std::chrono::milliseconds gap{0};  ///< between two writes
  bool close = false;                ///< afterwards
  bool silent = false;               ///< afterwards nothing is read or written on this connection
};

/// A reply with Content-Length.
FakeReply http_reply(int status, const std::string& body, const std::string& type = "application/json");

class FakeHttpServer {
 public:
  using Handler = std::function<boost::asio::awaitable<FakeReply>(FakeRequest)>;

  FakeHttpServer(boost::asio::io_context& io, Handler handler, boost::asio::ssl::context* tls = nullptr);
  ~FakeHttpServer();
  FakeHttpServer(const FakeHttpServer&) = delete;
  FakeHttpServer& operator=(const FakeHttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::size_t requests() const;

  /// Drops every connection and stops listening; start() listens again on the same port.
  void stop();
  void start();
  /// Drops every connection.
  void drop_connections();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::uint16_t port_ = 0;
};

/// Runs `io` until `done()` or the deadline; whether it was done. A deadline is never what a test measures.
bool run_until(boost::asio::io_context& io, const std::function<bool()>& done,
               std::chrono::milliseconds deadline = kPatience);

}  // namespace lode::test
