// Transactions with their witnesses (BIP141, BIP144).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/chain/reader.h"

namespace lode::chain {

/// Index of the outpoint that a coinbase spends.
inline constexpr std::uint32_t kNullIndex = 0xffffffff;

struct OutPoint {
  Hash256 txid;
  std::uint32_t index = kNullIndex;

  /// What a coinbase names: no transaction.
  [[nodiscard]] bool is_null() const noexcept { return index == kNullIndex && txid.is_zero(); }

  friend bool operator==(const OutPoint&, const OutPoint&) = default;
  friend auto operator<=>(const OutPoint&, const OutPoint&) = default;
};

struct TxIn {
  OutPoint previous;
  Bytes script_sig;
  std::uint32_t sequence = 0xffffffff;
  std::vector<Bytes> witness;  ///< stack items; empty: no witness

  friend bool operator==(const TxIn&, const TxIn&) = default;
};

struct TxOut {
  std::uint64_t value = 0;  ///< satoshi
  Bytes script_pubkey;

  friend bool operator==(const TxOut&, const TxOut&) = default;
};

enum class WitnessForm { kWithout, kWith };

struct Transaction {
  std::uint32_t version = 2;
  std::vector<TxIn> inputs;
  std::vector<TxOut> outputs;
  std::uint32_t lock_time = 0;

  [[nodiscard]] bool has_witness() const noexcept;
  /// One input, which spends nothing.
  [[nodiscard]] bool is_coinbase() const noexcept;

  /// With kWith the marker, flag and witnesses are written only where there is a witness (BIP144).
  [[nodiscard]] Bytes serialize(WitnessForm form = WitnessForm::kWith) const;
  void serialize_to(Bytes& to, WitnessForm form = WitnessForm::kWith) const;
  [[nodiscard]] std::size_t serialized_size(WitnessForm form = WitnessForm::kWith) const noexcept;

  /// sha256d without witness.
  [[nodiscard]] Hash256 txid() const;
  /// sha256d with witness. (In a block's witness tree the coinbase counts as zeros, see witness_commitment.h.)
  [[nodiscard]] Hash256 wtxid() const;
  /// 3 * size without witness + size with witness (BIP141).
  [[nodiscard]] std::size_t weight() const noexcept;

  /// Reads one and leaves the reader behind it. Counts are held against the bytes that are there before anything is
  /// allocated. Errors: kMalformed.
  static Result<Transaction> parse(Reader& reader);
  /// The same for bytes that hold one transaction and nothing more.
  static Result<Transaction> parse(ByteView bytes);

  friend bool operator==(const Transaction&, const Transaction&) = default;
};

}  // namespace lode::chain
