// From a host name and port to addresses, within a time limit.
//
// The system's resolver cannot be interrupted; when it takes too long its answer is dropped and the caller goes on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/base/result.h"

namespace lode::net {

class Resolver {
 public:
  explicit Resolver(boost::asio::any_io_executor executor);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Addresses of `host` (a name, or an IPv4 or IPv6 address with or without brackets), at least one. `host` must
  /// stay alive until then. One at a time.
  /// Errors: kDisconnected (unknown name), kTimeout, kCancelled.
  boost::asio::awaitable<Result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve(const std::string& host,
                                                                                      std::uint16_t port,
                                                                                      std::chrono::milliseconds limit);

  /// Makes a waiting resolve() return kCancelled.
  void cancel() noexcept;

 private:
  struct Lookup;
  boost::asio::any_io_executor executor_;
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace lode::net
