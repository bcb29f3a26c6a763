// A pool on a real socket of 127.0.0.1 that does as the test says with each connection, plain or with TLS.
//
// Runs as coroutines on the test's io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace lode::stratum::v1 {

class ScriptedPool {
 public:
  /// One connection, from the pool's side. What fails throws, which ends its script.
  class Peer {
   public:
    Peer(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

    boost::asio::awaitable<void> handshake();
    /// The next line, without its end.
    boost::asio::awaitable<std::string> line();
    boost::asio::awaitable<void> say(std::string bytes);
    void close() noexcept;
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

   private:
    friend class ScriptedPool;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket>> tls_;
    std::optional<boost::asio::ip::tcp::socket> plain_;
    std::string held_;
    std::size_t number_ = 0;  ///< 1 for the first connection
  };

  using Script = std::function<boost::asio::awaitable<void>(Peer&)>;

  /// A connection ends when its script does.
  ScriptedPool(boost::asio::io_context& io, Script script, boost::asio::ssl::context* tls = nullptr);
  ~ScriptedPool();
  ScriptedPool(const ScriptedPool&) = delete;
  ScriptedPool& operator=(const ScriptedPool&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// A pool that agrees to everything, gives work and takes shares.
boost::asio::awaitable<void> serve_well(ScriptedPool::Peer& peer);

}  // namespace lode::stratum::v1
