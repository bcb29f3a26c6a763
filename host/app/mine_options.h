// Everything `lode mine` can be told, after checking.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/app/device_list.h"
#include "host/app/source_url.h"
#include "host/base/result.h"

namespace lode::app {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

/// BIP320's bits, and with the three more of BIP323's proposal.
inline constexpr std::uint32_t kDefaultVersionMask = 0x1fffe000;
inline constexpr std::uint32_t kWidestVersionMask = 0x1fffffe0;

struct MineOptions {
  std::vector<SourceUrl> sources;  ///< empty: the embedded chain
  std::string payout;              ///< an address; empty only with the embedded chain
  std::string coinbase_text;
  std::optional<std::filesystem::path> cookie_file;
  std::optional<std::filesystem::path> ca_file;

  std::vector<DeviceSelector> devices;               ///< empty: the default
  unsigned threads = 0;                              ///< CPU threads; 0: one for each hardware thread
  std::string kernel;                                ///< empty: the best
  std::uint32_t version_mask = kDefaultVersionMask;  ///< 0: no version rolling

  std::optional<std::uint64_t> blocks;
  std::optional<std::chrono::duration<double>> seconds;
  std::chrono::seconds connect_timeout{30};

  std::string events;  ///< path, "-" for standard output; empty: none
  std::string state;   ///< folder; empty: the default; "none": no journal
  LogLevel log_level = LogLevel::kInfo;
  bool quiet = false;
  bool colour = true;
};

/// What only shows when all options are known: a payout address where one is needed, and that it is one.
/// Errors: kMalformed, kOutOfRange, kUnsupported.
Result<void> check_mine_options(const MineOptions& options);

/// $XDG_STATE_HOME/lode or ~/.local/state/lode, or as given. Errors: kStore when neither variable is set.
Result<std::filesystem::path> state_folder(const MineOptions& options);

}  // namespace lode::app
