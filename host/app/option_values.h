// Texts of options to numbers, with errors that say what would be right.
//
// Pure functions; any thread. All errors are kMalformed or kOutOfRange.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/mine_options.h"
#include "host/base/result.h"
#include "host/device/thread_plan.h"

namespace lode::app {

/// Decimal digits only.
Result<std::uint64_t> parse_whole(std::string_view text, std::uint64_t lowest, std::uint64_t highest);

/// A positive decimal number of seconds, "0.5" or "90", at most ten years.
Result<std::chrono::duration<double>> parse_seconds(std::string_view text);

/// Up to 8 hex digits, with or without 0x; only bits that BIP320 or BIP323 allow to roll.
Result<std::uint32_t> parse_version_mask(std::string_view text);

/// "0-3,8", or "none" for threads that are not tied. Which CPUs there are is not looked at.
Result<device::CpuAffinity> parse_cpu_affinity(const std::string& text);

/// One whole number, or several separated by commas.
Result<std::vector<std::uint64_t>> parse_wholes(std::string_view text, std::uint64_t lowest, std::uint64_t highest);

/// A decimal number above 0, "0.001", "65536" or "1e-9".
Result<double> parse_difficulty(std::string_view text);

/// A SHA-256 as 64 hex digits, with or without colons between bytes. Returns 64 lower-case digits.
Result<std::string> parse_fingerprint(const std::string& text);

/// Any text but an empty one.
Result<std::filesystem::path> parse_path(const std::string& text);

/// "debug", "info", "warn", "error", "off".
Result<LogLevel> parse_log_level(std::string_view text);

}  // namespace lode::app
