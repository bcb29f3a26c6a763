// Numbers as people read them: rates, difficulties, durations.
//
// Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace lode::app {

/// Three digits and an SI prefix: "24.6 MH/s", "1.00 kH/s", "0 H/s". Negative and not finite count as 0.
std::string format_rate(double hashes_per_second);

/// Three digits and an SI prefix from kilo to exa, scientific above: "1.23k", "95.7T", "0.00047".
std::string format_quantity(double value);

/// The two largest units: "850 ms", "12 s", "3 min 20 s", "5 h 12 min", "3 d 4 h", "2 y 40 d", "1.2e+06 years".
/// "unknown" for what is not a positive number.
std::string format_duration(double seconds);

/// Milliseconds with their fraction.
inline double milliseconds(std::chrono::steady_clock::duration span) noexcept {
  return std::chrono::duration<double, std::milli>(span).count();
}

/// With thousands separated by commas: "1,234,567".
std::string format_count(std::uint64_t count);

}  // namespace lode::app
