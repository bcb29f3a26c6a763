#include "host/device/opencl_gpu.h"

#include <gtest/gtest.h>

#include "tests/device/fake_opencl.h"

namespace lode::device {
namespace {

TEST(OpenClGpus, AreListedWithTheirNumbers) {
  FakeOpenCl driver(
      {{{.name = " A\n", .pci = {0, 0x65, 0, 1}}, {.name = "B", .type = kOpenClCpu}}, {{.name = "C", .pci = {}}}});
  const auto gpus = list_opencl_gpus(driver);
  ASSERT_TRUE(gpus) << gpus.error().message();
  ASSERT_EQ(gpus->size(), 3U);
  EXPECT_EQ(opencl_id(gpus->at(0)), "opencl:0.0");
  EXPECT_EQ(gpus->at(0).name, "A");
  EXPECT_EQ(gpus->at(0).pci_bus_id, "0000:65:00.1");
  EXPECT_EQ(gpus->at(0).compute_units, 2U);
  EXPECT_FALSE(gpus->at(0).is_cpu());
  EXPECT_EQ(opencl_id(gpus->at(1)), "opencl:0.1");
  EXPECT_TRUE(gpus->at(1).is_cpu());
  EXPECT_EQ(gpus->at(1).pci_bus_id, "") << "a CPU is on no bus";
  EXPECT_EQ(opencl_id(gpus->at(2)), "opencl:1.0");
  EXPECT_EQ(gpus->at(2).pci_bus_id, "") << "unknown";
}

TEST(OpenClGpus, ABrokenPlatformDoesNotHideAGoodOne) {
  FakeOpenCl driver({{{.name = "A"}}, {{.name = "B"}}});
  driver.fail("devices", OpenClStatus::kOutOfHostMemory);
  const auto gpus = list_opencl_gpus(driver);
  ASSERT_TRUE(gpus);
  ASSERT_EQ(gpus->size(), 1U);
  EXPECT_EQ(opencl_id(gpus->front()), "opencl:1.0");
}

TEST(OpenClGpus, ADeviceThatDoesNotDescribeItselfIsLeftOut) {
  FakeOpenCl driver({{{.name = "A"}, {.name = "B"}}});
  driver.fail("device_info", OpenClStatus::kOutOfResources, 2);
  const auto gpus = list_opencl_gpus(driver);
  ASSERT_TRUE(gpus);
  ASSERT_EQ(gpus->size(), 1U);
  EXPECT_EQ(opencl_id(gpus->front()), "opencl:0.1");
}

TEST(OpenClGpus, SaysWhatToInstallWhereThereIsNone) {
  FakeOpenCl empty(std::vector<std::vector<FakeOpenClDevice>>{});
  EXPECT_EQ(list_opencl_gpus(empty).error().message(),
            "no platform (the ICD loader is there, but no driver): install your GPU's OpenCL driver");
  FakeOpenCl bare(std::vector<std::vector<FakeOpenClDevice>>(1));
  EXPECT_EQ(list_opencl_gpus(bare).error().message(), "no device (the platforms have none)");
}

}  // namespace
}  // namespace lode::device
