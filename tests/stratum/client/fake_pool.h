// A pool on a real socket of this machine that does as its script says: well, wrongly, or nothing at all.
//
// Runs as coroutines on the test's io_context, on a free loopback port. Plain TCP, or TLS with a context given. Io
// thread only; it must not outlive the io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lode::stratum::v1 {

namespace asio = boost::asio;

/// One connection as the pool has it. Everything ends soon once the connection is gone.
class PoolPeer {
 public:
  virtual ~PoolPeer() = default;

  /// The next line without its end; nothing when the connection has ended.
  virtual asio::awaitable<std::optional<std::string>> line() = 0;
  /// Whether the bytes could be written.
  virtual asio::awaitable<bool> write(std::string bytes) = 0;
  /// Waits, reading nothing; false when the pool was stopped.
  virtual asio::awaitable<bool> wait(std::chrono::milliseconds span) = 0;
  /// 1 for the first that was accepted, and so on.
  [[nodiscard]] virtual std::size_t number() const noexcept = 0;
};

class FakePool {
 public:
  /// Plays one connection, which is closed when it returns.
  using Script = std::function<asio::awaitable<void>(PoolPeer&)>;

  FakePool(asio::io_context& io, Script script, asio::ssl::context* tls = nullptr);
  ~FakePool();
  FakePool(const FakePool&) = delete;
  FakePool& operator=(const FakePool&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::size_t connections() const noexcept;

  /// Drops every connection and listens no more.
  void stop();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::uint16_t port_ = 0;
};

/// How good_pool() does its work.
struct GoodPool {
  std::string notify;               ///< the line of its job; empty: kNotify of fake_link.h
  std::string difficulty = "1e-7";  ///< a CPU meets it at once
  std::size_t shares = 0;           ///< submissions so far
  /// Called once the job was sent, and after each share; what it returns is written.
  std::function<std::string()> then = {};
};

/// A script: agrees to everything, gives one job, accepts each share. `pool` outlives the connections.
FakePool::Script good_pool(GoodPool& pool);

}  // namespace lode::stratum::v1
