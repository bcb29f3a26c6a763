#include "host/chain/merkle.h"

#include <gmock/gmock.h>

#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Hash256 display(std::string_view text) {
  return Hash256::from_display(text).value();
}

Hash256 leaf(std::uint8_t index) {
  return sha256(Bytes{index});
}

std::vector<Hash256> leaves(std::size_t count) {
  std::vector<Hash256> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(leaf(static_cast<std::uint8_t>(i)));
  return all;
}

TEST(MerkleTree, OfBlock100000) {
  const std::vector<Hash256> txids{display("8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87"),
                                   display("fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4"),
                                   display("6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4"),
                                   display("e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d")};
  EXPECT_EQ(merkle_root(txids), display("f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766"));
  EXPECT_FALSE(merkle_tree(txids).mutated);
}

TEST(MerkleTree, OfEveryKnownBlock) {
  for (const KnownBlock& known : known_blocks()) {
    const Block block = known.parsed();
    EXPECT_EQ(merkle_root(block.txids()), block.header.merkle_root) << known.network << " " << known.height;
  }
}

TEST(MerkleTree, OfFewLeaves) {
  EXPECT_TRUE(merkle_root({}).is_zero());
  EXPECT_EQ(merkle_root(leaves(1)), leaf(0));
  EXPECT_EQ(merkle_root(leaves(2)), sha256d(leaf(0), leaf(1)));
  EXPECT_EQ(merkle_root(leaves(3)), sha256d(sha256d(leaf(0), leaf(1)), sha256d(leaf(2), leaf(2))));
  EXPECT_FALSE(merkle_tree(leaves(3)).mutated) << "pairing the last with itself is the rule";
}

TEST(MerkleTree, SeesRepeatedTransactions) {
  const auto three = leaves(3);
  auto four = three;
  four.push_back(three[2]);
  EXPECT_EQ(merkle_root(four), merkle_root(three));
  EXPECT_TRUE(merkle_tree(four).mutated);

  // One level up: 6 leaves, and 8 that repeat the last two.
  const auto six = leaves(6);
  auto eight = six;
  eight.insert(eight.end(), {six[4], six[5]});
  EXPECT_EQ(merkle_root(eight), merkle_root(six));
  EXPECT_FALSE(merkle_tree(six).mutated);
  EXPECT_TRUE(merkle_tree(eight).mutated);
}

TEST(MerkleTree, AllowsEqualLeavesThatAreNoPair) {
  const auto a = leaf(0);
  const auto b = leaf(1);
  EXPECT_FALSE(merkle_tree(std::vector<Hash256>{b, a, a, b}).mutated);
}

TEST(CoinbaseBranch, LeadsToTheRootForEveryCount) {
  for (std::size_t count = 1; count <= 70; ++count) {
    const auto all = leaves(count);
    const auto branch = coinbase_branch(std::span(all).subspan(1));
    EXPECT_EQ(root_from_branch(all[0], branch), merkle_root(all)) << count;
  }
}

TEST(CoinbaseBranch, OfSmallTrees) {
  EXPECT_THAT(coinbase_branch({}), IsEmpty());
  EXPECT_THAT(coinbase_branch(std::vector<Hash256>{leaf(1)}), ElementsAre(leaf(1)));
  EXPECT_THAT(coinbase_branch(std::vector<Hash256>{leaf(1), leaf(2)}), ElementsAre(leaf(1), sha256d(leaf(2), leaf(2))));
  EXPECT_THAT(coinbase_branch(std::vector<Hash256>{leaf(1), leaf(2), leaf(3)}),
              ElementsAre(leaf(1), sha256d(leaf(2), leaf(3))));
}

TEST(CoinbaseBranch, HasOneElementALevel) {
  EXPECT_EQ(coinbase_branch(leaves(200)).size(), 8U);
}

TEST(RootFromBranch, OfAnEmptyBranchIsTheLeaf) {
  EXPECT_EQ(root_from_branch(leaf(9), {}), leaf(9));
}

}  // namespace
}  // namespace lode::chain
