// The OpenCL device on the platforms of this machine: on a machine without a GPU that is PoCL, which runs kernels on
// the CPU. Skipped where there is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "host/device/opencl_device.h"
#include "host/device/opencl_library.h"
#include "host/device/opencl_tuning.h"
#include "kernels/cpu/registry.h"
#include "kernels/opencl/program.h"
#include "tests/device/memory_store.h"

namespace lode::device {
namespace {

using kernels::Hit;
using kernels::NonceRange;
using kernels::ScanJob;
using kernels::ScanResult;

class OpenClMachineTest : public ::testing::Test {
 public:
  void SetUp() override {
    auto opened = open_opencl_driver();
    if (!opened) GTEST_SKIP() << opened.error().message();
    driver = *std::move(opened);
    auto listed = list_opencl_gpus(*driver);
    if (!listed) GTEST_SKIP() << listed.error().message();
    gpu = listed->front();
  }

  void open() {
    device.reset();
    const kernels::opencl::Variant variant = opencl_variants(gpu).front();
    auto opened = open_opencl_device(driver, gpu, {.single = {.variant = variant}, .rolling = {.variant = variant}},
                                     "opencl_test", help, {.midstates = 8});
    ASSERT_TRUE(opened) << opened.error().message();
    device = *std::move(opened);
  }

  static ScanJob make_job(std::uint32_t midstates, std::uint32_t limit, std::uint64_t generation = 1) {
    ScanJob job{.generation = generation,
                .midstate_count = midstates,
                .merkle_tail = 0x89abcdef,
                .time = 0x61234567,
                .bits = 0x1d00ffff,
                .limit = limit,
                .range = {}};
    for (std::uint32_t i = 0; i < midstates; ++i)
      job.midstates.at(i) = {i, i * 104'729, 0x9e3779b9 * i, 7, 6, 5, 4, ~i};
    return job;
  }

  std::vector<Hit> scan_all(const ScanJob& job, NonceRange range) {
    std::vector<Hit> all;
    while (range.count > 0) {
      const auto result = device->scan(job, range, hits);
      if (!result || result->nonces == 0 || result->nonces > range.count) {
        ADD_FAILURE() << (result ? "no progress" : result.error().message());
        break;
      }
      all.insert(all.end(), hits.begin(), hits.begin() + result->hits);
      range = {static_cast<std::uint32_t>(range.first + result->nonces), range.count - result->nonces};
    }
    std::ranges::sort(all);
    return all;
  }

  static std::vector<Hit> answers(const ScanJob& job, NonceRange range) {
    const kernels::Kernel& scalar = *kernels::find_kernel("scalar");
    std::vector<Hit> all;
    std::vector<Hit> list(kernels::kMinHitCapacity);
    while (range.count > 0) {
      const ScanResult result = scalar.scan(job, range, list);
      all.insert(all.end(), list.begin(), list.begin() + result.hits);
      range = {static_cast<std::uint32_t>(range.first + result.nonces), range.count - result.nonces};
    }
    std::ranges::sort(all);
    return all;
  }

  /// How often a kernel came from the store, and how often it was compiled.
  [[nodiscard]] std::ptrdiff_t cached() const {
    return std::ranges::count_if(notes,
                                 [](const std::string& note) { return note.find("cache") != std::string::npos; });
  }
  [[nodiscard]] std::ptrdiff_t compiled() const {
    return std::ranges::count_if(
        notes, [](const std::string& note) { return note.find("was compiled in") != std::string::npos; });
  }

  std::shared_ptr<OpenClDriver> driver;
  OpenClGpu gpu;
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  OpenClProgramHelp help{.store = store,
                         .warn = [this](const std::string& text) { warnings.push_back(text); },
                         .note = [this](const std::string& text) { notes.push_back(text); }};
  std::unique_ptr<GpuDevice> device;
  std::vector<Hit> hits = std::vector<Hit>(kernels::kMinHitCapacity);
};

TEST_F(OpenClMachineTest, FindsWhatThePortableKernelFinds) {
  ASSERT_NO_FATAL_FAILURE(open());
  const auto tested = device->self_test();
  ASSERT_TRUE(tested) << tested.error().message();
  for (const std::uint32_t midstates : {1U, 2U, 33U}) {
    for (const std::uint32_t limit : {0x0000ffffU, 0x00ffffffU, 0xffffffffU}) {
      const ScanJob job = make_job(midstates, limit);
      for (const NonceRange range : {NonceRange{0, 1}, NonceRange{0xffffff00, 777}, NonceRange{3, 5000}})
        EXPECT_EQ(scan_all(job, range), answers(job, range)) << midstates << " midstates, limit " << limit;
    }
  }
}

TEST_F(OpenClMachineTest, NewWorkEndsAScan) {
  ASSERT_NO_FATAL_FAILURE(open());
  std::thread newer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    device->abort_before(2);
  });
  // A minute's work and more for a CPU; a GPU may be done with it before.
  const ScanJob job = make_job(8, 0x00000fff, 1);
  NonceRange range{5, std::uint64_t{1} << 31};
  std::uint64_t done = 0;
  std::vector<Hit> found;
  while (done < range.count) {
    const auto result = device->scan(job, {static_cast<std::uint32_t>(range.first + done), range.count - done}, hits);
    ASSERT_TRUE(result) << result.error().message();
    found.insert(found.end(), hits.begin(), hits.begin() + result->hits);
    if (result->nonces == 0) break;
    done += result->nonces;
  }
  newer.join();
  EXPECT_EQ(device->scan(job, {0, 1000}, hits)->nonces, 0U) << "it is void";
  EXPECT_EQ(device->scan(make_job(1, 0, 2), {0, 1000}, hits)->nonces, 1000U);
  std::ranges::sort(found);
  std::erase_if(found, [&](const Hit& hit) { return hit.nonce_word - range.first >= 20'000; });
  EXPECT_EQ(found, answers(job, {range.first, std::min<std::uint64_t>(done, 20'000)}));
}

TEST_F(OpenClMachineTest, ASecondStartDoesNotCompile) {
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(compiled(), 1);
  EXPECT_EQ(store->kept.size(), 1U);
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(compiled(), 1);
  EXPECT_EQ(cached(), 1);
  EXPECT_TRUE(warnings.empty()) << warnings.front();
  EXPECT_TRUE(device->self_test());
}

TEST_F(OpenClMachineTest, WhatIsNoBinaryIsCompiledAnew) {
  ASSERT_NO_FATAL_FAILURE(open());
  ASSERT_EQ(store->kept.size(), 1U);
  store->kept.begin()->second = {'n', 'o', 'n', 's', 'e', 'n', 's', 'e'};
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(compiled(), 2);
  EXPECT_EQ(cached(), 0);
  EXPECT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(device->self_test());
}

TEST_F(OpenClMachineTest, SaysWhatTheCompilerSays) {
  OpenClContext context = nullptr;
  ASSERT_EQ(driver->create_context(context, gpu.platform_id, gpu.device_id), OpenClStatus::kSuccess);
  const auto made =
      make_program(*driver, context, gpu, "__kernel void sha256d_m1() { surely_not_declared = 1; }", "", help);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("clBuildProgram: error -11"), std::string::npos) << made.error().message();
  EXPECT_NE(made.error().message().find("surely_not_declared"), std::string::npos) << made.error().message();
  EXPECT_TRUE(store->kept.empty());
  EXPECT_EQ(driver->release(context), OpenClStatus::kSuccess);
}

}  // namespace
}  // namespace lode::device
