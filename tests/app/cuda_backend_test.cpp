#include "host/app/cuda_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/app/measurement.h"
#include "tests/device/fake_cuda.h"

namespace lode::app {
namespace {

using testing::HasSubstr;

class Thermometer final : public device::TelemetrySource {
 public:
  std::optional<device::Telemetry> read(const std::string&) override {
    return device::Telemetry{.celsius = 41, .watts = {}, .core_mhz = {}, .memory_mhz = {}, .slowed_by = {}};
  }
};

class CudaBackendTest : public ::testing::Test {
 public:
  std::shared_ptr<device::FakeCuda> driver = std::make_shared<device::FakeCuda>();
  CudaMachine machine{.driver = driver,
                      .telemetry = std::make_shared<Thermometer>(),
                      .no_telemetry = {},
                      .kernels = device::FakeCuda::kernels()};
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
