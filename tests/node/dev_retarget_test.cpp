#include "host/node/dev_retarget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lode::node {
namespace {

using Seconds = DevRetarget::Seconds;

struct MinedBlock {
  double seconds = 0;   ///< since the one before
  double expected = 0;  ///< hashes that it asked for
};

/// Mines with `rate` hashes a second and half a millisecond of delay: the times are exponential, as real ones are.
/// The difficulty is looked at every quarter of a second, as refreshed templates do.
class Simulation {
 public:
  explicit Simulation(unsigned seed) : random_(seed) {}

  MinedBlock mine(DevRetarget& retarget, double rate) {
    constexpr double kStep = 0.25;
    double left = std::exponential_distribution<double>()(random_);
    MinedBlock block;
    for (;;) {
      const double expected = chain::Target::from_bits(retarget.bits(Seconds(block.seconds))).value().expected_hashes();
      if (left <= rate * kStep / expected) {
        block.seconds += left * expected / rate + 0.0005;
        block.expected = expected;
        retarget.on_block(block.expected, Seconds(block.seconds));
        return block;
      }
      left -= rate * kStep / expected;
      block.seconds += kStep;
    }
  }

 private:
  std::mt19937 random_;
};

TEST(DevRetarget, ReachesOneBlockASecondAtAnyRate) {
  for (const double rate : {1e3, 3e4, 1e6, 3e7, 1e9, 3e10, 1e12}) {
    SCOPED_TRACE(rate);
    double mean = 0;
    constexpr unsigned kRuns = 20;
    constexpr unsigned kBlocks = 200;
    constexpr unsigned kMeasured = kBlocks / 2;
    for (unsigned seed = 1; seed <= kRuns; ++seed) {
      Simulation simulation(seed);
      DevRetarget retarget(Seconds(1), 1024);
      std::vector<MinedBlock> blocks;
      for (unsigned i = 0; i < kBlocks; ++i)
        blocks.push_back(simulation.mine(retarget, rate));
      const auto settled = std::find_if(blocks.begin(), blocks.end(), [rate](const MinedBlock& block) {
        return block.expected > rate / 8 && block.expected < rate * 8;
      });
      EXPECT_LE(settled - blocks.begin(), 12) << seed;
      double first_blocks = 0;
      for (unsigned i = 0; i < 20; ++i)
        first_blocks += blocks[i].seconds;
      EXPECT_LT(first_blocks, 60) << seed;
      for (unsigned i = kBlocks - kMeasured; i < kBlocks; ++i)
        mean += blocks[i].seconds / (kRuns * kMeasured);
    }
    EXPECT_NEAR(mean, 1.0, 0.15);
  }
}

TEST(DevRetarget, FollowsOtherIntervals) {
  for (const double interval : {0.05, 10.0}) {
    Simulation simulation(1);
    DevRetarget retarget(Seconds(interval), 1024);
    double sum = 0;
    constexpr int kBlocks = 2'000;
    for (int i = 0; i < kBlocks; ++i)
      sum += simulation.mine(retarget, 1e6).seconds;
    EXPECT_NEAR(sum / kBlocks / interval, 1.0, 0.15) << interval;
  }
}

TEST(DevRetarget, RecoversFromARateThatFellAMillionTimes) {
  Simulation simulation(1);
  DevRetarget retarget(Seconds(1), 1024);
  for (int i = 0; i < 50; ++i)
    simulation.mine(retarget, 1e12);
  EXPECT_LT(simulation.mine(retarget, 1e6).seconds, 40);
  double sum = 0;
  constexpr int kBlocks = 200;
  for (int i = 0; i < kBlocks; ++i)
    sum += simulation.mine(retarget, 1e6).seconds;
  EXPECT_LT(sum / kBlocks, 1.3);
}

TEST(DevRetarget, WaitsFiveIntervalsBeforeItBecomesEasier) {
  const DevRetarget retarget(Seconds(1), 1'000'000);
  EXPECT_EQ(retarget.hashes(), 1'000'000);
  EXPECT_EQ(retarget.hashes(Seconds(4.9)), 1'000'000);
  EXPECT_EQ(retarget.hashes(Seconds(5.1)), 500'000);
  EXPECT_EQ(retarget.hashes(Seconds(6.1)), 250'000);
  EXPECT_EQ(retarget.hashes(Seconds(1e9)), DevRetarget::kMinHashes);
  EXPECT_EQ(retarget.hashes(Seconds(-5)), 1'000'000);
}

TEST(DevRetarget, StaysWithinItsLimits) {
  DevRetarget retarget(Seconds(1), 0);
  EXPECT_EQ(retarget.hashes(), DevRetarget::kMinHashes);
  EXPECT_EQ(retarget.bits(), 0x207fffffU);
  double expected = 2;
  for (int i = 0; i < 40; ++i) {
    retarget.on_block(expected, Seconds(0));
    EXPECT_LE(retarget.hashes(), expected * 16);
    expected = retarget.hashes();
  }
  EXPECT_EQ(expected, DevRetarget::kMaxHashes);
  for (int i = 0; i < 600; ++i) {
    retarget.on_block(expected, Seconds(1e6));
    EXPECT_GE(retarget.hashes(), expected / 16);
    expected = retarget.hashes();
  }
  EXPECT_EQ(expected, DevRetarget::kMinHashes);
}

TEST(DevRetarget, TargetsTakeAsManyHashesAsAskedFor) {
  for (double hashes = 1; hashes < DevRetarget::kMaxHashes; hashes *= 1.37) {
    EXPECT_NEAR(target_for_hashes(hashes).expected_hashes() / hashes, 1.0, 1e-9) << hashes;
  }
  EXPECT_EQ(target_for_hashes(0), chain::Target::max());
  EXPECT_EQ(target_for_hashes(-1), chain::Target::max());
  EXPECT_EQ(target_for_hashes(std::numeric_limits<double>::quiet_NaN()), chain::Target::max());
  EXPECT_NEAR(target_for_hashes(1e300).expected_hashes() / DevRetarget::kMaxHashes, 1.0, 1e-9);
}

}  // namespace
}  // namespace lode::node
