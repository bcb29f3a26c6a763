#include "host/chain/network.h"

#include <vector>

namespace lode::chain {

std::string_view network_name(Network network) noexcept {
  switch (network) {
    case Network::kMain:
      return "mainnet";
    case Network::kTest:
      return "testnet";
    case Network::kSignet:
      return "signet";
    case Network::kRegtest:
      return "regtest";
  }
  return "unknown network";
}

std::optional<Network> network_from_name(std::string_view name) noexcept {
  if (name == "main") return Network::kMain;
  if (name == "test" || name == "testnet3" || name == "testnet4") return Network::kTest;
  for (const Network network : kAllNetworks) {
    if (name == network_name(network)) return network;
  }
  return std::nullopt;
}

std::string NetworkSet::to_string() const {
  std::vector<std::string_view> names;
  for (const Network network : kAllNetworks) {
    if (contains(network)) names.push_back(network_name(network));
  }
  if (names.empty()) return "no network";
  std::string text(names.front());
  for (std::size_t i = 1; i < names.size(); ++i) {
    text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace lode::chain
