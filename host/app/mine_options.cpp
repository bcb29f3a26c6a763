#include "host/app/mine_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/app/text.h"
#include "host/chain/address.h"

namespace lode::app {

Result<void> check_mine_options(const MineOptions& options) {
  const auto is_pool = [](const SourceUrl& url) { return url.is_pool(); };
  const bool has_nodes = !std::ranges::all_of(options.sources, is_pool);
  for (const SourceUrl& url : options.sources) {
    if (url.is_pool() && url.user.empty() && options.user.empty()) {
      return fail(Errc::kMalformed, "pool " + url.display() +
                                        " needs a worker name: --user NAME, or NAME@ in front of its host; often an "
                                        "address that it pays to");
    }
  }
  if (!options.quotas.empty() && !options.balance) {
    return fail(Errc::kMalformed, "--quota says how sources share the hashes, which takes --strategy balance");
  }
  if (!options.quotas.empty() && options.quotas.size() != options.sources.size()) {
    return fail(Errc::kMalformed, fmt::format("--quota takes one number for each SOURCE: {} are given for {}",
                                              options.quotas.size(), options.sources.size()));
  }
  if (!options.require_payout.empty()) {
    const auto wanted = chain::parse_address(options.require_payout);
    if (!wanted) return fail(Errc::kMalformed, "--require-payout: " + printable(wanted.error().message()));
  }
  if (options.min_payout && options.require_payout.empty()) {
    return fail(Errc::kMalformed,
                "--min-payout says how much --require-payout ADDRESS has to get: name the address too");
  }
  if (options.payout.empty()) {
    if (!has_nodes) return {};
    return fail(Errc::kMalformed,
                "mining with a node needs --payout ADDRESS: the address that the block reward is paid to");
  }
  const auto address = chain::parse_address(options.payout);
  if (!address) return fail(Errc::kMalformed, "--payout: " + printable(address.error().message()));
  if (options.sources.empty()) {
    const auto script = chain::payout_script_for(options.payout, chain::Network::kRegtest);
    if (!script) {
      return fail(Errc::kOutOfRange,
                  "--payout: " + printable(script.error().message()) +
                      "; without a SOURCE the embedded chain is mined, which takes regtest addresses");
    }
    return {};
  }
  if (address->type == chain::AddressType::kFutureWitness) {
    return fail(Errc::kUnsupported,
                "--payout: no rule for this witness version is known yet, anyone could spend what is paid to it");
  }
  return {};
}

}  // namespace lode::app
