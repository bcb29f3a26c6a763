#include "host/app/cuda_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/app/measurement.h"
#include "host/device/cuda_tuning.h"
#include "tests/device/fake_cuda.h"
#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

using testing::HasSubstr;

class Thermometer final : public device::TelemetrySource {
 public:
  std::optional<device::Telemetry> read(const std::string&) override {
    return device::Telemetry{.celsius = 41, .watts = 70, .core_mhz = {}, .memory_mhz = {}, .slowed_by = {}};
  }
};

class NewerDriver final : public device::TelemetrySource {
 public:
  std::optional<device::Telemetry> read(const std::string&) override { return std::nullopt; }
  std::string driver_version() override { return "999.1"; }
};

class CudaBackendTest : public ::testing::Test {
 public:
  std::shared_ptr<device::FakeCuda> driver = std::make_shared<device::FakeCuda>();
  CudaMachine machine{.driver = driver,
                      .telemetry = std::make_shared<Thermometer>(),
                      .no_telemetry = {},
                      .kernels = {device::FakeCuda::kernels()},
                      .tuning_budget = std::chrono::milliseconds(300)};
  test::TemporaryFolder folder;
};

TEST_F(CudaBackendTest, DescribesGpus) {
  const auto devices = describe_cuda(machine, {});
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].id, "cuda:0");
  EXPECT_EQ(devices[0].name, "Played GPU");
  ASSERT_TRUE(devices[0].gpu);
  EXPECT_EQ(devices[0].gpu->pci_bus_id, "0000:01:00.0");
  EXPECT_EQ(devices[0].gpu->capability, "9.0");
  EXPECT_EQ(devices[0].gpu->driver, "13.0");
  EXPECT_EQ(devices[0].gpu->telemetry->celsius, 41);
  ASSERT_EQ(devices[0].kernels.size(), 1U);
  EXPECT_EQ(devices[0].kernels[0].unusable, "");
}

TEST_F(CudaBackendTest, SaysWhyAGpuCannotBeUsed) {
  driver->fail("load_module", device::CudaStatus::kNoBinaryForGpu);
  const auto devices = describe_cuda(machine, {});
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_THAT(devices[0].kernels[0].unusable, HasSubstr("no kernel for the GPU"));
}

TEST_F(CudaBackendTest, OpensWhatIsAskedFor) {
  const auto devices = open_cuda(machine, {.midstates = 4U, .indices = {0}});
  ASSERT_TRUE(devices) << devices.error().message();
  ASSERT_EQ(devices->size(), 1U);
  EXPECT_EQ(devices->front()->info().id, "cuda:0");
  EXPECT_EQ(devices->front()->info().midstates, 4U);
  EXPECT_GT(open_cuda(machine, {})->front()->info().midstates, 1U);
}

TEST_F(CudaBackendTest, SearchesOnceForTheFastestSettings) {
  std::vector<std::string> notes;
  DeviceRequest request{.state = folder.path(), .note = [&](const std::string& text) { notes.push_back(text); }};
  EXPECT_FALSE(describe_cuda(machine, request).front().calibration) << "a list of devices measures nothing";
  const auto first = open_cuda(machine, request);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(notes.size(), 2U);
  const auto description = describe_cuda(machine, request).front();
  ASSERT_TRUE(description.calibration);
  EXPECT_TRUE(description.calibration->remembered);
  EXPECT_TRUE(device::parse_cuda_setting(description.calibration->single.kernel));
  EXPECT_EQ(description.calibration->rolling.midstates, first->front()->info().midstates);
  const auto second = open_cuda(machine, request);
  ASSERT_TRUE(second);
  EXPECT_EQ(notes.size(), 2U) << "it is remembered";
  EXPECT_EQ(second->front()->info().midstates, first->front()->info().midstates);
  const auto right = measure(*open_cuda(machine, request), 1, std::chrono::milliseconds(100));
  ASSERT_TRUE(right) << right.error().message();
  EXPECT_TRUE(right->verified) << right->problem;
}

TEST_F(CudaBackendTest, ANewDriverIsMeasuredAnew) {
  DeviceRequest request{.state = folder.path()};
  ASSERT_TRUE(open_cuda(machine, request));
  EXPECT_TRUE(describe_cuda(machine, request).front().calibration);
  machine.telemetry = std::make_shared<NewerDriver>();
  EXPECT_FALSE(describe_cuda(machine, request).front().calibration);
}

TEST_F(CudaBackendTest, TellsAllThatWasTried) {
  machine.telemetry = nullptr;
  const auto tunings = tune_cuda(machine, {});
  ASSERT_TRUE(tunings) << tunings.error().message();
  ASSERT_EQ(tunings->size(), 1U);
  EXPECT_EQ(tunings->front().id, "cuda:0");
  EXPECT_EQ(tunings->front().pci_bus_id, "0000:01:00.0");
  int chosen = 0;
  for (const TunedSetting& setting : tunings->front().settings) {
    EXPECT_TRUE(device::parse_cuda_setting(setting.kernel)) << setting.kernel;
    EXPECT_FALSE(setting.watts);
    chosen += setting.chosen ? 1 : 0;
  }
  EXPECT_EQ(chosen, 2) << "one for jobs of one version, one for jobs of several";
  EXPECT_TRUE(tune_cuda(machine, {.indices = {1}}).error().is(Errc::kDevice));
}

TEST_F(CudaBackendTest, RefusesWhatIsNotThere) {
  const auto number = open_cuda(machine, {.indices = {1}});
  ASSERT_FALSE(number);
  EXPECT_TRUE(number.error().is(Errc::kDevice));
  EXPECT_THAT(number.error().message(), HasSubstr("cuda:1: there is no such GPU"));
  const auto kernel = open_cuda(machine, {.kernel = "scalar"});
  ASSERT_FALSE(kernel);
  EXPECT_TRUE(kernel.error().is(Errc::kOutOfRange));
}

TEST_F(CudaBackendTest, ALimitThatCannotBeWatchedIsRefused) {
  EXPECT_TRUE(open_cuda(machine, {.max_celsius = 80}));
  machine.telemetry = nullptr;
  machine.no_telemetry = "no libnvidia-ml.so.1";
  EXPECT_TRUE(open_cuda(machine, {}));
  const auto devices = open_cuda(machine, {.max_celsius = 80});
  ASSERT_FALSE(devices);
  EXPECT_EQ(devices.error().message(),
            "cuda:0: --max-temp cannot be kept, the temperature cannot be read (no libnvidia-ml.so.1)");
}

TEST_F(CudaBackendTest, AMeasurementVerifiesWhatAGpuFinds) {
  for (const std::uint32_t midstates : {1U, 16U}) {
    const auto right = measure(*open_cuda(machine, {}), midstates, std::chrono::milliseconds(300));
    ASSERT_TRUE(right) << right.error().message();
    EXPECT_TRUE(right->verified) << right->problem;
    EXPECT_GT(right->hashes, 0U);
  }
}

TEST_F(CudaBackendTest, AMeasurementTellsWhatATerahashCosts) {
  const auto with = measure(*open_cuda(machine, {}), 1, std::chrono::milliseconds(100));
  ASSERT_TRUE(with) << with.error().message();
  ASSERT_TRUE(with->watts);
  EXPECT_EQ(*with->watts, 70);
  EXPECT_NEAR(*with->joules_per_terahash() * with->hashes_per_second(), 70e12, 70e12 * 1e-9);
  machine.telemetry = nullptr;
  const auto without = measure(*open_cuda(machine, {}), 1, std::chrono::milliseconds(100));
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->watts);
  EXPECT_FALSE(without->joules_per_terahash());
}

TEST_F(CudaBackendTest, AMeasurementFindsAGpuThatLies) {
  auto devices = open_cuda(machine, {});
  ASSERT_TRUE(devices);
  driver->corrupt(true);
  const auto wrong = measure(*std::move(devices), 1, std::chrono::milliseconds(300));
  ASSERT_TRUE(wrong);
  EXPECT_FALSE(wrong->verified);
}

TEST(CudaBackend, SaysWhyThereIsNone) {
  if (this_cuda_machine()) GTEST_SKIP() << "this machine has a driver";
  const auto devices = open_cuda(DeviceRequest{});
  ASSERT_FALSE(devices);
  EXPECT_TRUE(devices.error().is(Errc::kDevice));
  EXPECT_EQ(devices.error().message(), "cuda: " + *why_no_cuda());
}

}  // namespace
}  // namespace lode::app
