// A whole block.
#pragma once

#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/header.h"
#include "host/chain/transaction.h"

namespace lode::chain {

struct Block {
  Header header;
  std::vector<Transaction> transactions;

  [[nodiscard]] Bytes serialize(WitnessForm form = WitnessForm::kWith) const;
  /// Header, count and transactions.
  [[nodiscard]] std::size_t serialized_size(WitnessForm form = WitnessForm::kWith) const noexcept;
  /// BIP141; the header and the count weigh four a byte.
  [[nodiscard]] std::size_t weight() const noexcept;
  [[nodiscard]] std::vector<Hash256> txids() const;
  /// In the order of the block, the coinbase left out.
  [[nodiscard]] std::vector<Hash256> wtxids_without_coinbase() const;

  /// Exactly one block and nothing behind it. Errors: kTooLarge (over 4000000 bytes), kMalformed.
  static Result<Block> parse(ByteView bytes);

  friend bool operator==(const Block&, const Block&) = default;
};

}  // namespace lode::chain
