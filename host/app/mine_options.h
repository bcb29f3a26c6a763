// Everything `lode mine` can be told, after checking.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/app/device_options.h"
#include "host/app/source_url.h"
#include "host/base/result.h"

namespace lode::app {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

/// BIP320's bits, and with the three more of BIP323's proposal.
inline constexpr std::uint32_t kDefaultVersionMask = 0x1fffe000;
inline constexpr std::uint32_t kWidestVersionMask = 0x1fffffe0;

struct MineOptions : DeviceOptions {
  std::vector<SourceUrl> sources;  ///< empty: the embedded chain
  std::string payout;              ///< an address; empty only with the embedded chain
  std::string coinbase_text;
  std::optional<std::filesystem::path> cookie_file;
  std::optional<std::filesystem::path> ca_file;

  std::uint32_t version_mask = kDefaultVersionMask;  ///< 0: no version rolling

  std::optional<std::uint64_t> blocks;
  std::optional<std::chrono::duration<double>> seconds;
  std::chrono::seconds connect_timeout{30};

  std::string events;  ///< path, "-" for standard output; empty: none
  LogLevel log_level = LogLevel::kInfo;
  bool quiet = false;
  bool colour = true;
};

/// What only shows when all options are known: a payout address where one is needed, and that it is one.
/// Errors: kMalformed, kOutOfRange, kUnsupported.
Result<void> check_mine_options(const MineOptions& options);

}  // namespace lode::app
