// From a host name and port to addresses, within a time limit.
//
// The system's resolver cannot be interrupted, and a name server that is gone keeps it for a minute. So each look-up
// has a thread of its own, which is left behind when the caller goes on without it: it holds up neither other look-ups
// nor the end of the program.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/result.h"

namespace lode::net {

struct LookupAnswer {
  boost::system::error_code error;
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;
};

/// Looks up a host's addresses and waits until they are known. Called on a thread that is nobody else's, perhaps when
/// everything else is gone; must not throw.
using Lookup = std::function<LookupAnswer(const std::string& host, std::uint16_t port)>;

/// getaddrinfo(3).
LookupAnswer system_lookup(const std::string& host, std::uint16_t port);

class Resolver {
 public:
  explicit Resolver(boost::asio::any_io_executor executor, Lookup lookup = system_lookup);
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
  struct Waiting;
  boost::asio::any_io_executor executor_;
  Lookup lookup_;
  std::shared_ptr<Waiting> waiting_;
};

}  // namespace lode::net
