#include "host/chain/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "host/chain/coinbase.h"
#include "host/chain/consensus.h"
#include "host/chain/merkle.h"
#include "host/chain/script.h"
#include "host/chain/target.h"
#include "host/chain/witness_commitment.h"

namespace lode::chain {
namespace {

/// Collects what the rules say, in order.
class Verdicts {
 public:
  void rule(std::string_view name, bool passed, std::string detail = {}) {
    results_.push_back({std::string(name), passed, std::move(detail)});
  }
  std::vector<RuleResult> take() { return std::move(results_); }

 private:
  std::vector<RuleResult> results_;
};

RuleResult work_rule(const Header& header) {
  RuleResult rule{.name = "high-hash", .passed = false, .detail = {}};
  const auto target = Target::from_bits(header.bits);
  if (!target) {
    rule.detail = target.error().detail;
    return rule;
  }
  const Hash256 hash = header.hash();
  rule.passed = target->is_met_by(hash);
  rule.detail = fmt::format("hash {}, target {}", hash.to_display(), target->to_display());
  return rule;
}

void check_header_context(Verdicts& verdicts, const Header& header, const BlockContext& context) {
  verdicts.rule(
      "bad-prevblk", header.previous_block == context.previous_block,
      fmt::format("parent {}, tip {}", header.previous_block.to_display(), context.previous_block.to_display()));
  verdicts.rule("bad-diffbits", header.bits == context.bits,
                fmt::format("bits {:08x}, the chain asks for {:08x}", header.bits, context.bits));
  verdicts.rule("time-too-old", header.time > context.median_time_past,
                fmt::format("time {}, must be above {}", header.time, context.median_time_past));
  verdicts.rule("time-too-new", header.time <= context.max_time,
                fmt::format("time {}, at most {} allowed", header.time, context.max_time));
  // Version numbers are signed.
  verdicts.rule("bad-version",
                static_cast<std::int32_t>(header.version) >= static_cast<std::int32_t>(context.min_version),
                fmt::format("version 0x{:08x}, at least {} demanded", header.version, context.min_version));
}

/// "transaction 3" of the first one that `broken` says is.
template <class Broken>
void rule_of_each(Verdicts& verdicts, std::string_view name, std::span<const Transaction> transactions, Broken broken) {
  const auto found = std::find_if(transactions.begin(), transactions.end(), broken);
  if (found == transactions.end()) {
    verdicts.rule(name, true);
  } else {
    verdicts.rule(name, false, fmt::format("transaction {}", std::distance(transactions.begin(), found)));
  }
}

bool spends_twice(const Transaction& transaction) {
  std::vector<OutPoint> spent;
  spent.reserve(transaction.inputs.size());
  for (const TxIn& input : transaction.inputs)
    spent.push_back(input.previous);
  std::sort(spent.begin(), spent.end());
  return std::adjacent_find(spent.begin(), spent.end()) != spent.end();
}

bool has_output_above_all_money(const Transaction& transaction) noexcept {
  return std::any_of(transaction.outputs.begin(), transaction.outputs.end(),
                     [](const TxOut& output) { return output.value > kMaxMoney; });
}

bool outputs_together_above_all_money(const Transaction& transaction) noexcept {
  std::uint64_t left = kMaxMoney;
  for (const TxOut& output : transaction.outputs) {
    if (output.value > left) return true;
    left -= output.value;
  }
  return false;
}

/// Every transaction for itself. The first is the coinbase.
void check_transactions(Verdicts& verdicts, std::span<const Transaction> all) {
  rule_of_each(verdicts, "bad-txns-vin-empty", all, [](const Transaction& tx) { return tx.inputs.empty(); });
  rule_of_each(verdicts, "bad-txns-vout-empty", all, [](const Transaction& tx) { return tx.outputs.empty(); });
  rule_of_each(verdicts, "bad-txns-vout-toolarge", all, has_output_above_all_money);
  rule_of_each(verdicts, "bad-txns-txouttotal-toolarge", all, outputs_together_above_all_money);
  rule_of_each(verdicts, "bad-txns-inputs-duplicate", all, spends_twice);
  rule_of_each(verdicts, "bad-txns-prevout-null", all, [](const Transaction& tx) {
    return !tx.is_coinbase() &&
           std::any_of(tx.inputs.begin(), tx.inputs.end(), [](const TxIn& input) { return input.previous.is_null(); });
  });
}

void check_merkle(Verdicts& verdicts, const Block& block) {
  const MerkleResult merkle = merkle_tree(block.txids());
  verdicts.rule("bad-txnmrklroot", merkle.root == block.header.merkle_root,
                fmt::format("header has {}, transactions give {}", block.header.merkle_root.to_display(),
                            merkle.root.to_display()));
  verdicts.rule("bad-txns-duplicate", !merkle.mutated, merkle.mutated ? "transactions are repeated in the tree" : "");
}

void check_coinbase_places(Verdicts& verdicts, std::span<const Transaction> transactions) {
  verdicts.rule("bad-cb-missing", transactions[0].is_coinbase(), "");
  const auto more = std::find_if(transactions.begin() + 1, transactions.end(),
                                 [](const Transaction& tx) { return tx.is_coinbase(); });
  verdicts.rule("bad-cb-multiple", more == transactions.end(),
                more == transactions.end() ? std::string()
                                           : fmt::format("transaction {}", std::distance(transactions.begin(), more)));
  if (!transactions[0].is_coinbase()) return;
  const std::size_t script = transactions[0].inputs[0].script_sig.size();
  verdicts.rule(
      "bad-cb-length", script >= kMinCoinbaseScript && script <= kMaxCoinbaseScript,
      fmt::format("coinbase script of {} bytes, {} to {} allowed", script, kMinCoinbaseScript, kMaxCoinbaseScript));
}

void check_sigops(Verdicts& verdicts, const Block& block) {
  // Counted in 64 bits: 4 MB of scripts hold at most 80 million.
  std::uint64_t cost = 0;
  for (const Transaction& transaction : block.transactions) {
    for (const TxIn& input : transaction.inputs)
      cost += kWitnessScale * count_sigops(input.script_sig);
    for (const TxOut& output : transaction.outputs)
      cost += kWitnessScale * count_sigops(output.script_pubkey);
  }
  verdicts.rule("bad-blk-sigops", cost <= kMaxSigopCost,
                fmt::format("signature operations cost {} without those of spent outputs, at most {} allowed", cost,
                            kMaxSigopCost));
}

/// BIP141's commitment, or that there is nothing to commit to.
void check_witness(Verdicts& verdicts, const Block& block, bool segwit) {
  const Transaction& coinbase = block.transactions[0];
  const auto commitment = segwit ? find_witness_commitment(coinbase) : std::nullopt;
  if (!commitment) {
    rule_of_each(verdicts, "unexpected-witness", block.transactions,
                 [](const Transaction& transaction) { return transaction.has_witness(); });
    return;
  }
  Hash256 reserved;
  const auto& witness = coinbase.inputs[0].witness;
  const bool one_item = witness.size() == 1 && witness[0].size() == reserved.bytes.size();
  verdicts.rule("bad-witness-nonce-size", one_item,
                one_item ? "" : "the coinbase commits to witnesses, so its witness must be one item of 32 bytes");
  if (!one_item) return;
  std::copy(witness[0].begin(), witness[0].end(), reserved.bytes.begin());
  const Hash256 expected = witness_commitment(block.wtxids_without_coinbase(), reserved);
  verdicts.rule(
      "bad-witness-merkle-match", *commitment == expected,
      fmt::format("coinbase commits to {}, transactions give {}", commitment->to_display(), expected.to_display()));
}

/// A lock time is passed, or every input says to ignore it (BIP113 for the time).
bool is_final(const Transaction& transaction, const BlockContext& context) noexcept {
  const std::uint32_t passed = transaction.lock_time < kLockTimeThreshold ? context.height : context.median_time_past;
  if (transaction.lock_time == 0 || transaction.lock_time < passed) return true;
  return std::all_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [](const TxIn& input) { return input.sequence == 0xffffffff; });
}

void check_body_context(Verdicts& verdicts, const Block& block, const BlockContext& context) {
  rule_of_each(verdicts, "bad-txns-nonfinal", block.transactions,
               [&context](const Transaction& transaction) { return !is_final(transaction, context); });
  const Transaction& coinbase = block.transactions[0];
  if (!coinbase.is_coinbase()) return;
  if (context.bip34) {
    const Bytes expected = height_push(context.height);
    const Bytes& script = coinbase.inputs[0].script_sig;
    const bool begins =
        script.size() >= expected.size() && std::equal(expected.begin(), expected.end(), script.begin());
    verdicts.rule("bad-cb-height", begins,
                  fmt::format("the coinbase script must begin with height {}", context.height));
  }
  if (context.max_coinbase_value) {
    std::uint64_t paid = 0;
    for (const TxOut& output : coinbase.outputs) {
      const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - paid;
      paid += std::min(output.value, room);
    }
    verdicts.rule("bad-cb-amount", paid <= *context.max_coinbase_value,
                  fmt::format("coinbase pays {} satoshi, at most {} allowed", paid, *context.max_coinbase_value));
  }
}

}  // namespace

std::vector<RuleResult> evaluate_block(const Block& block, const CheckOptions& options,
                                       const std::optional<BlockContext>& context) {
  Verdicts verdicts;
  if (options.check_work) {
    RuleResult work = work_rule(block.header);
    verdicts.rule(work.name, work.passed, std::move(work.detail));
  }
  if (context) check_header_context(verdicts, block.header, *context);
  check_merkle(verdicts, block);
  const std::size_t stripped = block.serialized_size(WitnessForm::kWithout);
  verdicts.rule("bad-blk-length", !block.transactions.empty() && stripped * kWitnessScale <= kMaxBlockWeight,
                fmt::format("{} transactions, {} bytes without witness, at most {} allowed", block.transactions.size(),
                            stripped, kMaxBlockWeight / kWitnessScale));
  if (block.transactions.empty()) return verdicts.take();
  check_coinbase_places(verdicts, block.transactions);
  check_transactions(verdicts, block.transactions);
  check_sigops(verdicts, block);
  if (context) check_body_context(verdicts, block, *context);
  if (block.transactions[0].is_coinbase()) check_witness(verdicts, block, options.segwit);
  const std::size_t weight = block.weight();
  verdicts.rule("bad-blk-weight", weight <= kMaxBlockWeight,
                fmt::format("weight {}, at most {} allowed", weight, kMaxBlockWeight));
  return verdicts.take();
}

Result<void> check_block(const Block& block, const CheckOptions& options, const std::optional<BlockContext>& context) {
  for (const RuleResult& rule : evaluate_block(block, options, context)) {
    if (rule.passed) continue;
    return fail(Errc::kInvalidBlock, rule.detail.empty() ? rule.name : fmt::format("{}: {}", rule.name, rule.detail));
  }
  return {};
}

Result<void> check_block(ByteView serialized, const CheckOptions& options, const std::optional<BlockContext>& context) {
  const auto block = Block::parse(serialized);
  if (!block) return block.error();
  return check_block(*block, options, context);
}

Result<void> check_header_work(const Header& header) {
  const RuleResult rule = work_rule(header);
  if (rule.passed) return {};
  return fail(Errc::kInvalidBlock, fmt::format("{}: {}", rule.name, rule.detail));
}

}  // namespace lode::chain
