#include "host/engine/pool_blocks.h"

#include <gtest/gtest.h>

namespace lode::engine {
namespace {

chain::Hash256 hash_of(std::uint32_t number) {
  chain::Hash256 hash;
  for (std::size_t i = 0; i < 4; ++i)
    hash.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return hash;
}

PoolBlocks::Block block(std::uint32_t number, std::uint32_t height) {
  return {.hash = hash_of(number), .height = height, .found = {}};
}

TEST(PoolBlocks, WorkOnTopOfABlockTellsThatItIsInTheChain) {
  PoolBlocks blocks;
  blocks.add(block(1, 100));
  blocks.add(block(2, 100));
  const auto fates = blocks.look_at(hash_of(2), 101);
  ASSERT_TRUE(fates.in_chain);
  EXPECT_EQ(fates.in_chain->hash, hash_of(2));
  ASSERT_EQ(fates.passed_over.size(), 1U);
  EXPECT_EQ(fates.passed_over[0].hash, hash_of(1));
  EXPECT_EQ(blocks.open(), 0U);
  EXPECT_FALSE(blocks.look_at(hash_of(2), 101).in_chain) << "it is told once";
}

TEST(PoolBlocks, WorkOnAnotherBlockOfThatHeightTellsThatItIsNot) {
  PoolBlocks blocks;
  blocks.add(block(1, 100));
  const auto fates = blocks.look_at(hash_of(9), 101);
  EXPECT_FALSE(fates.in_chain);
  ASSERT_EQ(fates.passed_over.size(), 1U);
}

TEST(PoolBlocks, WorkOfTheSameHeightTellsNothing) {
  PoolBlocks blocks;
  blocks.add(block(1, 100));
  const auto fates = blocks.look_at(hash_of(9), 100);
  EXPECT_FALSE(fates.in_chain);
  EXPECT_TRUE(fates.passed_over.empty());
  EXPECT_EQ(blocks.open(), 1U);
}

TEST(PoolBlocks, WorkMuchLaterTellsNothingEither) {
  PoolBlocks blocks;
  blocks.add(block(1, 100));
  const auto fates = blocks.look_at(hash_of(9), 102);
  EXPECT_FALSE(fates.in_chain);
  EXPECT_TRUE(fates.passed_over.empty()) << "it may well be below";
  EXPECT_EQ(blocks.open(), 0U);
}

TEST(PoolBlocks, TheOldestOfManyAreForgotten) {
  PoolBlocks blocks;
  for (std::uint32_t i = 0; i < PoolBlocks::kMost + 10; ++i)
    blocks.add(block(i, 100));
  EXPECT_EQ(blocks.open(), PoolBlocks::kMost);
  const auto fates = blocks.look_at(hash_of(9), 101);
  EXPECT_FALSE(fates.in_chain) << "the tenth is forgotten";
  EXPECT_EQ(fates.passed_over.size(), PoolBlocks::kMost);
}

}  // namespace
}  // namespace lode::engine
