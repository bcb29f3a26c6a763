#include "host/app/mine_options.h"

#include "host/app/text.h"
#include "host/chain/address.h"

namespace lode::app {

Result<void> check_mine_options(const MineOptions& options) {
  if (options.payout.empty()) {
    if (options.sources.empty()) return {};
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
