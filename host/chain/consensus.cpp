#include "host/chain/consensus.h"

#include <algorithm>
#include <array>
#include <limits>

namespace lode::chain {

std::uint32_t highest_bits(Network network) noexcept {
  switch (network) {
    case Network::kSignet:
      return 0x1e0377ae;
    case Network::kRegtest:
      return 0x207fffff;
    case Network::kMain:
    case Network::kTest:
      break;
  }
  return 0x1d00ffff;
}

std::uint32_t median_time_past(std::span<const std::uint32_t> times) noexcept {
  if (times.empty()) return 0;
  const auto last = times.last(std::min(times.size(), kMedianTimeSpan));
  std::array<std::uint32_t, kMedianTimeSpan> sorted{};
  sorted.fill(std::numeric_limits<std::uint32_t>::max());  // fewer times than the span: what is missing sorts last
  std::copy(last.begin(), last.end(), sorted.begin());
  std::sort(sorted.begin(), sorted.end());
  return sorted[last.size() / 2];
}

}  // namespace lode::chain
