#include "host/app/device_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::app {
namespace {

using testing::HasSubstr;

TEST(DeviceList, Parses) {
  const auto list = parse_device_list("cpu,cuda:1,opencl");
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(*list, (std::vector<DeviceSelector>{{"cpu", std::nullopt}, {"cuda", 1U}, {"opencl", std::nullopt}}));
}

TEST(DeviceList, TakesNumbersInPlatforms) {
  const auto list = parse_device_list("opencl:1.0,opencl:2");
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(*list, (std::vector<DeviceSelector>{{"opencl", std::nullopt, PlatformDevice{1, 0}}, {"opencl", 2U}}));
}

TEST(DeviceList, RefusesWhatIsNoDevice) {
  for (const char* text :
       {"opencl:0.", "opencl:.0", "opencl:0.0.0", "opencl:0.256", "cuda:0.0", "opencl:0.0,opencl:0.0",
        "",          ",",         "cpu,",         ",cpu",         "gpu",      "cpu:0",
        "cuda:",     "cuda:x",    "cuda:-1",      "cuda:256",     "cpu,cpu",  "CPU",
        "all:0",     "cuda:0 "}) {
    EXPECT_FALSE(parse_device_list(text).has_value()) << text;
  }
}

TEST(DeviceList, OpensOneDeviceAThread) {
  for (const char* text : {"cpu", "all"}) {
    const auto devices = open_devices(*parse_device_list(text), {.threads = 3, .kernel = "scalar"});
    ASSERT_TRUE(devices.has_value());
    ASSERT_EQ(devices->size(), 3U);
    EXPECT_EQ(devices->front()->info().kernel, "scalar");
  }
}

TEST(DeviceList, WithoutGpusTheDefaultIsTheCpu) {
  const auto devices = open_devices({}, {.threads = 1, .kernel = {}});
  ASSERT_TRUE(devices.has_value());
  EXPECT_EQ(devices->front()->info().id, "cpu");
}

TEST(DeviceList, SaysWhatIsNotBuilt) {
  const auto devices = open_devices(*parse_device_list("cpu,cuda:0"), {.threads = 1, .kernel = {}});
  ASSERT_FALSE(devices.has_value());
  EXPECT_TRUE(devices.error().is(Errc::kDevice));
  EXPECT_THAT(devices.error().message(), HasSubstr("cuda"));
}

TEST(DeviceList, AnUnknownKernelIsNamedWithTheKnownOnes) {
  const auto devices = open_devices({}, {.threads = 1, .kernel = "abacus"});
  ASSERT_FALSE(devices.has_value());
  EXPECT_TRUE(devices.error().is(Errc::kOutOfRange));
  EXPECT_THAT(devices.error().message(), HasSubstr("'abacus'"));
  EXPECT_THAT(devices.error().message(), HasSubstr("scalar"));
}

}  // namespace
}  // namespace lode::app
