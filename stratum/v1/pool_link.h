// The bytes between lode and a pool, whatever carries them. One implementation is the network (tcp_link.h), another
// plays a pool for tests.
//
// Io thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/result.h"
#include "stratum/v1/reconnect_policy.h"

namespace lode::stratum::v1 {

class PoolLink {
 public:
  virtual ~PoolLink() = default;

  /// Errors: kDisconnected, kTimeout, kUnauthorized (the pool's certificate, the proxy's password), kCancelled.
  virtual boost::asio::awaitable<Result<void>> connect() = 0;

  /// The next bytes, at least one; good until the next call. Waits for as long as it takes. Errors: kDisconnected when
  /// the pool has closed or the connection broke, kCancelled after close().
  virtual boost::asio::awaitable<Result<std::string_view>> read() = 0;

  /// Queues bytes; what can be written is written at once. Errors: kTooLarge when too much is waiting already,
  /// kDisconnected.
  virtual Result<void> send(std::string bytes) = 0;

  /// Ends everything: connect() and read() return with kCancelled.
  virtual void close() noexcept = 0;

  /// Returns when nothing of the link runs any more. After close(), before the end of its life.
  virtual boost::asio::awaitable<void> finish() = 0;
};

/// Makes a link to a pool; it is not connected yet.
using MakeLink = std::function<std::unique_ptr<PoolLink>(const Endpoint&)>;

}  // namespace lode::stratum::v1
