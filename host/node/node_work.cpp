#include "host/node/node_work.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <random>

#include "host/base/endian.h"
#include "host/base/hex.h"
#include "host/chain/coinbase.h"
#include "host/chain/script.h"
#include "host/node/template_builder.h"

namespace lode::node {
namespace {

constexpr std::size_t kExtranonce1Size = 8;
constexpr std::size_t kExtranonce2Size = 8;
constexpr std::uint32_t kTimeRollLimit = 600;  ///< seconds; rolled last, when all else is used up

/// coinbaseaux is a wish (BIP22), the text is the user's: where both do not fit, the wish goes.
bool aux_fits(const BlockTemplate& reply, const std::string& text) {
  const std::size_t script = chain::height_push(reply.height).size() +
                             chain::push_length(kExtranonce1Size + kExtranonce2Size) +
                             (text.empty() ? 0 : chain::push_length(text.size())) + reply.coinbase_aux.size();
  return script <= chain::kMaxCoinbaseScript;
}

/// Bits 29 to 31 must say "version bits" (BIP9) for the others to be free.
std::uint32_t rollable(std::uint32_t version, std::uint32_t mask) noexcept {
  constexpr std::uint32_t kTopBits = 0xe0000000;
  constexpr std::uint32_t kVersionBits = 0x20000000;
  return (version & kTopBits) == kVersionBits ? mask & ~kTopBits : 0;
}

}  // namespace

WorkMaker::WorkMaker(std::string source, const NodeOptions& options)
    : source_(std::move(source)),
      coinbase_text_(options.coinbase_text),
      version_mask_(options.version_mask),
      session_(std::random_device{}()) {}

void WorkMaker::set_payout(Bytes script, std::optional<chain::Network> network) {
  payout_script_ = std::move(script);
  network_ = network;
}

std::uint32_t WorkMaker::time_roll_limit(const BlockTemplate& reply) const noexcept {
  // On testnet the demanded difficulty depends on the time in the header.
  if (!reply.time_mutable || network_ == chain::Network::kTest) return 0;
  const std::uint32_t highest = reply.max_time.value_or(std::numeric_limits<std::uint32_t>::max());
  return std::min(kTimeRollLimit, highest - reply.time);
}

Bytes WorkMaker::next_extranonce1() {
  Bytes extranonce;
  append(extranonce, le_bytes(session_));
  append(extranonce, le_bytes(counter_++));
  return extranonce;
}

Result<NodeWork> WorkMaker::make(BlockTemplate&& reply, bool clean) {
  auto body = std::make_shared<work::BlockBody>();
  body->transaction_count = reply.transactions.rows.size();
  body->transactions = std::move(reply.transactions.data);
  body->coinbase_has_witness = reply.witness_commitment.has_value();

  BlockParts parts;
  parts.source = source_;
  parts.height = reply.height;
  parts.clean = clean;
  parts.version = reply.version;
  parts.version_mask = rollable(reply.version, version_mask_);
  parts.previous_block = reply.previous_block;
  parts.time = reply.time;
  parts.time_roll_limit = time_roll_limit(reply);
  parts.bits = reply.bits;
  parts.coinbase_value = reply.coinbase_value;
  parts.payout_script = payout_script_;
  parts.coinbase_text = coinbase_text_;
  if (aux_fits(reply, coinbase_text_)) parts.coinbase_aux_flags = reply.coinbase_aux;
  parts.txids = reply.transactions.txids;
  parts.body = std::move(body);
  parts.witness_commitment_script = reply.witness_commitment;
  parts.extranonce1 = next_extranonce1();
  parts.extranonce2_size = kExtranonce2Size;
  auto built = build_template(std::move(parts));
  if (!built) return built.error();

  NodeWork made;
  made.work = std::move(*built);
  made.can_propose = reply.can_propose;
  made.new_tip = clean;
  made.work_id = std::move(reply.work_id);
  made.sequence = ++sequence_;
  made.shape = fmt::format("{} {} {:08x} {} {} {} {} {}", network_ ? chain::network_name(*network_) : "?",
                           fmt::join(reply.rules, ","), reply.version, made.work->coinbase_prefix.size(),
                           made.work->coinbase_suffix.size(), chain::height_push(reply.height).size(),
                           reply.witness_commitment.has_value(), to_hex(payout_script_));

  auto check = std::make_shared<CheckInput>();
  check->work = made.work;
  check->txids = std::move(reply.transactions.txids);
  check->wtxids = std::move(reply.transactions.wtxids);
  check->rows = std::move(reply.transactions.rows);
  check->witness_commitment = std::move(reply.witness_commitment);
  check->weight_limit = reply.weight_limit;
  check->sigop_limit = reply.sigop_limit;
  made.check = std::move(check);
  return made;
}

}  // namespace lode::node
