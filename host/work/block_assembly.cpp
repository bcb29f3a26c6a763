#include "host/work/block_assembly.h"

#include <utility>

#include "host/chain/block.h"
#include "host/chain/check.h"
#include "host/chain/coinbase.h"
#include "host/chain/compact_size.h"
#include "host/chain/merkle.h"
#include "host/work/header_builder.h"

namespace lode::work {
namespace {

constexpr std::size_t kLargestCompactSize = 9;
constexpr std::size_t kCoinbaseWitnessBytes = 36;  // marker, flag, item count, length and the 32 bytes
constexpr std::size_t kSmallestTransaction = 10;

}  // namespace

Result<FoundBlock> assemble_block(const WorkTemplate& work, const Roll& roll) {
  if (!work.body) return fail(Errc::kOutOfRange, "a pool's job has no block that could be put together");
  const BlockBody& body = *work.body;

  const Bytes coinbase = coinbase_without_witness(work, roll.extranonce2);
  if (coinbase.size() < kSmallestTransaction) return fail(Errc::kOutOfRange, "the template has no coinbase");

  chain::Header header;
  header.version = roll.version;
  header.previous_block = work.previous_block;
  header.merkle_root = chain::root_from_branch(chain::sha256d(coinbase), work.merkle_branch);
  header.time = roll.time;
  header.bits = work.bits;
  header.nonce = roll.nonce;

  auto serialized = std::make_shared<Bytes>();
  serialized->reserve(chain::kHeaderSize + kLargestCompactSize + coinbase.size() + kCoinbaseWitnessBytes +
                      body.transactions.size());
  append(*serialized, header.serialize());
  chain::append_compact_size(*serialized, body.transaction_count + 1);
  append(*serialized, body.coinbase_has_witness ? chain::with_witness(coinbase) : coinbase);
  append(*serialized, body.transactions);

  return FoundBlock{.hash = header.hash(),
                    .previous_block = work.previous_block,
                    .height = work.height,
                    .serialized = std::move(serialized)};
}

Result<void> check_found_block(const FoundBlock& block, bool check_work) {
  if (!block.serialized) return fail(Errc::kMalformed, "a found block without bytes");
  const auto parsed = chain::Block::parse(*block.serialized);
  if (!parsed) return parsed.error();
  if (parsed->header.hash() != block.hash) {
    return fail(Errc::kMalformed, "the block's header hashes to " + parsed->header.hash().to_display() + ", not to " +
                                      block.hash.to_display());
  }
  if (parsed->header.previous_block != block.previous_block) {
    return fail(Errc::kMalformed, "the block builds on " + parsed->header.previous_block.to_display() + ", not on " +
                                      block.previous_block.to_display());
  }
  chain::CheckOptions options;
  options.check_work = check_work;
  return chain::check_block(*parsed, options);
}

}  // namespace lode::work
