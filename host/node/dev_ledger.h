// Who has how much on the embedded chain: unspent outputs and the value rules. SCRIPTS ARE NOT VERIFIED: whoever names
// an unspent output may spend it. Good for trying out mining, worthless as money.
//
// Not thread safe; on the io thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "host/base/result.h"
#include "host/chain/transaction.h"

namespace lode::node {

struct DevCoin {
  std::uint64_t value = 0;  ///< satoshi
  std::uint32_t height = 0;
  bool coinbase = false;
};

/// The rules for where a transaction is to go.
struct DevLedgerContext {
  std::uint32_t height = 0;            ///< of the block it shall be in
  std::uint32_t median_time_past = 0;  ///< of the blocks before: lock times count against it (BIP113)
  std::uint32_t maturity = 100;        ///< blocks before a coinbase may be spent
};

/// Unspent outputs of the best chain.
class DevLedger {
 public:
  [[nodiscard]] const DevCoin* find(const chain::OutPoint& outpoint) const;
  [[nodiscard]] std::size_t size() const noexcept { return coins_.size(); }

 private:
  friend class DevLedgerView;
  std::map<chain::OutPoint, DevCoin> coins_;
};

/// Changes on top of a ledger, which stays as it is until commit(). The ledger must outlive the view, and not change
/// under it.
class DevLedgerView {
 public:
  explicit DevLedgerView(const DevLedger& base) : base_(&base) {}

  /// Checks a transaction that is no coinbase and takes it in; on an error nothing changed. The fee in satoshi.
  /// Errors: kInvalidBlock with Bitcoin's reject string first: bad-txns-vin-empty, bad-txns-vout-empty,
  /// bad-txns-vout-toolarge (negative values too: they read as large ones), bad-txns-txouttotal-toolarge,
  /// bad-txns-inputs-duplicate, bad-txns-prevout-null, bad-txns-nonfinal, bad-txns-inputs-missingorspent,
  /// bad-txns-premature-spend-of-coinbase, bad-txns-inputvalues-outofrange, bad-txns-in-belowout. Relative lock times
  /// (BIP68) are, like scripts, not looked at.
  Result<std::uint64_t> spend(const chain::Transaction& transaction, const DevLedgerContext& context);

  /// Takes in the outputs of a coinbase.
  void add_coinbase(const chain::Transaction& coinbase, std::uint32_t height);

  /// Writes the changes into the ledger, which must be the one this view was made of.
  void commit(DevLedger& ledger) &&;

 private:
  [[nodiscard]] const DevCoin* find(const chain::OutPoint& outpoint) const;
  void add_outputs(const chain::Transaction& transaction, std::uint32_t height, bool coinbase);

  const DevLedger* base_;
  std::map<chain::OutPoint, std::optional<DevCoin>> changes_;  ///< nothing: spent
};

}  // namespace lode::node
