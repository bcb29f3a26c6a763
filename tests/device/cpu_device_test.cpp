#include "host/device/cpu_device.h"

#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "host/device/thread_affinity.h"
#include "host/work/roll_space.h"
#include "host/work/verifier.h"
#include "kernels/cpu/registry.h"
#include "tests/support/test_work.h"

namespace lode::device {
namespace {

/// Every kernel that this CPU can run; the kernels' own tests name the others.
class CpuDeviceTest : public ::testing::TestWithParam<const kernels::Kernel*> {};

TEST_P(CpuDeviceTest, PassesItsSelfTestAndSaysWhatItRuns) {
  CpuDevice device(*GetParam());
  EXPECT_TRUE(device.self_test().has_value());
  EXPECT_EQ(device.info().kernel, GetParam()->name);
  EXPECT_EQ(device.info().id, "cpu");
  EXPECT_FALSE(device.info().name.empty());
}

TEST_P(CpuDeviceTest, FindsBlocksThatVerify) {
  CpuDevice device(*GetParam());
  const auto job = test::make_job(1, test::make_template(1, 0x1f00ffff));  // one hash in 65,536
  work::RollSpace space(job, {}, device.info().midstates);
  const auto unit = space.next();
  ASSERT_TRUE(unit);
  std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
  kernels::NonceRange left = unit->scan.range;
  int blocks = 0;
  while (blocks < 3) {
    const auto result = device.scan(unit->scan, left, hits);
    ASSERT_TRUE(result.has_value());
    ASSERT_GT(result->hits, 0U) << "an endless range ends only with a hit";
    for (std::uint32_t i = 0; i < result->hits; ++i) {
      const auto verdict = work::verify(*job, unit->roll_of(hits[i]));
      EXPECT_NE(verdict.kind, work::Verdict::Kind::kHardwareError);
      blocks += verdict.kind == work::Verdict::Kind::kBlock ? 1 : 0;
    }
    left.first += static_cast<std::uint32_t>(result->nonces);
    left.count -= result->nonces;
  }
}

TEST_P(CpuDeviceTest, AbortingEndsARunningScan) {
  for (const std::uint32_t midstates : {1U, kernels::kMaxMidstates}) {
    SCOPED_TRACE(midstates);
    CpuDevice device(*GetParam());
    kernels::ScanJob job;
    job.generation = 5;
    job.midstate_count = midstates;
    job.limit = 0;
    // A range of 2^32 nonces takes minutes on every CPU; the test ends only if the scan does.
    std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
    kernels::ScanResult result;
    std::thread scanning([&] { result = device.scan(job, {0, std::uint64_t{1} << 32}, hits).value(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    device.abort_before(5);  // voids older ones only
    device.abort_before(6);
    scanning.join();
    EXPECT_LT(result.nonces, std::uint64_t{1} << 32);
    EXPECT_EQ(device.scan(job, {0, 1000}, hits)->nonces, 0U) << "a later scan of void work does nothing";
    job.generation = 6;
    EXPECT_EQ(device.scan(job, {0, 1000}, hits)->nonces, 1000U);
    device.abort_before(2);
    EXPECT_EQ(device.scan(job, {0, 1000}, hits)->nonces, 1000U) << "validity never goes back";
  }
}

TEST_P(CpuDeviceTest, NewerWorkEndsAScanWithAllItFound) {
  CpuDevice device(*GetParam());
  const auto work = test::make_job(1, test::make_template(1, 0x1f00ffff));
  const kernels::ScanJob job = work::RollSpace(work, {}, device.info().midstates).next()->scan;
  std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
  std::atomic<bool> done{false};
  std::thread newer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    device.finish_before(2);
    done = true;
  });
  // What ends each call is a hit or the newer work; either way every hit of the nonces done is there.
  std::uint64_t nonces = 0;
  std::uint64_t found = 0;
  while (true) {
    const bool last = done;
    const auto result = device.scan(job, {static_cast<std::uint32_t>(nonces), std::uint64_t{1} << 31}, hits);
    nonces += result->nonces;
    found += result->hits;
    if (last) break;
  }
  newer.join();
  EXPECT_EQ(device.scan(job, {0, 1000}, hits)->nonces, 0U);
  std::uint64_t expected = 0;
  CpuDevice again(*GetParam());
  for (std::uint64_t left = nonces; left > 0;) {
    const auto result = again.scan(job, {static_cast<std::uint32_t>(nonces - left), left}, hits);
    left -= result->nonces;
    expected += result->hits;
  }
  EXPECT_EQ(found, expected) << nonces << " nonces";
}

TEST(CpuName, IsTheProcessorsOrItsParts) {
  const auto name_of = [](const std::string& text) {
    std::istringstream stream(text);
    return cpu_name_of(stream);
  };
  EXPECT_EQ(name_of("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n"),
            "Some CPU @ 3 GHz");
  EXPECT_EQ(name_of("CPU implementer\t: 0x41\nCPU part\t: 0xd05\n\nCPU implementer\t: 0x41\nCPU part\t: 0xd05\n\n"
                    "CPU implementer\t: 0x41\nCPU part\t: 0xd0b\n"),
            "ARM CPU 0x41/0xd05, 0x41/0xd0b");
  EXPECT_EQ(name_of(""), "CPU");
  EXPECT_EQ(name_of("model name\n"), "CPU");
}

/// Counts its calls, and finds nothing.
template <int kIndex>
struct CountedKernel {
  static inline std::atomic<std::uint64_t> hashes = 0;  // a kernel is a plain function: it has no other place

  static kernels::ScanResult scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                  std::span<kernels::Hit> /*hits*/) noexcept {
    hashes += range.count * job.midstate_count;
    return {.nonces = range.count, .hits = 0};
  }
  static constexpr kernels::Kernel kKernel{.name = kIndex == 1 ? "first" : "second",
                                           .description = "",
                                           .streams = 8,
                                           .max_midstates = 16,
                                           .required = {},
                                           .scan = scan};
};
using First = CountedKernel<1>;
using Second = CountedKernel<2>;

TEST(CpuDeviceOfTwoKernels, EachRunsItsOwnJobsAndNoOther) {
  CpuDevice device(First::kKernel, {&Second::kKernel, 4}, {});
  EXPECT_EQ(device.info().single_kernel, "first");
  EXPECT_EQ(device.info().kernel, "second");
  EXPECT_EQ(device.info().midstates, 4U);
  EXPECT_FALSE(device.info().cpu);
  std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
  kernels::ScanJob job;
  job.limit = 0;
  First::hashes = Second::hashes = 0;
  job.midstate_count = 1;
  EXPECT_EQ(device.scan(job, {7, 100'000}, hits)->nonces, 100'000U);
  EXPECT_EQ(First::hashes, 100'000U);
  EXPECT_EQ(Second::hashes, 0U);
  for (const std::uint32_t midstates : {2U, 4U}) {  // also where a mask has fewer bits than wanted
    First::hashes = Second::hashes = 0;
    job.midstate_count = midstates;
    EXPECT_EQ(device.scan(job, {7, 100'000}, hits)->nonces, 100'000U);
    EXPECT_EQ(First::hashes, 0U);
    EXPECT_EQ(Second::hashes, 100'000U * midstates);
  }
}

TEST(CpuDeviceOfTwoKernels, WithoutRollingThereIsOne) {
  const CpuDevice device(First::kKernel, {&First::kKernel, 1}, {});
  EXPECT_EQ(device.info().kernel, "first");
  EXPECT_EQ(device.info().single_kernel, "first");
  EXPECT_EQ(device.info().midstates, 1U);
}

TEST(CpuDeviceOfTwoKernels, ItsThreadIsTiedToItsCpu) {
  const std::vector<unsigned> allowed = allowed_cpus();
  if (allowed.empty()) GTEST_SKIP() << "this system does not tell which CPUs a thread may use";
  CpuDevice tied(First::kKernel, {&First::kKernel, 1}, allowed.back());
  CpuDevice free(First::kKernel, {&First::kKernel, 1}, {});
  std::vector<unsigned> of_tied;
  std::vector<unsigned> of_free;
  std::thread([&] { tied.enter_thread(), of_tied = allowed_cpus(); }).join();
  std::thread([&] { free.enter_thread(), of_free = allowed_cpus(); }).join();
  EXPECT_EQ(of_tied, std::vector{allowed.back()});
  EXPECT_EQ(of_free, allowed);
}

INSTANTIATE_TEST_SUITE_P(Kernels, CpuDeviceTest, ::testing::ValuesIn([] {
                           std::vector<const kernels::Kernel*> all;
                           for (const kernels::Kernel& kernel : kernels::kernels()) {
                             if (kernels::usable(kernel)) all.push_back(&kernel);
                           }
                           return all;
                         }()),
                         [](const auto& test) { return std::string(test.param->name); });

}  // namespace
}  // namespace lode::device
