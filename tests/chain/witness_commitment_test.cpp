#include "host/chain/witness_commitment.h"

#include <gtest/gtest.h>

#include "host/base/hex.h"
#include "host/chain/merkle.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

TEST(WitnessCommitment, OfABlockWithoutTransactionsIsTheWellKnownOne) {
  EXPECT_EQ(to_hex(witness_commitment_script(witness_commitment({}))),
            "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9");
}

TEST(WitnessCommitment, IsFoundInABlock) {
  const Block block = known_block("made-regtest", 200).parsed();
  const auto found = find_witness_commitment(block.transactions[0]);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, witness_commitment(block.wtxids_without_coinbase()));
}

TEST(WitnessCommitment, DependsOnTheReservedValue) {
  Hash256 reserved;
  reserved.bytes[0] = 1;
  EXPECT_NE(witness_commitment({}), witness_commitment({}, reserved));
}

TEST(WitnessRoot, CountsTheCoinbaseAsZeros) {
  const Hash256 a = sha256(Bytes{1});
  const Hash256 b = sha256(Bytes{2});
  EXPECT_EQ(witness_root(std::vector<Hash256>{a, b}), merkle_root(std::vector<Hash256>{Hash256{}, a, b}));
  EXPECT_TRUE(witness_root({}).is_zero());
}

TEST(FindWitnessCommitment, TakesTheLastThatMatches) {
  Transaction coinbase;
  EXPECT_FALSE(find_witness_commitment(coinbase));
  const Hash256 first = sha256(Bytes{1});
  const Hash256 second = sha256(Bytes{2});
  coinbase.outputs.push_back({0, witness_commitment_script(first)});
  EXPECT_EQ(find_witness_commitment(coinbase), first);
  Bytes longer = witness_commitment_script(second);
  longer.push_back(0x51);
  coinbase.outputs.push_back({0, longer});
  coinbase.outputs.push_back({50, hex("76a914000000000000000000000000000000000000000088ac")});
  EXPECT_EQ(find_witness_commitment(coinbase), second);
}

TEST(FindWitnessCommitment, PassesOverWhatOnlyLooksLikeIt) {
  Transaction coinbase;
  Bytes shorter = witness_commitment_script(Hash256{});
  shorter.pop_back();
  coinbase.outputs.push_back({0, shorter});
  for (std::size_t i = 0; i < kWitnessCommitmentPrefix.size(); ++i) {
    Bytes other = witness_commitment_script(Hash256{});
    other[i] ^= 1;
    coinbase.outputs.push_back({0, other});
  }
  EXPECT_FALSE(find_witness_commitment(coinbase));
}

}  // namespace
}  // namespace lode::chain
