// Medians and other values of many measurements. Pure functions; any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace lode::bench {

/// The value below which `share` (0 .. 1) of them lie; 0 of none.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  const std::ptrdiff_t place = std::lround(share * last);
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

inline double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

inline double microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace lode::bench
