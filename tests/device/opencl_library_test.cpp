#include "host/device/opencl_library.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/device/opencl_gpu.h"
#include "host/device/shared_library.h"

namespace lode::device {
namespace {

TEST(OpenClLibrary, SaysWhatToInstall) {
  const auto driver = open_opencl_driver("libno-such-loader.so.1", {});
  ASSERT_FALSE(driver);
  EXPECT_TRUE(driver.error().is(Errc::kDevice));
  EXPECT_EQ(driver.error().message(),
            "no ICD loader (libno-such-loader.so.1 not found): install ocl-icd-libopencl1 and your GPU's driver");
}

TEST(OpenClLibrary, SaysWhatALibraryLacks) {
  const auto driver = open_opencl_driver("libc.so.6", {});
  ASSERT_FALSE(driver);
  EXPECT_EQ(driver.error().message(), "the ICD loader is older than OpenCL 1.2: libc.so.6 has no clGetPlatformIDs");
}

class OpenClDriverAlone : public ::testing::Test {
 public:
  /// As Debian and Fedora, and others, call it.
  static constexpr const char* kPocl[] = {"libpocl.so.2"};

  void SetUp() override {
    if (std::getenv("OCL_ICD_VENDORS") != nullptr) GTEST_SKIP() << "OCL_ICD_VENDORS says which drivers are to be used";
    if (!SharedLibrary(kPocl[0], SharedLibrary::Unload::kNever).is_open())
      GTEST_SKIP() << "no driver to try it with: " << kPocl[0] << " is not there (package libpocl2)";
  }
};

TEST_F(OpenClDriverAlone, IsUsedWhereThereIsNoLoader) {
  const auto driver = open_opencl_driver("libno-such-loader.so.1", kPocl);
  ASSERT_TRUE(driver) << driver.error().message();
  const auto gpus = list_opencl_gpus(**driver);
  ASSERT_TRUE(gpus) << gpus.error().message();
  ASSERT_FALSE(gpus->empty());
  EXPECT_NE(gpus->front().version, "");

  // The table's other half: a context, a queue, a buffer, and what was written comes back.
  const OpenClGpu& gpu = gpus->front();
  OpenClContext context = nullptr;
  OpenClQueue queue = nullptr;
  OpenClBuffer buffer = nullptr;
  ASSERT_EQ((*driver)->create_context(context, gpu.platform_id, gpu.device_id), OpenClStatus::kSuccess);
  ASSERT_EQ((*driver)->create_queue(queue, context, gpu.device_id), OpenClStatus::kSuccess);
  ASSERT_EQ((*driver)->create_buffer(buffer, context, OpenClMemory::kReadWrite, 4, nullptr), OpenClStatus::kSuccess);
  const std::uint32_t written = 0x12345678;
  std::uint32_t read = 0;
  EXPECT_EQ((*driver)->write(queue, buffer, &written, sizeof(written)), OpenClStatus::kSuccess);
  EXPECT_EQ((*driver)->read(queue, buffer, &read, sizeof(read)), OpenClStatus::kSuccess);
  EXPECT_EQ((*driver)->finish(queue), OpenClStatus::kSuccess);
  EXPECT_EQ(read, written);
  EXPECT_EQ((*driver)->release(buffer), OpenClStatus::kSuccess);
  EXPECT_EQ((*driver)->release(queue), OpenClStatus::kSuccess);
  EXPECT_EQ((*driver)->release(context), OpenClStatus::kSuccess);
}

TEST_F(OpenClDriverAlone, IsALibraryLikeALoader) {
  const auto driver = open_opencl_driver(kPocl[0], {});
  ASSERT_TRUE(driver) << driver.error().message();
}

TEST(OpenClLibrary, SaysWhatIsWrongWithTheLoaderWhereNoDriverIsThere) {
  const char* const drivers[] = {"libno-such-driver.so.1", "libc.so.6"};
  const auto driver = open_opencl_driver("libno-such-loader.so.1", drivers);
  ASSERT_FALSE(driver);
  EXPECT_NE(driver.error().message().find("libno-such-loader.so.1 not found"), std::string::npos);
}

}  // namespace
}  // namespace lode::device
