#include "host/app/measurement.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

#include "host/device/cpu_device.h"
#include "kernels/cpu/registry.h"

namespace lode::app {
namespace {

using Outcome = Result<kernels::ScanResult>;
using Spoil = std::function<Outcome(kernels::ScanResult, kernels::NonceRange, std::span<kernels::Hit>)>;

/// A working device whose results are changed on their way.
class SpoiledDevice final : public device::Device {
 public:
  explicit SpoiledDevice(Spoil spoil) : spoil_(std::move(spoil)) {}

  [[nodiscard]] const device::DeviceInfo& info() const noexcept override { return inner_.info(); }
  Result<void> self_test() override { return {}; }
  Outcome scan(const kernels::ScanJob& job, kernels::NonceRange range, std::span<kernels::Hit> hits) override {
    const Outcome right = inner_.scan(job, range, hits);
    return spoil_(*right, range, hits);
  }
  void abort_before(std::uint64_t generation) noexcept override { inner_.abort_before(generation); }
  void finish_before(std::uint64_t generation) noexcept override { inner_.finish_before(generation); }

 private:
  device::CpuDevice inner_{kernels::best_kernel()};
  Spoil spoil_;
};

constexpr std::chrono::milliseconds kShort{50};

Result<Measurement> measure_spoiled(Spoil spoil) {
  Devices devices;
  devices.push_back(std::make_unique<SpoiledDevice>(std::move(spoil)));
  return measure(std::move(devices), 1, kShort);
}

TEST(Measurement, EveryUsableKernelIsVerified) {
  for (const kernels::Kernel& kernel : kernels::kernels()) {
    if (!kernels::usable(kernel)) continue;
    for (const std::uint32_t midstates : {1U, 3U}) {
      Devices devices;
      devices.push_back(std::make_unique<device::CpuDevice>(kernel));
      devices.push_back(std::make_unique<device::CpuDevice>(kernel));
      const auto result = measure(std::move(devices), midstates, kShort);
      ASSERT_TRUE(result.has_value());
      EXPECT_TRUE(result->verified) << kernel.name << ": " << result->problem;
      EXPECT_GT(result->hashes, 0U);
      EXPECT_GT(result->hashes_per_second(), 0.0);
    }
  }
}

TEST(Measurement, ARightDeviceIsVerifiedThroughTheSpoiler) {
  const auto result = measure_spoiled([](auto scanned, auto, auto) { return scanned; });
  EXPECT_TRUE(result->verified) << result->problem;
}

TEST(Measurement, AMissedSolutionIsNoticed) {
  const auto result = measure_spoiled([](kernels::ScanResult scanned, auto, auto) {
    scanned.hits = 0;
    return scanned;
  });
  EXPECT_FALSE(result->verified);
  EXPECT_NE(result->problem.find("missed"), std::string::npos) << result->problem;
}

TEST(Measurement, AMissedLastNonceIsNoticed) {
  // A kernel that forgets the end of every range it is given.
  const auto result = measure_spoiled([](kernels::ScanResult scanned, kernels::NonceRange range, auto hits) {
    if (scanned.hits > 0 &&
        hits[scanned.hits - 1].nonce_word == static_cast<std::uint32_t>(range.first + range.count - 1)) {
      --scanned.hits;
    }
    return scanned;
  });
  EXPECT_FALSE(result->verified);
}

TEST(Measurement, AFalseSolutionIsNoticed) {
  const auto result = measure_spoiled([](kernels::ScanResult scanned, auto, auto hits) {
    if (scanned.hits > 0) hits[0].nonce_word ^= 1U;
    return scanned;
  });
  EXPECT_FALSE(result->verified);
}

TEST(Measurement, ARepeatedSolutionIsNoticed) {
  const auto result = measure_spoiled([](kernels::ScanResult scanned, auto, auto hits) {
    if (scanned.hits > 0) {
      hits[scanned.hits] = hits[0];
      ++scanned.hits;
    }
    return scanned;
  });
  EXPECT_FALSE(result->verified);
  EXPECT_NE(result->problem.find("twice"), std::string::npos) << result->problem;
}

TEST(Measurement, ClaimingMoreThanWasAskedForIsNoticed) {
  const auto result = measure_spoiled([](kernels::ScanResult scanned, auto, auto) {
    scanned.nonces += std::uint64_t{1} << 32;
    return scanned;
  });
  EXPECT_FALSE(result->verified);
}

TEST(Measurement, ADeviceThatStandsStillIsNoticed) {
  const auto result = measure_spoiled([](auto, auto, auto) { return kernels::ScanResult{}; });
  EXPECT_FALSE(result->verified);
}

TEST(Measurement, ADeviceErrorIsAnError) {
  const auto result = measure_spoiled([](auto, auto, auto) -> Outcome { return fail(Errc::kDevice, "it broke"); });
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message(), "it broke");
}

TEST(Measurement, AnyOneOfTheDevicesCounts) {
  Devices devices;
  devices.push_back(std::make_unique<device::CpuDevice>(kernels::best_kernel()));
  devices.push_back(std::make_unique<SpoiledDevice>([](kernels::ScanResult scanned, auto, auto) {
    scanned.hits = 0;
    return scanned;
  }));
  EXPECT_FALSE(measure(std::move(devices), 1, kShort)->verified);
}

}  // namespace
}  // namespace lode::app
