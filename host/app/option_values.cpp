#include "host/app/option_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "host/app/text.h"
#include "host/device/cpu_list.h"

namespace lode::app {

Result<std::uint64_t> parse_whole(std::string_view text, std::uint64_t lowest, std::uint64_t highest) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || value < lowest || value > highest) {
    return fail(Errc::kOutOfRange,
                fmt::format("'{}' is not a whole number from {} to {}", printable(text), lowest, highest));
  }
  return value;
}

Result<std::chrono::duration<double>> parse_seconds(std::string_view text) {
  constexpr double kTenYears = 10 * 365.25 * 86400;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || !std::isfinite(value) || value <= 0 || value > kTenYears) {
    return fail(Errc::kOutOfRange, fmt::format("'{}' is not a positive number of seconds", printable(text)));
  }
  return std::chrono::duration<double>(value);
}

Result<std::uint32_t> parse_version_mask(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  std::uint32_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.empty() || digits.size() > 8 || error != std::errc{} || stop != end) {
    return fail(Errc::kMalformed, fmt::format("'{}' is not 8 hex digits, such as 1fffe000", printable(text)));
  }
  if ((value & ~kWidestVersionMask) != 0) {
    return fail(Errc::kOutOfRange,
                fmt::format("{:08x} has bits outside {:08x}, which must not be rolled", value, kWidestVersionMask));
  }
  return value;
}

Result<device::CpuAffinity> parse_cpu_affinity(const std::string& text) {
  if (text == "none") return device::CpuAffinity{.pin = false, .cpus = {}};
  auto cpus = device::parse_cpu_list(text);
  if (!cpus) return fail(Errc::kMalformed, fmt::format("'{}': {}", printable(text), cpus.error().message()));
  return device::CpuAffinity{.pin = true, .cpus = *std::move(cpus)};
}

Result<std::vector<std::uint64_t>> parse_wholes(std::string_view text, std::uint64_t lowest, std::uint64_t highest) {
  std::vector<std::uint64_t> values;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const auto value = parse_whole(text.substr(at, comma - at), lowest, highest);
    if (!value) return value.error();
    values.push_back(*value);
    at = comma + 1;
  }
  return values;
}

Result<double> parse_difficulty(std::string_view text) {
  constexpr double kLowest = 1e-10;
  constexpr double kHighest = 1e30;
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error == std::errc::invalid_argument || stop != text.data() + text.size()) {
    return fail(Errc::kMalformed, fmt::format("'{}' is no number", printable(text)));
  }
  // What is not a number compares as false.
  if (error != std::errc{} || !(value >= kLowest && value <= kHighest)) {
    return fail(Errc::kOutOfRange, fmt::format("{} is not between {} and {}", printable(text), kLowest, kHighest));
  }
  return value;
}

Result<std::string> parse_fingerprint(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!is_hex)
      return fail(Errc::kMalformed, "is no SHA-256 in hex; 'openssl x509 -noout -fingerprint -sha256' prints one");
    digits += static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  }
  constexpr std::size_t kDigits = 64;
  if (digits.size() != kDigits) {
    return fail(Errc::kMalformed, fmt::format("has {} hex digits; a SHA-256 has {}", digits.size(), kDigits));
  }
  return digits;
}

Result<std::filesystem::path> parse_path(const std::string& text) {
  if (text.empty()) return fail(Errc::kMalformed, "must not be empty");
  return std::filesystem::path(text);
}

Result<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warn") return LogLevel::kWarn;
  if (text == "error") return LogLevel::kError;
  if (text == "off") return LogLevel::kOff;
  return fail(Errc::kMalformed, fmt::format("'{}' is no level; use debug, info, warn, error or off", printable(text)));
}

}  // namespace lode::app
