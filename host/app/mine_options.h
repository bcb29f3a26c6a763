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
#include "host/net/proxy_options.h"

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
  std::optional<net::ProxyOptions> proxy;  ///< every connection to nodes and pools goes through it

  bool balance = false;               ///< sources share the hashes; otherwise the first that works gets all
  std::vector<std::uint64_t> quotas;  ///< of the sources, in their order; empty: equal ones

  std::uint32_t version_mask = kDefaultVersionMask;  ///< 0: no version rolling

  // For pools.
  std::string user;                                ///< worker name where the URL has none
  std::string password;                            ///< the same
  std::string require_payout;                      ///< address that a pool's work has to pay; empty: any
  std::optional<std::uint64_t> min_payout;         ///< percent of the reward that it has to get; nothing: 90
  std::optional<double> suggest_difficulty;        ///< asked of pools; > 0
  std::vector<std::string> reconnect_hosts;        ///< that a pool may send lode to, besides its own domain
  std::optional<std::string> tls_fingerprint;      ///< SHA-256 of a pool's certificate, hex; trusted in place of any CA
  std::optional<std::filesystem::path> recording;  ///< of all that is said between lode and pools

  std::optional<std::uint64_t> blocks;
  std::optional<std::uint64_t> shares;
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
