// Transactions that wait for a block of the embedded chain.
//
// Not thread safe; on the io thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/chain/transaction.h"
#include "host/node/dev_ledger.h"

namespace lode::node {

struct DevMempoolEntry {
  chain::Transaction transaction;
  chain::Hash256 txid;
  chain::Hash256 wtxid;
  std::uint64_t fee = 0;  ///< satoshi
  std::size_t weight = 0;
  std::uint64_t sigop_cost = 0;
};

class DevMempool {
 public:
  static constexpr std::size_t kMaxTransactions = 20'000;
  static constexpr std::size_t kMaxWeight = 20'000'000;  ///< five blocks
  /// Left for header and coinbase, as nodes do.
  static constexpr std::size_t kReservedWeight = 4'000;
  static constexpr std::uint64_t kReservedSigopCost = 400;

  explicit DevMempool(const DevLedger& ledger) : ledger_(&ledger), view_(ledger) {}

  /// Checks it as if it came next after all that wait, and keeps it.
  /// Errors: as DevLedgerView::spend; kInvalidBlock "coinbase", "txn-already-in-mempool", "bad-txns-oversize",
  /// "bad-blk-sigops" for one that no block has room for; kTooLarge "mempool full".
  Result<void> add(chain::Transaction transaction, const DevLedgerContext& context);

  /// What fits into the next block, in the order of arrival; what spends something that does not fit waits too.
  [[nodiscard]] std::vector<const DevMempoolEntry*> select() const;

  /// The ledger changed: drops what is confirmed and what became impossible.
  void on_ledger_changed(const DevLedgerContext& context);

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  const DevLedger* ledger_;
  DevLedgerView view_;  ///< the ledger after all that wait
  std::vector<DevMempoolEntry> entries_;
  std::set<chain::Hash256> txids_;
  std::size_t weight_ = 0;
};

}  // namespace lode::node
