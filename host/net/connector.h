// Connects to a host, within one time limit for all that takes: looking up its name, trying its addresses, and asking a
// proxy if there is one.
//
// The addresses race (RFC 8305): IPv6 and IPv4 take turns, the next one starts a quarter of a second after the last or
// as soon as one fails, the first that answers wins. So an address that swallows packets costs a quarter of a second.
//
// Io thread only; it must outlive connect(): call cancel() and await it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.h"
#include "host/net/resolve.h"
#include "host/net/socks5.h"

namespace lode::net {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// Looks up a name in the place of the system. The arguments are alive until it returns.
using ResolveName = std::function<boost::asio::awaitable<Result<Endpoints>>(const std::string& host, std::uint16_t port,
                                                                            std::chrono::milliseconds limit)>;

struct ConnectOptions {
  std::chrono::milliseconds limit{10'000};       ///< for all of it
  std::chrono::milliseconds attempt_delay{250};  ///< RFC 8305, section 5: between the starts of two addresses
  std::optional<ProxyOptions> proxy = {};        ///< connects, and looks up the host's name
  ResolveName resolve = {};                      ///< empty: the system's
};

/// So that families take turns, beginning with the first address's; otherwise the order stays (RFC 8305, section 4).
Endpoints interleaved(const Endpoints& endpoints);

class Connector {
 public:
  Connector(boost::asio::any_io_executor executor, ConnectOptions options);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  /// A connected socket, without delay of small writes (no_delay) and with keep-alive: whoever waits for hours learns
  /// within a minute that the other side is gone. `host`: a name or an address, without brackets. One at a time.
  /// Errors, one sentence that says where it failed: kDisconnected, kTimeout, kCancelled, and those of
  /// connect_through().
  boost::asio::awaitable<Result<boost::asio::ip::tcp::socket>> connect(std::string host, std::uint16_t port);

  /// A waiting connect() returns kCancelled.
  void cancel() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Race;

  boost::asio::awaitable<Result<boost::asio::ip::tcp::socket>> reach(const std::string& host, std::uint16_t port,
                                                                     Clock::time_point deadline);
  boost::asio::awaitable<Result<Endpoints>> look_up(const std::string& host, std::uint16_t port,
                                                    std::chrono::milliseconds limit);
  [[nodiscard]] Error too_late(const std::string& what) const;

  boost::asio::any_io_executor executor_;
  ConnectOptions options_;
  Resolver resolver_;
  std::shared_ptr<Race> race_;                       ///< under way
  std::optional<boost::beast::tcp_stream> proxied_;  ///< the talk with a proxy under way
  std::uint64_t cancels_ = 0;                        ///< so that a resumed coroutine notices one
};

}  // namespace lode::net
