#include "host/node/template_builder.h"

#include <limits>
#include <utility>

#include "host/chain/coinbase.h"
#include "host/chain/merkle.h"
#include "host/chain/target.h"

namespace lode::node {
namespace {

constexpr std::size_t kMaxExtranonce2Size = 16;

Result<void> check_parts(const BlockParts& parts) {
  if (!parts.body) return fail(Errc::kOutOfRange, "template: no block body");
  if (parts.body->transaction_count != parts.txids.size()) {
    return fail(Errc::kOutOfRange, "template: " + std::to_string(parts.txids.size()) + " txids for " +
                                       std::to_string(parts.body->transaction_count) + " transactions");
  }
  if (parts.body->coinbase_has_witness != parts.witness_commitment_script.has_value()) {
    return fail(Errc::kOutOfRange, "template: witness commitment and witness reserved value go together");
  }
  if (parts.extranonce2_size > kMaxExtranonce2Size) {
    return fail(Errc::kOutOfRange, "template: extranonce2 of more than 16 bytes");
  }
  if (parts.time_roll_limit > std::numeric_limits<std::uint32_t>::max() - parts.time) {
    return fail(Errc::kOutOfRange, "template: the header time would wrap");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const work::WorkTemplate>> build_template(BlockParts parts) {
  if (auto checked = check_parts(parts); !checked) return checked.error();
  const auto target = chain::Target::from_bits(parts.bits);
  if (!target) return target.error();

  chain::CoinbaseSpec spec;
  spec.height = parts.height;
  spec.value = parts.coinbase_value;
  spec.payout_script = std::move(parts.payout_script);
  spec.text = std::move(parts.coinbase_text);
  spec.aux_flags = std::move(parts.coinbase_aux_flags);
  spec.extranonce_size = parts.extranonce1.size() + parts.extranonce2_size;
  spec.witness_commitment_script = std::move(parts.witness_commitment_script);
  auto coinbase = chain::build_coinbase(spec);
  if (!coinbase) return coinbase.error();

  auto work = std::make_shared<work::WorkTemplate>();
  work->source = std::move(parts.source);
  work->height = parts.height;
  work->clean = parts.clean;
  work->version = parts.version;
  work->version_mask = parts.version_mask;
  work->previous_block = parts.previous_block;
  work->time = parts.time;
  work->time_roll_limit = parts.time_roll_limit;
  work->bits = parts.bits;
  work->network_target = *target;
  work->share_target = *target;
  work->coinbase_prefix = std::move(coinbase->prefix);
  work->extranonce1 = std::move(parts.extranonce1);
  work->extranonce2_size = parts.extranonce2_size;
  work->coinbase_suffix = std::move(coinbase->suffix);
  work->merkle_branch = chain::coinbase_branch(parts.txids);
  work->body = std::move(parts.body);
  return std::shared_ptr<const work::WorkTemplate>(std::move(work));
}

}  // namespace lode::node
