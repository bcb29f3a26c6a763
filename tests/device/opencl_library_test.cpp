#include "host/device/opencl_library.h"

#include <gtest/gtest.h>

namespace lode::device {
namespace {

TEST(OpenClLibrary, SaysWhatToInstall) {
  const auto driver = open_opencl_driver("libno-such-loader.so.1");
  ASSERT_FALSE(driver);
  EXPECT_TRUE(driver.error().is(Errc::kDevice));
  EXPECT_EQ(driver.error().message(),
            "no ICD loader (libno-such-loader.so.1 not found): install ocl-icd-libopencl1 and your GPU's driver");
}

TEST(OpenClLibrary, SaysWhatALibraryLacks) {
  const auto driver = open_opencl_driver("libc.so.6");
  ASSERT_FALSE(driver);
  EXPECT_EQ(driver.error().message(), "the ICD loader is older than OpenCL 1.2: libc.so.6 has no clGetPlatformIDs");
}

}  // namespace
}  // namespace lode::device
