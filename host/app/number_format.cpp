#include "host/app/number_format.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>

namespace lode::app {
namespace {

/// Three significant digits of a number from 1 to 1000.
std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

struct Scaled {
  double value;
  std::size_t prefix;
};

/// Divides by 1000 until three digits before the point are enough, also after rounding.
Scaled scale(double value, std::size_t last_prefix) {
  Scaled scaled{value, 0};
  while (scaled.value >= 999.5 && scaled.prefix < last_prefix) {
    scaled.value /= 1000;
    ++scaled.prefix;
  }
  return scaled;
}

constexpr std::array kPrefixes{"", "k", "M", "G", "T", "P", "E"};

std::string two_units(std::uint64_t count, std::uint64_t per_unit, const char* unit, const char* small_unit,
                      std::uint64_t small_size) {
  const std::uint64_t small = (count % per_unit) / small_size;
  if (small == 0) return fmt::format("{} {}", count / per_unit, unit);
  return fmt::format("{} {} {} {}", count / per_unit, unit, small, small_unit);
}

}  // namespace

std::string format_rate(double hashes_per_second) {
  if (!std::isfinite(hashes_per_second) || hashes_per_second <= 0) return "0 H/s";
  const Scaled scaled = scale(hashes_per_second, kPrefixes.size() - 1);
  return fmt::format("{} {}H/s", three_digits(scaled.value), kPrefixes.at(scaled.prefix));
}

std::string format_quantity(double value) {
  if (std::isnan(value) || value <= 0) return "0";
  if (value < 1) return fmt::format("{:.3g}", value);
  if (value >= 999.5e18) return fmt::format("{:.2e}", value);
  const Scaled scaled = scale(value, kPrefixes.size() - 1);
  return three_digits(scaled.value) + kPrefixes.at(scaled.prefix);
}

std::string format_duration(double seconds) {
  constexpr double kYear = 365.25 * 86400;
  if (std::isnan(seconds) || seconds <= 0) return "unknown";
  if (seconds >= 1000 * kYear) return fmt::format("{:.2g} years", seconds / kYear);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return two_units(whole, 60, "min", "s", 1);
  if (whole < 86400) return two_units(whole, 3600, "h", "min", 60);
  if (whole < 31557600) return two_units(whole, 86400, "d", "h", 3600);
  return two_units(whole, 31557600, "y", "d", 86400);
}

std::string format_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

}  // namespace lode::app
