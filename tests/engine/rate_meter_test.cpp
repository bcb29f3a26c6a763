#include "host/engine/rate_meter.h"

#include <gtest/gtest.h>

namespace lode::engine {
namespace {

using namespace std::chrono_literals;

TEST(RateMeter, NeedsTwoReadings) {
  RateMeter meter;
  EXPECT_EQ(meter.rate(10s), 0);
  meter.sample(RateMeter::Clock::time_point{}, 5);
  EXPECT_EQ(meter.rate(10s), 0);
  meter.sample(RateMeter::Clock::time_point{}, 9);
  EXPECT_EQ(meter.rate(10s), 0) << "no time between the readings";
}

TEST(RateMeter, LooksBackOverTheSpan) {
  RateMeter meter;
  RateMeter::Clock::time_point now{};
  std::uint64_t count = 0;
  for (int i = 0; i <= 100; ++i)
    meter.sample(now + std::chrono::seconds(i), count += (i <= 90 ? 100 : 1000));
  EXPECT_DOUBLE_EQ(meter.rate(10s), 1000);
  EXPECT_DOUBLE_EQ(meter.rate(100s), (90 * 100 + 10 * 1000) / 100.0);
  EXPECT_DOUBLE_EQ(meter.rate(900s), meter.rate(100s)) << "less history than asked for";
}

TEST(RateMeter, ForgetsWhatIsTooOld) {
  RateMeter meter;
  RateMeter::Clock::time_point now{};
  std::uint64_t count = 0;
  for (int i = 0; i < 5000; ++i)
    meter.sample(now += 1s, count += (i < 4000 ? 0 : 10));
  EXPECT_DOUBLE_EQ(meter.rate(RateMeter::kHistory), 10);
}

}  // namespace
}  // namespace lode::engine
