// How long to wait before the next attempt: grows exponentially up to a bound, with jitter so that many miners that
// lost the same node do not come back in step.
//
// A value owned by one coroutine; not thread safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace lode::net {

struct BackoffOptions {
  std::chrono::milliseconds first{250};      ///< upper bound of the first wait
  std::chrono::milliseconds longest{30000};  ///< upper bound of every wait
};

class Backoff {
 public:
  explicit Backoff(BackoffOptions options = {}, std::uint64_t seed = std::random_device{}());

  /// The next wait: between half of the current bound and the whole of it; the bound doubles each time. Never zero.
  std::chrono::milliseconds next();

  /// Start again with the first wait: something worked.
  void reset() noexcept;

 private:
  BackoffOptions options_;
  std::chrono::milliseconds bound_;
  std::mt19937_64 random_;
};

}  // namespace lode::net
