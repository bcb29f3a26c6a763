#include "host/chain/block.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/chain/compact_size.h"
#include "host/chain/consensus.h"

namespace lode::chain {
namespace {

constexpr std::size_t kMinTransactionBytes = 10;  // version, no inputs, no outputs, lock time

}  // namespace

Bytes Block::serialize(WitnessForm form) const {
  Bytes bytes;
  bytes.reserve(serialized_size(form));
  append(bytes, header.serialize());
  append_compact_size(bytes, transactions.size());
  for (const Transaction& transaction : transactions)
    transaction.serialize_to(bytes, form);
  return bytes;
}

std::size_t Block::serialized_size(WitnessForm form) const noexcept {
  std::size_t size = kHeaderSize + compact_size_length(transactions.size());
  for (const Transaction& transaction : transactions)
    size += transaction.serialized_size(form);
  return size;
}

std::size_t Block::weight() const noexcept {
  return (kWitnessScale - 1) * serialized_size(WitnessForm::kWithout) + serialized_size(WitnessForm::kWith);
}

std::vector<Hash256> Block::txids() const {
  std::vector<Hash256> ids;
  ids.reserve(transactions.size());
  for (const Transaction& transaction : transactions)
    ids.push_back(transaction.txid());
  return ids;
}

std::vector<Hash256> Block::wtxids_without_coinbase() const {
  std::vector<Hash256> ids;
  ids.reserve(transactions.size());
  for (std::size_t i = 1; i < transactions.size(); ++i)
    ids.push_back(transactions[i].wtxid());
  return ids;
}

Result<Block> Block::parse(ByteView bytes) {
  if (bytes.size() > kMaxBlockBytes) {
    return fail(Errc::kTooLarge, fmt::format("block of {} bytes, at most {} allowed", bytes.size(), kMaxBlockBytes));
  }
  if (bytes.size() < kHeaderSize) {
    return fail(Errc::kMalformed, fmt::format("block of {} bytes, its header alone has {}", bytes.size(), kHeaderSize));
  }
  Block block;
  block.header = Header::parse(bytes.first<kHeaderSize>());
  Reader reader(bytes.subspan(kHeaderSize));
  const std::size_t count = read_count(reader, kMinTransactionBytes);
  if (!reader.ok()) return reader.error();
  block.transactions.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto transaction = Transaction::parse(reader);
    if (!transaction) {
      return fail(Errc::kMalformed, fmt::format("transaction {} of the block, {}", i, transaction.error().detail));
    }
    block.transactions.push_back(std::move(*transaction));
  }
  if (reader.remaining() != 0) {
    return fail(Errc::kMalformed, fmt::format("{} bytes after the end of the block", reader.remaining()));
  }
  return block;
}

}  // namespace lode::chain
