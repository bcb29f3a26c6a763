#include "host/node/dev_mempool.h"

#include <algorithm>
#include <utility>

#include "host/chain/consensus.h"
#include "host/chain/script.h"

namespace lode::node {
namespace {

std::uint64_t sigop_cost(const chain::Transaction& transaction) {
  std::uint64_t sigops = 0;
  for (const chain::TxIn& input : transaction.inputs)
    sigops += chain::count_sigops(input.script_sig);
  for (const chain::TxOut& output : transaction.outputs)
    sigops += chain::count_sigops(output.script_pubkey);
  return sigops * chain::kWitnessScale;
}

constexpr std::size_t kWeightForTransactions = chain::kMaxBlockWeight - DevMempool::kReservedWeight;
constexpr std::uint64_t kSigopCostForTransactions = chain::kMaxSigopCost - DevMempool::kReservedSigopCost;

}  // namespace

Result<void> DevMempool::add(chain::Transaction transaction, const DevLedgerContext& context) {
  if (transaction.is_coinbase()) return fail(Errc::kInvalidBlock, "coinbase: only a block may bring one");
  DevMempoolEntry entry;
  entry.txid = transaction.txid();
  if (txids_.contains(entry.txid)) return fail(Errc::kInvalidBlock, "txn-already-in-mempool: it is waiting already");
  entry.wtxid = transaction.wtxid();
  entry.weight = transaction.weight();
  entry.sigop_cost = sigop_cost(transaction);
  if (entry.weight > kWeightForTransactions) {
    return fail(Errc::kInvalidBlock, "bad-txns-oversize: no block has room for it");
  }
  if (entry.sigop_cost > kSigopCostForTransactions) {
    return fail(Errc::kInvalidBlock, "bad-blk-sigops: more signature operations than a block may have");
  }
  if (entries_.size() >= kMaxTransactions || weight_ + entry.weight > kMaxWeight) {
    return fail(Errc::kTooLarge, "mempool full: try again after the next block");
  }
  const auto fee = view_.spend(transaction, context);
  if (!fee) return fee.error();
  entry.fee = *fee;
  entry.transaction = std::move(transaction);
  txids_.insert(entry.txid);
  weight_ += entry.weight;
  entries_.push_back(std::move(entry));
  return {};
}

std::vector<const DevMempoolEntry*> DevMempool::select() const {
  std::vector<const DevMempoolEntry*> chosen;
  std::set<chain::Hash256> left_out;
  std::size_t weight = 0;
  std::uint64_t sigops = 0;
  for (const DevMempoolEntry& entry : entries_) {
    const auto& inputs = entry.transaction.inputs;
    const bool orphaned = !left_out.empty() && std::any_of(inputs.begin(), inputs.end(), [&](const chain::TxIn& input) {
      return left_out.contains(input.previous.txid);
    });
    if (orphaned || weight + entry.weight > kWeightForTransactions ||
        sigops + entry.sigop_cost > kSigopCostForTransactions) {
      left_out.insert(entry.txid);
      continue;
    }
    weight += entry.weight;
    sigops += entry.sigop_cost;
    chosen.push_back(&entry);
  }
  return chosen;
}

void DevMempool::on_ledger_changed(const DevLedgerContext& context) {
  view_ = DevLedgerView(*ledger_);
  std::vector<DevMempoolEntry> before = std::exchange(entries_, {});
  txids_.clear();
  weight_ = 0;
  for (DevMempoolEntry& entry : before) {
    if (!view_.spend(entry.transaction, context)) continue;
    txids_.insert(entry.txid);
    weight_ += entry.weight;
    entries_.push_back(std::move(entry));
  }
}

}  // namespace lode::node
