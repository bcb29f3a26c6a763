// Bitcoin's networks, and which of them an address or a block is for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace lode::chain {

enum class Network : std::uint8_t { kMain, kTest, kSignet, kRegtest };

inline constexpr Network kAllNetworks[] = {Network::kMain, Network::kTest, Network::kSignet, Network::kRegtest};

/// "mainnet", "testnet", "signet", "regtest": the names for people.
[[nodiscard]] std::string_view network_name(Network network) noexcept;

/// From a node's "chain" field: "main", "test", "testnet4", "signet", "regtest"; also the names above.
[[nodiscard]] std::optional<Network> network_from_name(std::string_view name) noexcept;

/// A set of networks, as address prefixes are shared among them.
class NetworkSet {
 public:
  constexpr NetworkSet() = default;
  constexpr NetworkSet(std::initializer_list<Network> networks) {
    for (const Network network : networks)
      bits_ = static_cast<std::uint8_t>(bits_ | bit(network));
  }

  [[nodiscard]] constexpr bool contains(Network network) const noexcept { return (bits_ & bit(network)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  /// "testnet or signet"
  [[nodiscard]] std::string to_string() const;

  friend constexpr bool operator==(const NetworkSet&, const NetworkSet&) = default;

 private:
  static constexpr std::uint8_t bit(Network network) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(network));
  }
  std::uint8_t bits_ = 0;
};

}  // namespace lode::chain
