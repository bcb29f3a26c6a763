#include "host/app/opencl_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "host/app/measurement.h"
#include "host/device/opencl_tuning.h"
#include "kernels/opencl/program.h"
#include "tests/device/fake_opencl.h"
#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

using device::FakeOpenClDevice;
using device::OpenClStatus;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OneGpuThermometer final : public device::TelemetrySource {
 public:
  std::optional<device::Telemetry> read(const std::string& pci_bus_id) override {
    if (pci_bus_id != "0000:01:00.0") return std::nullopt;
    return device::Telemetry{.celsius = 41, .watts = {}, .core_mhz = {}, .memory_mhz = {}, .slowed_by = {}};
  }
};

/// The kernel that is tried first on a device of no known vendor.
std::string first_plain() {
  const auto variants = kernels::opencl::variants();
  const auto found = std::ranges::find(variants, kernels::opencl::Flavour::kPlain, &kernels::opencl::Variant::flavour);
  return "opencl_" + std::string(found->name);
}

class OpenClBackendTest : public ::testing::Test {
 public:
  std::shared_ptr<device::FakeOpenCl> driver =
      std::make_shared<device::FakeOpenCl>(std::vector<std::vector<FakeOpenClDevice>>{
          {{.name = "A", .pci = {0, 1, 0, 0}}, {.name = "B", .pci = {}}}, {{.name = "C", .type = device::kOpenClCpu}}});
  OpenClMachine machine{.driver = driver,
                        .sensors = {.source = std::make_shared<OneGpuThermometer>()},
                        .tuning_budget = std::chrono::milliseconds(100)};
  test::TemporaryFolder folder;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  /// Without a folder nothing is searched for, and nothing remembered.
  DeviceRequest request{.warn = [this](const std::string& text) { warnings.push_back(text); },
                        .note = [this](const std::string& text) { notes.push_back(text); }};

  /// What is opened, by its ids; or the error.
  std::vector<std::string> ids() {
    const auto devices = open_opencl(machine, request);
    if (!devices) return {devices.error().message()};
    std::vector<std::string> all;
    for (const auto& device : *devices)
      all.push_back(device->info().id);
    return all;
  }
};

TEST_F(OpenClBackendTest, DescribesAllDevices) {
  request.taken = {{.id = "cuda:0", .name = "A", .pci_bus_id = "0000:01:00.0"}};
  const auto devices = describe_opencl(machine, request);
  ASSERT_EQ(devices.size(), 3U);
  EXPECT_EQ(devices[0].id, "opencl:0.0");
  EXPECT_EQ(devices[0].name, "A");
  ASSERT_TRUE(devices[0].gpu && devices[0].gpu->opencl);
  EXPECT_EQ(devices[0].gpu->pci_bus_id, "0000:01:00.0");
  EXPECT_EQ(devices[0].gpu->opencl->used_as, "cuda:0");
  EXPECT_EQ(devices[0].gpu->opencl->platform, "Played platform");
  EXPECT_EQ(devices[0].gpu->opencl->compute_units, 2U);
  EXPECT_EQ(devices[0].gpu->telemetry->celsius, 41);
  EXPECT_EQ(devices[1].gpu->opencl->used_as, "");
  EXPECT_EQ(devices[2].gpu->opencl->type, "CPU");
  for (const DeviceDescription& device : devices) {
    int defaults = 0;
    for (const KernelInfo& kernel : device.kernels) {
      EXPECT_EQ(kernel.unusable, "");
      defaults += kernel.is_default ? 1 : 0;
    }
    EXPECT_EQ(defaults, 1) << device.id;
  }
}

TEST_F(OpenClBackendTest, ACpuIsUsedOnlyWhenItIsNamed) {
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0", "opencl:0.1"));
  request.platform_devices = {{1, 0}};
  EXPECT_THAT(ids(), ElementsAre("opencl:1.0"));
}

TEST_F(OpenClBackendTest, NumbersCountGpus) {
  request.indices = {1};
  EXPECT_THAT(ids(), ElementsAre("opencl:0.1"));
  request.platform_devices = {{0, 1}};
  EXPECT_THAT(ids(), ElementsAre("opencl:0.1")) << "it is opened once";
  request.platform_devices = {};
  request.indices = {2};
  EXPECT_THAT(ids(), ElementsAre("opencl:2: there is no such device; this machine's are opencl:0.0, opencl:0.1"));
  request.indices = {};
  request.platform_devices = {{1, 1}};
  EXPECT_THAT(
      ids(), ElementsAre("opencl:1.1: there is no such device; this machine's are opencl:0.0, opencl:0.1, opencl:1.0"));
}

TEST_F(OpenClBackendTest, AGpuIsUsedOnce) {
  request.taken = {{.id = "cuda:0", .name = "A by CUDA", .pci_bus_id = "0000:01:00.0"}};
  EXPECT_THAT(ids(), ElementsAre("opencl:0.1"));
  request.taken.push_back({.id = "cuda:1", .name = "B", .pci_bus_id = "0000:02:00.0"});
  EXPECT_THAT(ids(), ElementsAre()) << "the second one is known by its name only";
  request.indices = {0};
  const auto devices = open_opencl(machine, request);
  ASSERT_FALSE(devices);
  EXPECT_TRUE(devices.error().is(Errc::kOutOfRange));
  EXPECT_EQ(devices.error().message(), "opencl:0.0 is the GPU that is used as cuda:0 already");
}

TEST_F(OpenClBackendTest, KernelsHaveNames) {
  const std::string first = first_plain();
  for (const std::string& name : {std::string(), std::string("opencl"), first}) {
    request.kernel = name;
    request.platform_devices = {{1, 0}};
    EXPECT_THAT(ids(), ElementsAre("opencl:1.0")) << name;
  }
  request.kernel = "scalar";
  const auto devices = open_opencl(machine, request);
  ASSERT_FALSE(devices);
  EXPECT_TRUE(devices.error().is(Errc::kOutOfRange));
  EXPECT_THAT(devices.error().message(), HasSubstr(first));
}

TEST_F(OpenClBackendTest, OneThatDoesNotOpenIsLeftOut) {
  request.kernel = first_plain();
  driver->fail("create_buffer", OpenClStatus::kMemObjectAllocationFailure);
  EXPECT_THAT(ids(), ElementsAre("opencl:0.1"));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings.front(), HasSubstr("opencl:0.0: clCreateBuffer: error -4 (not enough device memory"));
}

TEST_F(OpenClBackendTest, AVariantThatDoesNotCompileIsPassedOver) {
  driver->fail("build", OpenClStatus::kBuildProgramFailure);
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0", "opencl:0.1"));
}

TEST_F(OpenClBackendTest, ABrokenCompilerIsQuoted) {
  driver->break_compiler("<kernel>:7:1: error: the sky is green");
  const auto devices = open_opencl(machine, request);
  ASSERT_FALSE(devices);
  EXPECT_TRUE(devices.error().is(Errc::kDevice));
  EXPECT_THAT(devices.error().message(), HasSubstr("opencl:0.0: clBuildProgram: error -11"));
  EXPECT_THAT(devices.error().message(), HasSubstr("error: the sky is green"));
}

TEST_F(OpenClBackendTest, WrongResultsKeepADeviceOut) {
  driver->corrupt(true);
  const auto devices = open_opencl(machine, request);
  ASSERT_FALSE(devices);
  EXPECT_THAT(devices.error().message(), HasSubstr("failed its self-test"));
}

TEST_F(OpenClBackendTest, ASecondStartDoesNotCompile) {
  request.state = folder.path() / "state";
  request.kernel = first_plain();
  request.platform_devices = {{0, 0}};
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0"));
  const int compiled = driver->compiled();
  EXPECT_GT(compiled, 0);
  notes.clear();
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0"));
  EXPECT_EQ(driver->compiled(), compiled);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("comes from the cache")));
  request.state.reset();
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0"));
  EXPECT_EQ(driver->compiled(), 2 * compiled) << "without a folder nothing is remembered";
}

TEST_F(OpenClBackendTest, SearchesOnceForTheFastestSettings) {
  request.state = folder.path() / "state";
  request.platform_devices = {{0, 0}};
  EXPECT_FALSE(describe_opencl(machine, request).front().calibration) << "a list of devices measures nothing";
  notes.clear();
  const auto first = open_opencl(machine, request);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_THAT(notes, Contains(HasSubstr("looking for the fastest settings")));
  EXPECT_THAT(notes.back(), HasSubstr("comes from the cache")) << "the search compiled it";
  EXPECT_THAT(notes, Not(Contains(HasSubstr("was compiled in")))) << "what is compiled for a search is not told";

  const auto description = describe_opencl(machine, request).front();
  ASSERT_TRUE(description.calibration);
  EXPECT_TRUE(description.calibration->remembered);
  const auto single = device::parse_opencl_setting(description.calibration->single.kernel);
  const auto rolling = device::parse_opencl_setting(description.calibration->rolling.kernel);
  ASSERT_TRUE(single && rolling);
  for (const KernelInfo& kernel : description.kernels) {
    EXPECT_EQ(kernel.is_default, kernel.name == "opencl_" + std::string(rolling->variant.name));
    EXPECT_EQ(kernel.is_single_default, kernel.name == "opencl_" + std::string(single->variant.name));
  }
  EXPECT_EQ(first->front()->info().midstates, description.calibration->rolling.midstates);
  EXPECT_EQ(first->front()->info().kernel, "opencl_" + std::string(rolling->variant.name));

  notes.clear();
  request.midstates = 1;
  const auto second = open_opencl(machine, request);
  ASSERT_TRUE(second);
  EXPECT_THAT(notes, Not(Contains(HasSubstr("looking for")))) << "it is remembered";
  EXPECT_EQ(second->front()->info().kernel, "opencl_" + std::string(single->variant.name));
  const auto right = measure(*open_opencl(machine, request), 1, std::chrono::milliseconds(100));
  ASSERT_TRUE(right) << right.error().message();
  EXPECT_TRUE(right->verified) << right->problem;
  EXPECT_THAT(warnings, ElementsAre());
}

TEST_F(OpenClBackendTest, WhatIsRememberedAndDoesNotRunIsReplaced) {
  request.state = folder.path() / "state";
  request.platform_devices = {{0, 0}};
  ASSERT_TRUE(open_opencl(machine, request));
  driver->fail("create_queue", OpenClStatus::kOutOfHostMemory);
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("other kernels than the fastest are tried")));
}

TEST_F(OpenClBackendTest, AKernelThatIsNamedIsNotSearchedFor) {
  request.state = folder.path() / "state";
  request.kernel = first_plain();
  request.platform_devices = {{0, 0}};
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0"));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("was compiled in")));
}

TEST_F(OpenClBackendTest, TellsAllThatWasTried) {
  request.platform_devices = {{0, 1}};
  const auto tunings = tune_opencl(machine, request);
  ASSERT_TRUE(tunings) << tunings.error().message();
  ASSERT_EQ(tunings->size(), 1U);
  EXPECT_EQ(tunings->front().id, "opencl:0.1");
  EXPECT_EQ(tunings->front().name, "B");
  int chosen = 0;
  for (const TunedSetting& setting : tunings->front().settings) {
    EXPECT_TRUE(device::parse_opencl_setting(setting.kernel)) << setting.kernel;
    EXPECT_FALSE(setting.watts);
    chosen += setting.chosen ? 1 : 0;
  }
  EXPECT_EQ(chosen, 2) << "one for jobs of one version, one for jobs of several";
  request.platform_devices = {{7, 0}};
  EXPECT_TRUE(tune_opencl(machine, request).error().is(Errc::kDevice));
}

TEST_F(OpenClBackendTest, ALimitThatCannotBeWatchedIsRefused) {
  request.max_celsius = 80;
  EXPECT_THAT(ids(), ElementsAre("opencl:0.0"));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.front(), "opencl:0.1: --max-temp cannot be kept, the temperature cannot be read");
}

TEST_F(OpenClBackendTest, AMeasurementVerifiesWhatAGpuFinds) {
  request.platform_devices = {{0, 0}};
  for (const std::uint32_t midstates : {1U, 16U}) {
    const auto right = measure(*open_opencl(machine, request), midstates, std::chrono::milliseconds(300));
    ASSERT_TRUE(right) << right.error().message();
    EXPECT_TRUE(right->verified) << right->problem;
    EXPECT_GT(right->hashes, 0U);
  }
}

TEST_F(OpenClBackendTest, SaysWhyThereIsNoGpu) {
  EXPECT_EQ(why_no_opencl(machine), std::nullopt);
  machine.driver =
      std::make_shared<device::FakeOpenCl>(std::vector<std::vector<FakeOpenClDevice>>{{{.type = device::kOpenClCpu}}});
  EXPECT_EQ(why_no_opencl(machine), "no GPU; a CPU is used only when it is named (opencl:0.0)");
  const auto devices = open_opencl(machine, request);
  ASSERT_FALSE(devices);
  EXPECT_EQ(devices.error().message(), "opencl: no GPU; a CPU is used only when it is named (opencl:0.0)");
  machine.driver = std::make_shared<device::FakeOpenCl>(std::vector<std::vector<FakeOpenClDevice>>{});
  EXPECT_THAT(*why_no_opencl(machine), HasSubstr("install your GPU's OpenCL driver"));
}

}  // namespace
}  // namespace lode::app
