#include "host/device/opencl_status.h"

#include <gtest/gtest.h>

namespace lode::device {
namespace {

TEST(OpenClStatus, SaysWhatHappened) {
  EXPECT_EQ(to_string(OpenClStatus::kOutOfHostMemory), "-6 (not enough memory)");
  EXPECT_EQ(to_string(static_cast<OpenClStatus>(-4711)), "-4711 (an error that this program does not know)");
}

TEST(OpenClStatus, OnlyAWantOfMemoryLeavesAContextSound) {
  EXPECT_EQ(fault_of(OpenClStatus::kMemObjectAllocationFailure), OpenClFault::kTransient);
  EXPECT_EQ(fault_of(OpenClStatus::kOutOfHostMemory), OpenClFault::kTransient);
  EXPECT_EQ(fault_of(OpenClStatus::kOutOfResources), OpenClFault::kFatal);
  EXPECT_EQ(fault_of(OpenClStatus::kInvalidCommandQueue), OpenClFault::kFatal);
  EXPECT_EQ(fault_of(OpenClStatus::kDeviceNotAvailable), OpenClFault::kLost);
  EXPECT_EQ(fault_of(OpenClStatus::kBuildProgramFailure), OpenClFault::kUnusable);
}

TEST(OpenClStatus, OfTheUnknownAMendableFaultIsAssumed) {
  EXPECT_EQ(fault_of(static_cast<OpenClStatus>(-4711)), OpenClFault::kFatal);
}

}  // namespace
}  // namespace lode::device
