#include "host/device/opencl_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/device/fake_opencl.h"
#include "tests/device/gpu_cases.h"
#include "tests/support/patience.h"

namespace lode::device {
namespace {

using namespace std::chrono_literals;
using kernels::Hit;
using kernels::NonceRange;
using kernels::ScanJob;

/// The parameter: whether the played device is a CPU, whose memory is the host's.
class OpenClDeviceTest : public ::testing::TestWithParam<bool> {
 public:
  void SetUp() override { open({.midstates = 8}); }
  void open(GpuDeviceOptions options) {
    device.reset();
    auto opened = try_open(std::move(options));
    ASSERT_TRUE(opened) << opened.error().message();
    device = *std::move(opened);
  }
  Result<std::unique_ptr<GpuDevice>> try_open(GpuDeviceOptions options) {
    return open_opencl_device(driver, driver->gpu(), FakeOpenCl::kernels(), "opencl_test", {}, std::move(options));
  }

  /// Scans all of it, going on where the device stopped.
  std::vector<Hit> scan_all(const ScanJob& job, NonceRange range) {
    std::vector<Hit> all;
    while (range.count > 0) {
      const auto result = device->scan(job, range, hits);
      EXPECT_TRUE(result) << result.error().message();
      if (!result || result->nonces == 0 || result->nonces > range.count) {
        ADD_FAILURE() << "no progress";
        break;
      }
      all.insert(all.end(), hits.begin(), hits.begin() + result->hits);
      range = {static_cast<std::uint32_t>(range.first + result->nonces), range.count - result->nonces};
    }
    return sorted(all);
  }

  std::shared_ptr<FakeOpenCl> driver = std::make_shared<FakeOpenCl>(
      std::vector<std::vector<FakeOpenClDevice>>{{{.type = GetParam() ? kOpenClCpu : kOpenClGpu}}});
  std::unique_ptr<GpuDevice> device;
  std::vector<Hit> hits = std::vector<Hit>(kernels::kMinHitCapacity);
};

INSTANTIATE_TEST_SUITE_P(Type, OpenClDeviceTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "Cpu" : "Gpu"; });

TEST_P(OpenClDeviceTest, DescribesItself) {
  EXPECT_EQ(device->info().id, "opencl:0.0");
  EXPECT_EQ(device->info().name, "Played GPU");
  EXPECT_EQ(device->info().kernel, "opencl_test");
  EXPECT_EQ(device->info().midstates, 8U);
  EXPECT_EQ(device->info().pci_bus_id, GetParam() ? "" : "0000:01:00.0");
}

TEST_P(OpenClDeviceTest, PassesItsSelfTest) {
  const auto tested = device->self_test();
  EXPECT_TRUE(tested) << tested.error().message();
}

TEST_P(OpenClDeviceTest, FindsWhatThePortableKernelFinds) {
  for (const std::uint32_t midstates : {1U, 2U, 64U}) {
    for (const std::uint32_t limit : {0x0000ffffU, 0x00ffffffU, 0x7fffffffU}) {
      const ScanJob job = make_job(midstates, limit);
      const NonceRange range{0xfffffe01, 1000 + midstates};  // over the end of the nonces
      EXPECT_EQ(scan_all(job, range), answers(job, range)) << midstates << " midstates, limit " << limit;
    }
  }
}

TEST_P(OpenClDeviceTest, KeepsTwoLaunchesInFlight) {
  open({.midstates = 8, .launch_limit = test::kPatience});
  driver->hang();
  std::thread scanning([&] { scan_all(make_job(1, 0), {0, 300'000}); });
  EXPECT_TRUE(wait_until([&] { return driver->most_in_flight() == 2; }));
  driver->finish_kernels();
  scanning.join();
  EXPECT_EQ(driver->most_in_flight(), 2);
}

TEST_P(OpenClDeviceTest, NewWorkStopsARunningScan) {
  std::thread newer([&] {
    EXPECT_TRUE(driver->wait_until_busy());
    device->abort_before(2);
  });
  // An hour's work for the played GPU.
  const auto result = device->scan(make_job(1, 0, 1), {0, std::uint64_t{1} << 32}, hits);
  newer.join();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_LT(result->nonces, std::uint64_t{1} << 31);
  // What is void is not even begun; what is not, is, and finds its own epoch in the mailbox.
  const int before = driver->calls("launch");
  EXPECT_EQ(device->scan(make_job(1, 0, 1), {0, 1000}, hits)->nonces, 0U);
  EXPECT_EQ(driver->calls("launch"), before);
  EXPECT_EQ(device->scan(make_job(1, 0, 2), {0, 1000}, hits)->nonces, 1000U);
}

TEST_P(OpenClDeviceTest, ALaunchAfterManyAbortsIsNoLongerAborted) {
  const ScanJob job = make_job(1, 0, 1000);
  for (std::uint64_t generation = 2; generation < 1000; ++generation)
    device->abort_before(generation);
  EXPECT_EQ(device->scan(job, {0, 1000}, hits)->nonces, 1000U);
}

TEST_P(OpenClDeviceTest, WhatWasDoneBeforeAnAbortIsAPrefix) {
  const int before = driver->calls("launch");
  std::thread newer([&] {
    // Two are in flight, so the third begins when the first is over.
    EXPECT_TRUE(wait_until([&] { return driver->calls("launch") >= before + 3; }));
    device->abort_before(2);
  });
  const ScanJob job = make_job(2, 0x0003ffff, 1);
  hits.resize(1 << 18);
  const auto result = device->scan(job, {77, std::uint64_t{1} << 32}, hits);
  newer.join();
  ASSERT_TRUE(result);
  EXPECT_GT(result->nonces, 0U);
  EXPECT_EQ(sorted({hits.begin(), hits.begin() + result->hits}), answers(job, {77, result->nonces}));
}

TEST_P(OpenClDeviceTest, NothingIsLostWhereManyMoreHitsComeThanExpected) {
  EXPECT_EQ(scan_all(make_job(64, 0xffffffff), {5, 333}).size(), 333U * 64);
}

TEST_P(OpenClDeviceTest, GivesEverythingBack) {
  ASSERT_TRUE(device->self_test());
  device->abort_before(1);
  EXPECT_GT(driver->alive(), 0U);
  device.reset();
  EXPECT_EQ(driver->alive(), 0U);
  EXPECT_EQ(driver->kept(), 0U);
}

TEST_P(OpenClDeviceTest, AFailedCallIsAFaultUntilItIsRestarted) {
  const ScanJob job = make_job(1, 0x00ffffff);
  for (const char* const call : {"write", "set_argument", "launch", "read", "flush", "execution_status"}) {
    for (const OpenClStatus status : {OpenClStatus::kMemObjectAllocationFailure, OpenClStatus::kOutOfResources,
                                      OpenClStatus::kInvalidCommandQueue}) {
      driver->fail(call, status);
      const auto result = device->scan(job, {0, 1000}, hits);
      ASSERT_FALSE(result) << call;
      EXPECT_NE(result.error().message().find(to_string(status)), std::string::npos) << result.error().message();
      EXPECT_FALSE(device->scan(job, {0, 1000}, hits)) << "it is out of service";
      const auto restarted = device->restart();
      ASSERT_TRUE(restarted) << call << ": " << restarted.error().message();
      EXPECT_EQ(scan_all(job, {0, 1000}), answers(job, {0, 1000}));
    }
  }
  device.reset();
  EXPECT_EQ(driver->alive(), 0U);
}

TEST_P(OpenClDeviceTest, AKernelThatFailsIsAFault) {
  const ScanJob job = make_job(1, 0x00ffffff);
  driver->fail_run(OpenClStatus::kOutOfResources);
  const auto result = device->scan(job, {0, 1000}, hits);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("running the kernel: error -5"), std::string::npos)
      << result.error().message();
  ASSERT_TRUE(device->restart());
  EXPECT_EQ(scan_all(job, {0, 1000}), answers(job, {0, 1000}));
}

TEST_P(OpenClDeviceTest, AFaultInTheMiddleOfAScanEndsIt) {
  driver->fail("launch", OpenClStatus::kOutOfResources, 3);
  ASSERT_FALSE(device->scan(make_job(1, 0), {0, std::uint64_t{1} << 32}, hits));
  EXPECT_TRUE(device->restart());
}

TEST_P(OpenClDeviceTest, ALostGpuStaysOutOfServiceUntilItIsBack) {
  driver->lose();
  EXPECT_FALSE(device->scan(make_job(1, 0), {0, 1000}, hits));
  const auto restarted = device->restart();
  ASSERT_FALSE(restarted);
  EXPECT_NE(restarted.error().message().find("no longer there"), std::string::npos) << restarted.error().message();
  EXPECT_FALSE(device->scan(make_job(1, 0), {0, 1000}, hits));
  driver->lose(std::nullopt);
  EXPECT_TRUE(device->restart());
}

TEST_P(OpenClDeviceTest, ALaunchThatDoesNotEndIsAFault) {
  open({.launch_limit = 50ms, .stop_limit = 50ms});
  driver->hang();
  const auto result = device->scan(make_job(1, 0), {0, 1000}, hits);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("not over after 50 ms"), std::string::npos) << result.error().message();
  EXPECT_FALSE(device->restart()) << "it waits for nothing that does not end";
  device.reset();
  EXPECT_EQ(driver->kept(), 1U) << "the memory that the kernel may still use";
}

TEST_P(OpenClDeviceTest, ALaunchThatEndsLateAfterAllCanBeRecoveredFrom) {
  open({.launch_limit = 2s, .stop_limit = test::kPatience});  // the self-test after the restart has to keep it too
  driver->hang();
  ASSERT_FALSE(device->scan(make_job(1, 0), {0, 1000}, hits));
  driver->finish_kernels();
  EXPECT_TRUE(device->restart());
}

TEST_P(OpenClDeviceTest, WrongResultsFailTheSelfTest) {
  driver->corrupt(true);
  const auto tested = device->self_test();
  ASSERT_FALSE(tested);
  EXPECT_NE(tested.error().message().find("failed its self-test"), std::string::npos);
  EXPECT_FALSE(device->restart());
  driver->corrupt(false);
  EXPECT_TRUE(device->restart());
}

TEST_P(OpenClDeviceTest, WhatFailsWhenItIsOpenedIsGivenBack) {
  device.reset();
  for (const char* const call : {"create_context", "program_from_source", "build", "create_kernel", "max_group_size",
                                 "create_queue", "create_buffer"}) {
    driver->fail(call, OpenClStatus::kMemObjectAllocationFailure, std::string_view(call) == "create_buffer" ? 2 : 0);
    const auto opened = try_open({});
    ASSERT_FALSE(opened) << call;
    EXPECT_TRUE(opened.error().is(Errc::kDevice));
    EXPECT_EQ(opened.error().message().rfind("opencl:0.0: ", 0), 0U) << opened.error().message();
    EXPECT_EQ(driver->alive(), 0U) << call;
  }
}

TEST(OpenClDevice, OneThatIsNotAvailableIsNotOpened) {
  const auto driver = std::make_shared<FakeOpenCl>(std::vector<std::vector<FakeOpenClDevice>>{{{.available = false}}});
  const auto opened = open_opencl_device(driver, driver->gpu(), FakeOpenCl::kernels(), "opencl_test", {}, {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message(), "opencl:0.0: the driver says that the device is not available");
  EXPECT_EQ(driver->alive(), 0U);
}

}  // namespace
}  // namespace lode::device
