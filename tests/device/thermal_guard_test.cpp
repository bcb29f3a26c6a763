#include "host/device/thermal_guard.h"

#include <gtest/gtest.h>

namespace lode::device {
namespace {

using namespace std::chrono_literals;
constexpr ThermalGuard::Clock::time_point kStart{};

TEST(ThermalGuard, RestsAboveTheLimitUntilFiveDegreesBelow) {
  ThermalGuard guard(80, kStart);
  const auto rests_at = [&](int celsius) {
    guard.update(celsius, kStart);
    return guard.resting();
  };
  EXPECT_FALSE(rests_at(80));
  EXPECT_TRUE(rests_at(81));
  EXPECT_TRUE(rests_at(80));
  EXPECT_TRUE(rests_at(76));
  EXPECT_FALSE(rests_at(75));
  EXPECT_FALSE(rests_at(80));
}

TEST(ThermalGuard, NeverRestsWithoutALimit) {
  ThermalGuard guard({}, kStart);
  guard.update(120, kStart);
  EXPECT_FALSE(guard.resting());
  guard.update({}, kStart + 1h);
  EXPECT_FALSE(guard.resting());
}

TEST(ThermalGuard, RestsWhenItHasBeenBlindForLong) {
  ThermalGuard guard(80, kStart);
  guard.update({}, kStart + 29s);
  EXPECT_FALSE(guard.resting());
  guard.update({}, kStart + 30s);
  EXPECT_TRUE(guard.resting());
  guard.update(60, kStart + 31s);
  EXPECT_FALSE(guard.resting());
}

TEST(ThermalGuard, LooksOnceASecond) {
  ThermalGuard guard(80, kStart);
  EXPECT_TRUE(guard.due(kStart));
  guard.update(60, kStart);
  EXPECT_FALSE(guard.due(kStart + 999ms));
  EXPECT_TRUE(guard.due(kStart + 1s));
}

}  // namespace
}  // namespace lode::device
