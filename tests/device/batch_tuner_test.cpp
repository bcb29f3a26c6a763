#include "host/device/batch_tuner.h"

#include <gtest/gtest.h>

namespace lode::device {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr std::uint32_t kHardLimit = 0;  // one hit in 2^32

TEST(BatchTuner, FollowsTheMeasuredRate) {
  BatchTuner tuner(microseconds(1000), 8);
  for (int i = 0; i < 50; ++i)
    tuner.record(20'000, microseconds(1000));  // 20 MH/s
  const auto batch = tuner.batch(kHardLimit, 1);
  EXPECT_EQ(batch % 8, 0U);
  EXPECT_NEAR(static_cast<double>(batch), 20'000, 16);
  EXPECT_NEAR(static_cast<double>(tuner.batch(kHardLimit, 4)), 5'000, 16) << "midstates multiply the hashes of a nonce";
}

TEST(BatchTuner, RisesAtOnceAndFallsSlowly) {
  BatchTuner tuner(microseconds(1000), 1);
  tuner.record(40'000, microseconds(1000));
  const auto fast = tuner.batch(kHardLimit, 1);
  EXPECT_NEAR(static_cast<double>(fast), 40'000, 2);
  tuner.record(100, microseconds(1000));  // preempted once
  EXPECT_GT(tuner.batch(kHardLimit, 1), fast / 2);
}

TEST(BatchTuner, AnEasyTargetMeansShortBatches) {
  BatchTuner tuner(microseconds(1000), 2);
  for (int i = 0; i < 50; ++i)
    tuner.record(20'000, microseconds(1000));
  EXPECT_EQ(tuner.batch(0x7fffff00, 1), 2U) << "regtest: every second hash is a hit";
  EXPECT_EQ(tuner.batch(0xffffffff, 64), 2U) << "never less than a step";
  EXPECT_NEAR(static_cast<double>(tuner.batch(0x000fffff, 1)), 4096, 2) << "one hit expected";
}

TEST(BatchTuner, DoesNotLearnFromTheShortestBatches) {
  BatchTuner tuner(microseconds(1000), 1);
  tuner.record(1'000'000'000, nanoseconds(1));
  EXPECT_NEAR(static_cast<double>(tuner.batch(kHardLimit, 1)), 1000, 1);
}

TEST(FittingMidstates, AllWhereHitsAreRare) {
  for (const std::uint32_t limit : {0U, 0xffffU, 0xfffffU}) {
    EXPECT_EQ(fitting_midstates(limit, 64), 64U) << limit;
    EXPECT_EQ(fitting_midstates(limit, 1), 1U) << limit;
  }
}

TEST(FittingMidstates, FewerWhereANonceWouldHitMoreThanOnce) {
  EXPECT_EQ(fitting_midstates(0xffffffff, 64), 1U) << "every hash";
  EXPECT_EQ(fitting_midstates(0x7fffff00, 64), 1U) << "regtest, every second hash";
  EXPECT_EQ(fitting_midstates(0x003fffff, 64), 16U) << "one in 1024";
  EXPECT_EQ(fitting_midstates(0x003fffff, 8), 8U);
  EXPECT_EQ(fitting_midstates(0x00400000, 64), 8U) << "a power of two, so that versions divide evenly";
}

TEST(BatchTuner, ABatchOfManyMidstatesIsNoLonger) {
  using namespace std::chrono_literals;
  BatchTuner tuner(150us, 32);
  tuner.record(1'000'000, 50ms);  // 20 hashes a microsecond
  EXPECT_EQ(tuner.batch(0, 1), 2976U) << "150 us are 3000 hashes, whole steps of 32";
  EXPECT_EQ(tuner.batch(0, 16), 160U) << "160 nonces are 2560 hashes";
  EXPECT_EQ(tuner.batch(0, 64), 32U) << "one step of 2048";
  tuner.record(1'000, 50ms);
  EXPECT_EQ(tuner.batch(0, 64), 32U) << "a step is the least, however slow";
}

}  // namespace
}  // namespace lode::device
