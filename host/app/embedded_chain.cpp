#include "host/app/embedded_chain.h"

#include <utility>

#include "host/app/mine_options.h"
#include "host/chain/address.h"
#include "host/chain/hash256.h"
#include "host/node/dev_chain.h"

namespace lode::app {

std::string embedded_chain_payout() {
  // A P2WPKH script whose key hash is the hash of nothing: valid, and plainly nobody's.
  const chain::Hash256 nothing = chain::sha256(ByteView{});
  Bytes script{0x00, 0x14};
  append(script, ByteView(nothing.bytes).first<20>());
  return encode_address(script, chain::Network::kRegtest).value();
}

Result<OpenedSource> open_embedded_chain(const boost::asio::any_io_executor& executor, const MineOptions& options,
                                         const Log& log) {
  const std::string payout = options.payout.empty() ? embedded_chain_payout() : options.payout;
  auto script = chain::payout_script_for(payout, chain::Network::kRegtest);
  if (!script) return script.error();
  node::DevChainOptions chain_options;
  chain_options.payout_script = *std::move(script);
  chain_options.coinbase_text = options.coinbase_text;
  chain_options.version_mask = options.version_mask;
  auto chain = node::DevChain::create(executor, std::move(chain_options), log.named("chain"));
  if (!chain) return chain.error();
  std::shared_ptr<node::DevChain> shared = *std::move(chain);
  return OpenedSource{.source = shared, .sink = shared};
}

}  // namespace lode::app
