#include "host/chain/consensus.h"

#include <gtest/gtest.h>

#include <vector>

#include "host/chain/target.h"

namespace lode::chain {
namespace {

TEST(BlockSubsidy, HalvesUntilNothingIsLeft) {
  const std::uint32_t interval = halving_interval(Network::kMain);
  EXPECT_EQ(block_subsidy(0, interval), 5'000'000'000U);
  EXPECT_EQ(block_subsidy(209'999, interval), 5'000'000'000U);
  EXPECT_EQ(block_subsidy(210'000, interval), 2'500'000'000U);
  EXPECT_EQ(block_subsidy(840'000, interval), 312'500'000U);
  EXPECT_EQ(block_subsidy(6'929'999, interval), 1U);
  EXPECT_EQ(block_subsidy(6'930'000, interval), 0U);
  EXPECT_EQ(block_subsidy(64 * 210'000, interval), 0U);
  EXPECT_EQ(block_subsidy(0xffffffff, 1), 0U);
  EXPECT_EQ(block_subsidy(1'558, halving_interval(Network::kRegtest)), 4'882'812U);
}

TEST(BlockSubsidy, AddsUpToJustBelow21Million) {
  std::uint64_t sum = 0;
  for (std::uint32_t halving = 0; halving < 64; ++halving)
    sum += 210'000 * block_subsidy(halving * 210'000, 210'000);
  EXPECT_EQ(sum, 2'099'999'997'690'000U);
  EXPECT_LT(sum, kMaxMoney);
}

TEST(MedianTimePast, IsTheMiddleOfTheLastEleven) {
  EXPECT_EQ(median_time_past({}), 0U);
  EXPECT_EQ(median_time_past(std::vector<std::uint32_t>{7}), 7U);
  EXPECT_EQ(median_time_past(std::vector<std::uint32_t>{9, 7}), 9U);
  EXPECT_EQ(median_time_past(std::vector<std::uint32_t>{5, 1, 3}), 3U);
  EXPECT_EQ(median_time_past(std::vector<std::uint32_t>{900, 11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6}), 6U);
}

TEST(HighestBits, AreValidTargets) {
  for (const Network network : kAllNetworks)
    EXPECT_TRUE(Target::from_bits(highest_bits(network)));
  EXPECT_EQ(highest_bits(Network::kRegtest), 0x207fffffU);
  EXPECT_EQ(highest_bits(Network::kSignet), 0x1e0377aeU);
}

}  // namespace
}  // namespace lode::chain
