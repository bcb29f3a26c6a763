// The transaction that pays the miner, cut in two where the extranonce goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/transaction.h"

namespace lode::chain {

inline constexpr std::size_t kMinCoinbaseScript = 2;
inline constexpr std::size_t kMaxCoinbaseScript = 100;
inline constexpr std::size_t kMaxExtranonceSize = 32;

/// What goes in. Its script is height (BIP34), text, extranonce, each as one push so that no byte of theirs counts as a
/// signature operation, then the flags as they are, then OP_0 up to two bytes where it would be shorter.
struct CoinbaseSpec {
  std::uint32_t height = 0;
  std::uint64_t value = 0;          ///< satoshi in all outputs together, as a template's coinbasevalue
  Bytes payout_script;              ///< gets the value less that of extra_outputs
  std::string text;                 ///< any bytes; empty: no push
  Bytes aux_flags;                  ///< script bytes that the node wants in (coinbaseaux)
  std::size_t extranonce_size = 0;  ///< bytes, 0 .. kMaxExtranonceSize
  std::vector<TxOut> extra_outputs;
  std::optional<Bytes> witness_commitment_script;  ///< last output, value 0

  /// BIP54 asks for lock_time height - 1 and a sequence that does not switch it off; harmless before it is active.
  std::uint32_t sequence = 0xfffffffe;
  std::uint32_t version = 2;
};

/// prefix + extranonce + suffix is the transaction without witness, whose sha256d is the txid.
struct CoinbaseParts {
  Bytes prefix;
  Bytes suffix;
};

/// Errors: kOutOfRange: text too long (says how many bytes are allowed), extranonce too long, outputs above the value,
/// value above 21 million bitcoin, no payout script.
Result<CoinbaseParts> build_coinbase(const CoinbaseSpec& spec);

/// Bytes of text that fit beside the other parts of `spec`.
[[nodiscard]] std::size_t max_coinbase_text(const CoinbaseSpec& spec) noexcept;

/// The same coinbase with marker, flag and the witness reserved value of 32 zeros, as a block carries it. The input is
/// a serialisation without witness with one input, such as CoinbaseParts give. Throws std::invalid_argument for fewer
/// than 10 bytes.
Bytes with_witness(ByteView coinbase_without_witness);

/// What BIP54 asks of the coinbase at `height` (1 or more): lock time height - 1, and a sequence that makes it count.
[[nodiscard]] bool is_bip54_coinbase(const Transaction& coinbase, std::uint32_t height) noexcept;

}  // namespace lode::chain
