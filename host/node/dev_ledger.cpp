#include "host/node/dev_ledger.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "host/chain/consensus.h"
#include "host/chain/script.h"

namespace lode::node {
namespace {

constexpr std::uint32_t kFinalSequence = 0xffffffff;

Error reject(const char* reason, std::string detail) {
  return fail(Errc::kInvalidBlock, std::string(reason) + ": " + std::move(detail));
}

/// The rules that need nothing but the transaction.
Result<std::uint64_t> total_output(const chain::Transaction& transaction) {
  if (transaction.inputs.empty()) return reject("bad-txns-vin-empty", "a transaction without inputs");
  if (transaction.outputs.empty()) return reject("bad-txns-vout-empty", "a transaction without outputs");
  std::uint64_t total = 0;
  for (const chain::TxOut& output : transaction.outputs) {
    if (output.value > chain::kMaxMoney)
      return reject("bad-txns-vout-toolarge", "an output of over 21 million bitcoin");
    total += output.value;
    if (total > chain::kMaxMoney) return reject("bad-txns-txouttotal-toolarge", "outputs of over 21 million bitcoin");
  }
  std::set<chain::OutPoint> spent;
  for (const chain::TxIn& input : transaction.inputs) {
    if (input.previous.is_null()) return reject("bad-txns-prevout-null", "an input that spends nothing");
    if (!spent.insert(input.previous).second) return reject("bad-txns-inputs-duplicate", "spends one output twice");
  }
  return total;
}

bool is_final(const chain::Transaction& transaction, const DevLedgerContext& context) {
  if (transaction.lock_time == 0) return true;
  const std::uint32_t now =
      transaction.lock_time < chain::kLockTimeThreshold ? context.height : context.median_time_past;
  if (transaction.lock_time < now) return true;
  return std::all_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [](const chain::TxIn& input) { return input.sequence == kFinalSequence; });
}

}  // namespace

const DevCoin* DevLedger::find(const chain::OutPoint& outpoint) const {
  const auto it = coins_.find(outpoint);
  return it == coins_.end() ? nullptr : &it->second;
}

const DevCoin* DevLedgerView::find(const chain::OutPoint& outpoint) const {
  const auto it = changes_.find(outpoint);
  if (it == changes_.end()) return base_->find(outpoint);
  return it->second ? &*it->second : nullptr;
}

Result<std::uint64_t> DevLedgerView::spend(const chain::Transaction& transaction, const DevLedgerContext& context) {
  const auto out = total_output(transaction);
  if (!out) return out;
  if (!is_final(transaction, context)) {
    return reject("bad-txns-nonfinal", "lock time " + std::to_string(transaction.lock_time) + " is not over");
  }
  std::uint64_t in = 0;
  for (const chain::TxIn& input : transaction.inputs) {
    const DevCoin* coin = find(input.previous);
    const auto outpoint = [&] { return input.previous.txid.to_display() + ":" + std::to_string(input.previous.index); };
    if (coin == nullptr) return reject("bad-txns-inputs-missingorspent", outpoint() + " is not an unspent output");
    if (coin->coinbase && context.height - coin->height < context.maturity) {
      return reject("bad-txns-premature-spend-of-coinbase",
                    outpoint() + " is " + std::to_string(context.height - coin->height) + " blocks old, " +
                        std::to_string(context.maturity) + " needed");
    }
    in += coin->value;
    if (in > chain::kMaxMoney) return reject("bad-txns-inputvalues-outofrange", "inputs of over 21 million bitcoin");
  }
  if (in < *out) {
    return reject("bad-txns-in-belowout",
                  "spends " + std::to_string(*out) + " of " + std::to_string(in) + " satoshi that go in");
  }
  for (const chain::TxIn& input : transaction.inputs)
    changes_[input.previous] = std::nullopt;
  add_outputs(transaction, context.height, false);
  return in - *out;
}

void DevLedgerView::add_coinbase(const chain::Transaction& coinbase, std::uint32_t height) {
  add_outputs(coinbase, height, true);
}

void DevLedgerView::add_outputs(const chain::Transaction& transaction, std::uint32_t height, bool coinbase) {
  const chain::Hash256 txid = transaction.txid();
  for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
    const chain::TxOut& output = transaction.outputs[i];
    if (!output.script_pubkey.empty() && output.script_pubkey.front() == chain::opcode::kReturn) continue;
    changes_[{txid, static_cast<std::uint32_t>(i)}] = DevCoin{output.value, height, coinbase};
  }
}

void DevLedgerView::commit(DevLedger& ledger) && {
  for (auto& [outpoint, coin] : changes_) {
    if (coin) {
      ledger.coins_[outpoint] = *coin;
    } else {
      ledger.coins_.erase(outpoint);
    }
  }
  changes_.clear();
}

}  // namespace lode::node
