// Kernels and measurements are made up; what is chosen, remembered, tested and run does not depend on the machine.
#include "host/app/cpu_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <map>

#include "host/app/cpu_backend.h"
#include "host/device/cpu_list.h"
#include "kernels/cpu/registry.h"
#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

using device::KernelRate;
using device::KernelUse;
using kernels::Kernel;
using testing::ElementsAre;
using testing::HasSubstr;

/// Calls of each made-up kernel's scan; a kernel is a plain function, so its counter has no other place.
std::array<std::atomic<int>, 4> calls;

template <int kIndex>
kernels::ScanResult counted_scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                 std::span<kernels::Hit> hits) noexcept {
  ++calls[kIndex];
  return kernels::kernels().back().scan(job, range, hits);
}

kernels::ScanResult blind_scan(const kernels::ScanJob& /*job*/, kernels::NonceRange range,
                               std::span<kernels::Hit> /*hits*/) noexcept {
  ++calls[2];
  return {.nonces = range.count, .hits = 0};
}

constexpr Kernel kKernels[] = {
    {.name = "alpha", .description = "", .streams = 4, .max_midstates = 16, .required = {}, .scan = counted_scan<0>},
    {.name = "beta", .description = "", .streams = 2, .max_midstates = 1, .required = {}, .scan = counted_scan<1>},
    {.name = "blind", .description = "", .streams = 1, .max_midstates = 1, .required = {}, .scan = blind_scan},
    {.name = "alien",
     .description = "",
     .streams = 1,
     .max_midstates = 1,
     .required = kernels::CpuFeatures(kernels::CpuFeature::kSha),
     .scan = counted_scan<3>},
};

class CpuKernelsTest : public testing::Test {
 public:
  CpuKernelsTest() {
    request.state = folder.path() / "lode";
    request.warn = [this](const std::string& text) { warnings.push_back(text); };
  }

  CpuMachine machine() {
    return {.name = "Test CPU",
            .features = {},
            .kernels = kKernels,
            .measure = [this](std::span<const KernelUse> uses, auto) {
              ++measurements;
              std::vector<KernelRate> rates;
              for (const KernelUse& use : uses)
                rates.push_back({use, speeds.at({std::string(use.kernel->name), use.midstates})});
              return rates;
            }};
  }
  CpuKernels found() { return find_cpu_kernels(machine(), request).value(); }

  const test::TemporaryFolder folder;
  DeviceRequest request;
  std::map<std::pair<std::string, std::uint32_t>, double> speeds{
      {{"alpha", 16}, 9e7}, {{"alpha", 4}, 8e7}, {{"alpha", 1}, 4e7}, {{"beta", 1}, 6e7}, {{"blind", 1}, 1e12}};
  int measurements = 0;
  std::vector<std::string> warnings;
};

constexpr const Kernel* kAlpha = &kKernels[0];
constexpr const Kernel* kBeta = &kKernels[1];

TEST_F(CpuKernelsTest, ChoosesByMeasuringAndLeavesOutWhatIsWrong) {
  const CpuKernels kernels = found();
  EXPECT_EQ(kernels.choice.single.use, (KernelUse{kBeta, 1}));
  EXPECT_EQ(kernels.choice.rolling.use, (KernelUse{kAlpha, 16}));
  EXPECT_FALSE(kernels.remembered);
  ASSERT_EQ(kernels.failed.size(), 1U);
  EXPECT_EQ(kernels.failed.front().name, "blind");
  EXPECT_THAT(kernels.failed.front().reason, HasSubstr("self-test"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("kernel blind failed its self-test and is left out")));
}

TEST_F(CpuKernelsTest, RemembersWhatItMeasured) {
  const CpuKernels first = found();
  warnings.clear();
  speeds.clear();
  const CpuKernels second = found();
  EXPECT_TRUE(second.remembered);
  EXPECT_EQ(second.choice, first.choice);
  EXPECT_EQ(second.time, first.time);
  EXPECT_EQ(measurements, 1);
  EXPECT_THAT(warnings, ElementsAre());
}

TEST_F(CpuKernelsTest, MeasuresAnewWhenAskedTo) {
  found();
  speeds[{"alpha", 1}] = 8e7;
  request.recalibrate = true;
  EXPECT_EQ(found().choice.single.use.kernel, kAlpha);
  request.recalibrate = false;
  EXPECT_TRUE(found().remembered);
  EXPECT_EQ(found().choice.single.use.kernel, kAlpha) << "and remembers that";
  EXPECT_EQ(measurements, 2);
}

TEST_F(CpuKernelsTest, WhatWasMeasuredElsewhereSaysNothing) {
  found();
  CpuMachine other = machine();
  other.name = "Other CPU";
  EXPECT_FALSE(find_cpu_kernels(other, request)->remembered);
  other = machine();
  other.kernels = std::span(kKernels).first(1);
  EXPECT_FALSE(find_cpu_kernels(other, request)->remembered) << "another set of kernels";
  other = machine();
  other.features = kernels::CpuFeatures(kernels::CpuFeature::kAvx2);
  EXPECT_FALSE(find_cpu_kernels(other, request)->remembered) << "other instruction sets";
  EXPECT_EQ(measurements, 4);
}

TEST_F(CpuKernelsTest, ADamagedFileIsMeasuredAnewAndRewritten) {
  std::filesystem::create_directories(*request.state);
  std::ofstream(*request.state / "calibration.json") << R"({"calibrations":[)";
  EXPECT_FALSE(found().remembered);
  EXPECT_THAT(warnings.front(), HasSubstr("calibration.json: it is damaged; the kernels are measured anew"));
  EXPECT_TRUE(found().remembered);
}

TEST_F(CpuKernelsTest, AFolderThatCannotBeWrittenIsAWarning) {
  request.state = "/dev/null/lode";
  EXPECT_EQ(found().choice.single.use.kernel, kBeta);
  EXPECT_THAT(warnings, testing::Contains(HasSubstr("are not remembered: ")));
  request.state.reset();
  warnings.clear();
  EXPECT_EQ(found().choice.single.use.kernel, kBeta);
  EXPECT_EQ(warnings.size(), 1U) << "without a folder nothing is missing but the blind kernel";
}

TEST_F(CpuKernelsTest, ANamedKernelIsTakenHoweverSlow) {
  request.kernel = "alpha";
  CpuKernels kernels = found();
  EXPECT_EQ(kernels.choice.single.use, (KernelUse{kAlpha, 1}));
  EXPECT_EQ(kernels.choice.rolling.use, (KernelUse{kAlpha, 16}));
  EXPECT_FALSE(std::filesystem::exists(*request.state)) << "one kernel's rates are not remembered for all";
  request.kernel = "beta";
  kernels = found();
  EXPECT_EQ(kernels.choice.single.use, (KernelUse{kBeta, 1}));
  EXPECT_EQ(kernels.choice.rolling.use, (KernelUse{kBeta, 1}));
  EXPECT_EQ(measurements, 1) << "beta leaves nothing to measure";
  request.kernel.clear();
  found();
  request.kernel = "alpha";
  EXPECT_TRUE(found().remembered) << "all kernels' rates serve for one";
}

TEST_F(CpuKernelsTest, ANamedKernelMustBeThereUsableAndRight) {
  request.kernel = "abacus";
  const auto unknown = find_cpu_kernels(machine(), request);
  EXPECT_TRUE(unknown.error().is(Errc::kOutOfRange));
  EXPECT_THAT(unknown.error().message(), HasSubstr("'abacus'; known are alpha, beta, blind, alien"));
  request.kernel = "alien";
  const auto unusable = find_cpu_kernels(machine(), request);
  EXPECT_TRUE(unusable.error().is(Errc::kDevice));
  EXPECT_THAT(unusable.error().message(), HasSubstr("SHA"));
  request.kernel = "blind";
  const auto wrong = find_cpu_kernels(machine(), request);
  EXPECT_TRUE(wrong.error().is(Errc::kDevice));
  EXPECT_THAT(wrong.error().message(), HasSubstr("self-test"));
}

TEST_F(CpuKernelsTest, TheNumberOfVersionsCanBeGiven) {
  request.midstates = 1;
  EXPECT_EQ(found().choice.rolling.use, (KernelUse{kBeta, 1}));
  request.midstates = 7;
  EXPECT_EQ(found().choice.rolling.use, (KernelUse{kAlpha, 7}));
  request.kernel = "beta";
  EXPECT_EQ(found().choice.rolling.use, (KernelUse{kBeta, 7}));
}

TEST_F(CpuKernelsTest, ARememberedKernelThatFailsNowIsFoundOut) {
  // What was remembered before the kernel went wrong, as a machine that has become unstable would have it.
  found();
  const std::filesystem::path file = *request.state / "calibration.json";
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string entry = R"({"kernel":"beta")";
  text.insert(text.find(entry), R"({"kernel":"blind","midstates":1,"hashes_per_second":1E12},)");
  std::ofstream(file) << text;
  warnings.clear();
  const CpuKernels kernels = found();
  EXPECT_FALSE(kernels.remembered);
  EXPECT_EQ(kernels.choice.single.use.kernel, kBeta);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("blind")));
}

/// Forcing a kernel runs it, and no other: from the name, through the device, to the function.
TEST_F(CpuKernelsTest, OnlyTheNamedKernelRuns) {
  for (const int index : {0, 1}) {
    request.kernel = std::string(kKernels[index].name);
    request.threads = 2;
    auto devices = open_cpu(request, [this](auto) { return machine(); });
    ASSERT_TRUE(devices.has_value());
    ASSERT_EQ(devices->size(), 2U);
    for (auto& count : calls)
      count = 0;
    kernels::ScanJob job;
    std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
    for (const auto& device : *devices) {
      EXPECT_EQ(device->info().kernel, request.kernel);
      EXPECT_EQ(device->info().single_kernel, request.kernel);
      for (const std::uint32_t midstates : {1U, 3U}) {
        job.midstate_count = midstates;
        EXPECT_EQ(device->scan(job, {0, 100}, hits)->nonces, 100U);
      }
    }
    for (int other = 0; other < 4; ++other) {
      EXPECT_EQ(calls[static_cast<std::size_t>(other)] > 0, other == index) << request.kernel << " ran " << other;
    }
  }
}

TEST(CpuBackend, RefusesCpusThatCannotBeHad) {
  const auto devices =
      open_cpu({.threads = 1, .kernel = "scalar", .affinity = {.pin = true, .cpus = {device::kHighestCpu}}});
  ASSERT_FALSE(devices.has_value());
  EXPECT_TRUE(devices.error().is(Errc::kOutOfRange));
  EXPECT_THAT(devices.error().message(), HasSubstr("--cpu-affinity"));
}

TEST(CpuBackend, EveryRegisteredKernelIsAnotherFunction) {
  // With the test above: a name stands for one function, and that function runs.
  std::vector<kernels::ScanFunction> functions;
  for (const Kernel& kernel : kernels::kernels()) {
    EXPECT_THAT(functions, testing::Not(testing::Contains(kernel.scan))) << kernel.name;
    functions.push_back(kernel.scan);
  }
}

}  // namespace
}  // namespace lode::app
