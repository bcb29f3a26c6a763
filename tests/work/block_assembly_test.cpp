#include "host/work/block_assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/chain/block.h"
#include "host/chain/coinbase.h"
#include "host/chain/merkle.h"
#include "host/chain/witness_commitment.h"
#include "host/work/header_builder.h"
#include "host/work/verifier.h"
#include "tests/support/test_work.h"

namespace lode::work {
namespace {

using testing::StartsWith;

chain::Transaction spend(std::uint8_t seed, bool witness) {
  chain::Transaction transaction;
  chain::TxIn input;
  input.previous.txid.bytes.fill(seed);
  input.previous.index = seed;
  input.script_sig = {0x51};
  if (witness) input.witness = {{seed}, {}};
  transaction.inputs.push_back(input);
  transaction.outputs.push_back({seed, {0x51}});
  return transaction;
}

/// A template with `count` transactions, every other one with a witness, and so with a commitment.
std::shared_ptr<WorkTemplate> full_template(std::size_t count) {
  auto work = test::make_template(3);
  auto body = std::make_shared<BlockBody>();
  std::vector<chain::Hash256> txids;
  std::vector<chain::Hash256> wtxids;
  for (std::size_t i = 0; i < count; ++i) {
    const chain::Transaction transaction = spend(static_cast<std::uint8_t>(i + 1), i % 2 == 0);
    transaction.serialize_to(body->transactions);
    txids.push_back(transaction.txid());
    wtxids.push_back(transaction.wtxid());
  }
  body->transaction_count = count;
  body->coinbase_has_witness = true;
  work->body = std::move(body);
  work->merkle_branch = chain::coinbase_branch(txids);
  chain::CoinbaseSpec spec;
  spec.height = work->height;
  spec.value = 1;
  spec.payout_script = {0x51};
  spec.extranonce_size = work->extranonce1.size() + work->extranonce2_size;
  spec.witness_commitment_script = chain::witness_commitment_script(chain::witness_commitment(wtxids));
  const auto parts = chain::build_coinbase(spec).value();
  work->coinbase_prefix = parts.prefix;
  work->coinbase_suffix = parts.suffix;
  return work;
}

Roll mine(const std::shared_ptr<const WorkTemplate>& work, std::uint64_t extranonce2, bool valid = true) {
  const auto job = test::make_job(1, work);
  Roll roll{.extranonce2 = extranonce2, .version = work->version | 0x2000, .time = work->time + 1, .nonce = 0};
  while ((verify(*job, roll).kind == Verdict::Kind::kBlock) != valid)
    ++roll.nonce;
  return roll;
}

TEST(BlockAssembly, GivesBlocksThatPassEveryRule) {
  for (const std::size_t count : {0U, 1U, 2U, 5U, 252U, 253U, 300U}) {
    SCOPED_TRACE(count);
    const auto work = full_template(count);
    for (const std::uint64_t extranonce2 : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
      const Roll roll = mine(work, extranonce2);
      const FoundBlock found = assemble_block(*work, roll).value();
      const auto checked = check_found_block(found);
      ASSERT_TRUE(checked) << checked.error().message();
      EXPECT_EQ(found.height, work->height);
      EXPECT_EQ(found.previous_block, work->previous_block);
      const auto block = chain::Block::parse(*found.serialized).value();
      EXPECT_EQ(block.header, build_header(*work, roll));
      EXPECT_EQ(block.header.hash(), found.hash);
      ASSERT_EQ(block.transactions.size(), count + 1);
      EXPECT_TRUE(block.transactions[0].has_witness());
      EXPECT_EQ(block.transactions[0].serialize(chain::WitnessForm::kWithout),
                coinbase_without_witness(*work, extranonce2));
    }
  }
}

TEST(BlockAssembly, WithoutCommitmentThereIsNoWitness) {
  const auto work = test::make_template(3);
  const FoundBlock found = assemble_block(*work, mine(work, 9)).value();
  EXPECT_TRUE(check_found_block(found));
  EXPECT_FALSE(chain::Block::parse(*found.serialized).value().transactions[0].has_witness());
}

TEST(BlockAssembly, RefusesAPoolsJob) {
  auto work = test::make_template(3);
  work->body = nullptr;
  EXPECT_TRUE(assemble_block(*work, {}).error().is(Errc::kOutOfRange));
}

TEST(BlockAssembly, RefusesATemplateWithoutCoinbase) {
  WorkTemplate work;
  auto body = std::make_shared<BlockBody>();
  body->coinbase_has_witness = true;
  work.body = std::move(body);
  EXPECT_TRUE(assemble_block(work, {}).error().is(Errc::kOutOfRange));
}

TEST(BlockCheck, MayLeaveOutTheProofOfWork) {
  const auto work = full_template(2);
  const FoundBlock found = assemble_block(*work, mine(work, 0, false)).value();
  EXPECT_TRUE(check_found_block(found, false));
  const auto checked = check_found_block(found);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().is(Errc::kInvalidBlock));
  EXPECT_THAT(checked.error().message(), StartsWith("high-hash"));
}

TEST(BlockCheck, HoldsTheBlockAgainstWhatItIsCalled) {
  const auto work = full_template(2);
  const FoundBlock found = assemble_block(*work, mine(work, 0)).value();
  FoundBlock other = found;
  other.hash.bytes[3] ^= 1;
  EXPECT_TRUE(check_found_block(other).error().is(Errc::kMalformed));
  other = found;
  other.previous_block.bytes[3] ^= 1;
  EXPECT_TRUE(check_found_block(other).error().is(Errc::kMalformed));
  other = found;
  other.serialized = nullptr;
  EXPECT_TRUE(check_found_block(other).error().is(Errc::kMalformed));
  other = found;
  for (const std::size_t length : {std::size_t{0}, std::size_t{79}, std::size_t{80}, found.serialized->size() - 1}) {
    other.serialized = std::make_shared<const Bytes>(found.serialized->begin(),
                                                     found.serialized->begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(check_found_block(other)) << length;
  }
}

TEST(BlockCheck, FindsABodyThatDoesNotFitItsHeader) {
  auto work = full_template(3);
  work->merkle_branch.back().bytes[0] ^= 1;
  EXPECT_THAT(check_found_block(assemble_block(*work, mine(work, 0)).value()).error().message(),
              StartsWith("bad-txnmrklroot"));

  work = full_template(3);
  auto body = std::make_shared<BlockBody>(*work->body);
  body->coinbase_has_witness = false;
  work->body = body;
  EXPECT_THAT(check_found_block(assemble_block(*work, mine(work, 0)).value()).error().message(),
              StartsWith("bad-witness-nonce-size"));
}

}  // namespace
}  // namespace lode::work
