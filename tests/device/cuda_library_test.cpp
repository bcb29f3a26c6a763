#include "host/device/cuda_library.h"

#include <gtest/gtest.h>

namespace lode::device {
namespace {

TEST(CudaLibrary, SaysThatThereIsNoDriver) {
  const auto driver = open_cuda_driver("libno-such-driver.so.1");
  ASSERT_FALSE(driver);
  EXPECT_TRUE(driver.error().is(Errc::kDevice));
  EXPECT_EQ(driver.error().message(), "no driver (libno-such-driver.so.1 not found)");
}

TEST(CudaLibrary, SaysWhatALibraryLacks) {
  const auto driver = open_cuda_driver("libc.so.6");
  ASSERT_FALSE(driver);
  EXPECT_EQ(driver.error().message(), "the driver is too old: libc.so.6 has no cuInit");
}

}  // namespace
}  // namespace lode::device
