#include "host/net/backoff.h"

#include <algorithm>

namespace lode::net {

using std::chrono::milliseconds;

Backoff::Backoff(BackoffOptions options, std::uint64_t seed) : options_(options), random_(seed) {
  options_.first = std::max(options_.first, milliseconds{1});
  options_.longest = std::max(options_.longest, options_.first);
  bound_ = options_.first;
}

milliseconds Backoff::next() {
  const std::int64_t bound = bound_.count();
  std::uniform_int_distribution<std::int64_t> distribution((bound + 1) / 2, bound);
  bound_ = bound_ > options_.longest / 2 ? options_.longest : bound_ * 2;
  return milliseconds{distribution(random_)};
}

void Backoff::reset() noexcept {
  bound_ = options_.first;
}

}  // namespace lode::net
