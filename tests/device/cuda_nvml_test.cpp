#include "host/device/cuda_nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::device {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Nvml, SaysThatThereIsNone) {
  const auto none = open_nvml("libno-such-nvml.so.1");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(), "no libno-such-nvml.so.1");
  const auto other = open_nvml("libc.so.6");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message(), "libc.so.6 lacks a function: the driver is too old");
}

TEST(Nvml, NamesWhatSlowsAGpuDown) {
  EXPECT_THAT(slowdown_reasons(0), IsEmpty());
  EXPECT_THAT(slowdown_reasons(0x1 | 0x2 | 0x100), IsEmpty()) << "idle, clocks that were asked for, display clocks";
  EXPECT_THAT(slowdown_reasons(0x4), ElementsAre("power limit"));
  EXPECT_THAT(slowdown_reasons(0x60), ElementsAre("heat", "heat (hardware)"));
}

}  // namespace
}  // namespace lode::device
