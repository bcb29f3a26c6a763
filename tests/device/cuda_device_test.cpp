#include "host/device/cuda_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/device/fake_cuda.h"
#include "tests/device/gpu_cases.h"
#include "tests/support/patience.h"

namespace lode::device {
namespace {

using namespace std::chrono_literals;
using kernels::Hit;
using kernels::NonceRange;
using kernels::ScanJob;
using kernels::ScanResult;

class FakeTelemetry final : public TelemetrySource {
 public:
  std::optional<Telemetry> read(const std::string& pci_bus_id) override {
    asked_for = pci_bus_id;
    if (celsius < 0) return std::nullopt;
    return Telemetry{.celsius = celsius, .watts = 250.0, .core_mhz = 1980, .memory_mhz = {}, .slowed_by = {}};
  }
  std::atomic<int> celsius{40};
  std::string asked_for;
};

class CudaDeviceTest : public ::testing::Test {
 public:
  void SetUp() override { open({.midstates = 8}); }
  void open(GpuDeviceOptions options) {
    device.reset();
    auto opened = open_cuda_device(driver, driver->gpu(), FakeCuda::kernels(), std::move(options));
    ASSERT_TRUE(opened) << opened.error().message();
    device = *std::move(opened);
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

  std::shared_ptr<FakeCuda> driver = std::make_shared<FakeCuda>();
  std::unique_ptr<GpuDevice> device;
  std::vector<Hit> hits = std::vector<Hit>(kernels::kMinHitCapacity);
};

TEST_F(CudaDeviceTest, DescribesItself) {
  EXPECT_EQ(device->info().id, "cuda:0");
  EXPECT_EQ(device->info().name, "Played GPU");
  EXPECT_EQ(device->info().kernel, "cuda");
  EXPECT_EQ(device->info().midstates, 8U);
}

TEST_F(CudaDeviceTest, PassesItsSelfTest) {
  const auto tested = device->self_test();
  EXPECT_TRUE(tested) << tested.error().message();
}

TEST_F(CudaDeviceTest, FindsWhatThePortableKernelFinds) {
  for (const std::uint32_t midstates : {1U, 2U, 8U, 64U}) {
    for (const std::uint32_t limit : {0x0000ffffU, 0x00ffffffU, 0x7fffffffU}) {
      const ScanJob job = make_job(midstates, limit);
      const NonceRange range{0xfffffe01, 1000 + midstates};  // over the end of the nonces
      EXPECT_EQ(scan_all(job, range), answers(job, range)) << midstates << " midstates, limit " << limit;
    }
  }
}

TEST_F(CudaDeviceTest, LaunchesAsTheKernelWasTunedForOrAsItIsTold) {
  // The played GPU has one multiprocessor with room for two blocks of 128 threads.
  const auto session_of = [this](const CudaKernels& kernels) {
    return CudaSession::open(driver, driver->gpu(), kernels).value();
  };
  const auto shape_of = [this](GpuSession& session, std::uint32_t midstates) {
    const ScanJob job = make_job(midstates, 0);
    session.prepare(job);
    EXPECT_TRUE(session.launch(0, {0, 1 << 20}, session.epoch() + 1, 1));  // of an epoch that is over
    while (!session.finished(0).value()) {
    }
    return driver->last_shape();
  };
  const auto tuned = session_of(FakeCuda::kernels());
  EXPECT_EQ(shape_of(*tuned, 1).blocks, 2U);
  EXPECT_EQ(shape_of(*tuned, 1).nonces_in_chunk, 64U * 32);
  EXPECT_EQ(shape_of(*tuned, 16).nonces_in_chunk, 4U * 32);
  EXPECT_EQ(tuned->hashes_between_looks(1), 2U * 4 * 32 * 64);
  EXPECT_EQ(tuned->hashes_between_looks(64), 2U * 4 * 32 * 64);

  CudaKernels kernels = FakeCuda::kernels();
  kernels.single.blocks_per_multiprocessor = 1;
  kernels.single.hashes_per_thread = 32;
  kernels.rolling.blocks_per_multiprocessor = 7;  // more than there is room for
  kernels.rolling.hashes_per_thread = 128;
  const auto told = session_of(kernels);
  EXPECT_EQ(shape_of(*told, 1).blocks, 1U);
  EXPECT_EQ(shape_of(*told, 1).nonces_in_chunk, 32U * 32);
  EXPECT_EQ(shape_of(*told, 16).blocks, 2U);
  EXPECT_EQ(shape_of(*told, 16).nonces_in_chunk, 8U * 32);
  EXPECT_EQ(told->hashes_between_looks(1), 4U * 32 * 32);
  EXPECT_EQ(told->hashes_between_looks(16), 2U * 4 * 32 * 128);
}

TEST_F(CudaDeviceTest, KeepsTwoLaunchesInFlight) {
  open({.midstates = 8, .launch_limit = test::kPatience});
  driver->hang();
  std::thread scanning([&] { scan_all(make_job(1, 0), {0, 300'000}); });
  EXPECT_TRUE(wait_until([&] { return driver->most_in_flight() == 2; }));
  driver->finish();
  scanning.join();
  EXPECT_EQ(driver->most_in_flight(), 2);
}

TEST_F(CudaDeviceTest, EndsSoonAfterARareHit) {
  const ScanJob job = make_job(1, 0x000000ff);  // one in 16 million
  const NonceRange range{0, 1U << 24};
  const ScanResult first = device->scan(job, {0, 1}, hits).value();
  EXPECT_EQ(first.nonces, 1U);
  // Make one sure by asking for the limit of the best of the first nonces.
  ScanJob easier = job;
  easier.limit = 0x0000ffff;
  const std::vector<Hit> known = answers(easier, {0, 200'000});
  ASSERT_FALSE(known.empty());
  const auto result = device->scan(easier, {known.front().nonce_word, 60'000}, hits);
  ASSERT_TRUE(result);
  ASSERT_GE(result->hits, 1U);
  EXPECT_EQ(hits.front(), known.front());
  EXPECT_LE(result->nonces, 60'000U);
  EXPECT_GT(range.count, result->nonces);
}

TEST_F(CudaDeviceTest, NewWorkStopsARunningScan) {
  std::thread newer([&] {
    EXPECT_TRUE(driver->wait_until_busy());
    device->abort_before(2);
  });
  // An hour's work for the played GPU.
  const auto result = device->scan(make_job(1, 0, 1), {0, std::uint64_t{1} << 32}, hits);
  newer.join();
  ASSERT_TRUE(result);
  EXPECT_LT(result->nonces, std::uint64_t{1} << 31);
  // What is void is not even begun; what is not, is.
  const int before = driver->launches();
  EXPECT_EQ(device->scan(make_job(1, 0, 1), {0, 1000}, hits)->nonces, 0U);
  EXPECT_EQ(driver->launches(), before);
  EXPECT_EQ(device->scan(make_job(1, 0, 2), {0, 1000}, hits)->nonces, 1000U);
}

TEST_F(CudaDeviceTest, NewerWorkWaitsForTheLaunchesInFlightAlone) {
  const ScanJob job = make_job(2, 0x0003ffff, 1);
  std::thread newer([&] {
    EXPECT_TRUE(driver->wait_until_busy());
    device->finish_before(2);
  });
  hits.resize(1 << 18);
  // An hour's work for the played GPU.
  const auto result = device->scan(job, {77, std::uint64_t{1} << 32}, hits);
  newer.join();
  ASSERT_TRUE(result);
  EXPECT_GT(result->nonces, 0U) << "what was launched is not thrown away";
  EXPECT_LT(result->nonces, std::uint64_t{1} << 31);
  EXPECT_EQ(sorted({hits.begin(), hits.begin() + result->hits}), answers(job, {77, result->nonces}));
  const int before = driver->launches();
  EXPECT_EQ(device->scan(job, {0, 1000}, hits)->nonces, 0U);
  EXPECT_EQ(driver->launches(), before);
  EXPECT_EQ(device->scan(make_job(1, 0, 2), {0, 1000}, hits)->nonces, 1000U);
}

TEST_F(CudaDeviceTest, WhatWasDoneBeforeAnAbortIsAPrefix) {
  const ScanJob job = make_job(2, 0x0003ffff, 1);
  const int before = driver->launches();
  std::thread newer([&] {
    // Two are in flight, so the third begins when the first is over.
    EXPECT_TRUE(wait_until([&] { return driver->launches() >= before + 3; }));
    device->abort_before(2);
  });
  hits.resize(1 << 18);
  const auto result = device->scan(job, {77, std::uint64_t{1} << 32}, hits);
  newer.join();
  ASSERT_TRUE(result);
  EXPECT_GT(result->nonces, 0U);
  EXPECT_EQ(sorted({hits.begin(), hits.begin() + result->hits}), answers(job, {77, result->nonces}));
}

TEST_F(CudaDeviceTest, NothingIsLostWhereManyMoreHitsComeThanExpected) {
  // Hits cluster by chance only, so a list that is too small is had by asking for everything.
  const ScanJob job = make_job(64, 0xffffffff);
  const NonceRange range{5, 333};
  EXPECT_EQ(scan_all(job, range).size(), 333U * 64);
}

TEST_F(CudaDeviceTest, GivesEverythingBack) {
  ASSERT_TRUE(device->self_test());
  EXPECT_GT(driver->alive(), 0U);
  device.reset();
  EXPECT_EQ(driver->alive(), 0U);
}

TEST_F(CudaDeviceTest, AFailedCallIsAFaultUntilItIsRestarted) {
  const ScanJob job = make_job(1, 0x00ffffff);
  for (const char* const call : {"set_current", "clear", "launch", "copy_to_host", "record", "query"}) {
    for (const CudaStatus status :
         {CudaStatus::kOutOfMemory, CudaStatus::kLaunchFailed, CudaStatus::kEccUncorrectable}) {
      const int resets = driver->calls("reset_primary_context");
      driver->fail(call, status);
      const auto result = device->scan(job, {0, 1000}, hits);
      ASSERT_FALSE(result) << call;
      EXPECT_NE(result.error().message().find(to_string(status)), std::string::npos) << result.error().message();
      EXPECT_FALSE(device->scan(job, {0, 1000}, hits)) << "it is out of service";
      const auto restarted = device->restart();
      ASSERT_TRUE(restarted) << call << ": " << restarted.error().message();
      const bool sticky = fault_of(status) == CudaFault::kSticky;
      EXPECT_EQ(driver->calls("reset_primary_context") - resets, sticky ? 1 : 0) << call;
      EXPECT_EQ(scan_all(job, {0, 1000}), answers(job, {0, 1000}));
    }
  }
  device.reset();
  EXPECT_EQ(driver->alive(), 0U);
}

TEST_F(CudaDeviceTest, AFaultInTheMiddleOfAScanEndsIt) {
  driver->fail("launch", CudaStatus::kIllegalAddress, 3);
  const auto result = device->scan(make_job(1, 0), {0, std::uint64_t{1} << 32}, hits);
  ASSERT_FALSE(result);
  EXPECT_TRUE(device->restart());
}

TEST_F(CudaDeviceTest, ALostGpuStaysOutOfService) {
  driver->lose();
  EXPECT_FALSE(device->scan(make_job(1, 0), {0, 1000}, hits));
  const auto restarted = device->restart();
  ASSERT_FALSE(restarted);
  EXPECT_NE(restarted.error().message().find("fallen off the bus"), std::string::npos);
  EXPECT_FALSE(device->scan(make_job(1, 0), {0, 1000}, hits));
}

TEST_F(CudaDeviceTest, ALaunchThatDoesNotEndIsAFault) {
  open({.launch_limit = 50ms, .stop_limit = 50ms});
  driver->hang();
  const auto result = device->scan(make_job(1, 0), {0, 1000}, hits);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("not over after 50 ms"), std::string::npos) << result.error().message();
  const auto restarted = device->restart();
  ASSERT_FALSE(restarted) << "it waits for nothing that does not end";
  device.reset();
}

TEST_F(CudaDeviceTest, ALaunchThatEndsLateAfterAllCanBeRecoveredFrom) {
  open({.launch_limit = 2s, .stop_limit = test::kPatience});  // the self-test after the restart has to keep it too
  driver->hang();
  ASSERT_FALSE(device->scan(make_job(1, 0), {0, 1000}, hits));
  driver->finish();
  EXPECT_TRUE(device->restart());
}

TEST_F(CudaDeviceTest, WrongResultsFailTheSelfTest) {
  driver->corrupt(true);
  const auto tested = device->self_test();
  ASSERT_FALSE(tested);
  EXPECT_NE(tested.error().message().find("failed its self-test"), std::string::npos);
  EXPECT_FALSE(device->restart());
  driver->corrupt(false);
  EXPECT_TRUE(device->restart());
}

TEST_F(CudaDeviceTest, WhatFailsWhenItIsOpenedIsGivenBack) {
  device.reset();
  for (const char* const call :
       {"retain_primary_context", "set_current", "load_module", "function", "function_attribute",
        "blocks_per_multiprocessor", "create_stream", "create_event", "allocate", "allocate_host", "host_address"}) {
    for (int n = 0; n < 2; ++n) {
      if (n == 1 && (std::string_view(call) == "retain_primary_context" || std::string_view(call) == "set_current"))
        continue;  // called once
      driver->fail(call, CudaStatus::kOutOfMemory, n);
      const auto opened = open_cuda_device(driver, driver->gpu(), FakeCuda::kernels(), {});
      ASSERT_FALSE(opened) << call;
      EXPECT_TRUE(opened.error().is(Errc::kDevice));
      EXPECT_EQ(driver->alive(), 0U) << call;
    }
  }
}

TEST_F(CudaDeviceTest, RestsWhileItIsTooHot) {
  const auto telemetry = std::make_shared<FakeTelemetry>();
  std::vector<std::string> warnings;
  open({.max_celsius = 80, .telemetry = telemetry, .warn = [&](const std::string& text) { warnings.push_back(text); }});
  telemetry->celsius = 81;
  const int before = driver->launches();
  const auto resting = device->scan(make_job(1, 0), {0, 1000}, hits);
  ASSERT_TRUE(resting);
  EXPECT_EQ(resting->nonces, 0U);
  EXPECT_EQ(driver->launches(), before);
  ASSERT_TRUE(device->telemetry());
  EXPECT_EQ(device->telemetry()->celsius, 81);
  EXPECT_EQ(telemetry->asked_for, "0000:01:00.0");
  telemetry->celsius = 75;
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (device->scan(make_job(1, 0), {0, 1000}, hits)->nonces == 0 && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_GT(driver->launches(), before);
  EXPECT_EQ(warnings, (std::vector<std::string>{"cuda:0: 81 degrees: rests until it is cooler",
                                                "cuda:0: 75 degrees: works again"}));
}

}  // namespace
}  // namespace lode::device
