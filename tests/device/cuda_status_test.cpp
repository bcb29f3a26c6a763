#include "host/device/cuda_status.h"

#include <gtest/gtest.h>

namespace lode::device {
namespace {

TEST(CudaStatus, SaysWhichErrorsEndAContext) {
  using enum CudaStatus;
  for (const CudaStatus status : {kIllegalAddress, kLaunchTimeout, kLaunchFailed, kEccUncorrectable,
                                  kIllegalInstruction, kHardwareStackError, kAssert, kContained, kInvalidContext})
    EXPECT_EQ(fault_of(status), CudaFault::kSticky) << to_string(status);
  for (const CudaStatus status : {kOutOfMemory, kLaunchOutOfResources, kSystemNotReady, kDeviceUnavailable})
    EXPECT_EQ(fault_of(status), CudaFault::kTransient) << to_string(status);
  for (const CudaStatus status : {kUnknown, kNoDevice, kInvalidDevice})
    EXPECT_EQ(fault_of(status), CudaFault::kLost) << to_string(status);
  for (const CudaStatus status : {kNoBinaryForGpu, kInvalidImage, kSystemDriverMismatch, kStubLibrary})
    EXPECT_EQ(fault_of(status), CudaFault::kUnusable) << to_string(status);
}

TEST(CudaStatus, TakesWhatItDoesNotKnowForSticky) {
  EXPECT_EQ(fault_of(static_cast<CudaStatus>(12345)), CudaFault::kSticky);
  EXPECT_EQ(to_string(static_cast<CudaStatus>(12345)), "12345 (an error that this program does not know)");
}

TEST(CudaStatus, ExplainsInASentence) {
  EXPECT_EQ(to_string(CudaStatus::kLaunchFailed), "719 (a kernel failed)");
}

}  // namespace
}  // namespace lode::device
