// Every kernel must find exactly what the plain hash finds: no hit lost, none invented, none twice, whatever the range.
#include "kernels/cpu/kernel.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/kernels/emulated_gpu.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::kernels {
namespace {

/// One of the CPU's, or of the GPU's run by the CPU.
const Kernel& tested_kernel(std::string_view name) {
  for (const Kernel& kernel : emulated_gpu_kernels()) {
    if (kernel.name == name) return kernel;
  }
  return *find_kernel(name);
}

std::vector<std::string> names_of(std::span<const Kernel> kernels) {
  std::vector<std::string> names;
  for (const Kernel& kernel : kernels)
    names.emplace_back(kernel.name);
  return names;
}

/// Of the CPU's, those that it can run.
std::vector<std::string> usable_names() {
  std::vector<std::string> names;
  for (const Kernel& kernel : kernels()) {
    if (usable(kernel)) names.emplace_back(kernel.name);
  }
  return names;
}

TEST(Kernels, AllRunOnThisCpu) {
  ASSERT_FALSE(usable_names().empty()) << "nothing would be tested";
  std::string left_out;
  for (const Kernel& kernel : kernels()) {
    if (const auto missing = why_unusable(kernel))
      left_out += (left_out.empty() ? "" : "; ") + std::string(kernel.name) + ": " + *missing;
  }
  if (!left_out.empty()) GTEST_SKIP() << "kernels that are not tested here: " << left_out;
}

class KernelTest : public ::testing::TestWithParam<std::string> {
 protected:
  static const Kernel& kernel() { return tested_kernel(GetParam()); }
};

TEST_P(KernelTest, FindsRealBlocks) {
  EXPECT_EQ(find_real_blocks(kernel().scan), "");
}

TEST_P(KernelTest, KnowsWhichMidstateHit) {
  EXPECT_EQ(know_which_midstate_hit(kernel().scan), "");
}

/// How many random cases a kernel is tried with. LODE_KERNEL_CASES sets it, for machines that are only emulated.
int random_cases() {
  const char* const text = std::getenv("LODE_KERNEL_CASES");
  return text == nullptr ? 10'000 : std::stoi(text);
}

TEST_P(KernelTest, AgreesWithThePlainHashOnRandomHeadersAndVersions) {
  // The scalar kernel is the measure of the others, for it is faster than the plain hash, which is its own measure.
  const Kernel& scalar = *find_kernel("scalar");
  const ScanUnderTest reference = kernel().scan == scalar.scan ? ScanUnderTest() : scalar.scan;
  EXPECT_EQ(agree_on_random_headers(kernel().scan, random_cases(), reference), "");
}

TEST_P(KernelTest, AgreesWithThePlainHashOnLongRanges) {
  EXPECT_EQ(agree_on_long_ranges(kernel().scan), "");
}

TEST_P(KernelTest, ScansEveryCountFromEveryOffset) {
  EXPECT_EQ(scan_every_count_from_every_offset(kernel().scan), "");
}

TEST_P(KernelTest, ObeysTheExactLimit) {
  EXPECT_EQ(obey_the_exact_limit(kernel().scan), "");
}

TEST_P(KernelTest, ResumesAfterAFullListWithoutLossOrRepetition) {
  EXPECT_EQ(resume_after_a_full_list(kernel().scan), "");
}

TEST_P(KernelTest, StopsAtOnceInTheLargestRange) {
  EXPECT_EQ(stop_at_once_in_the_largest_range(kernel().scan), "");
}

TEST_P(KernelTest, TheOneAskedForRuns) {
  // All kernels find the same, so what tells them apart is the function itself.
  EXPECT_EQ(tested_kernel(kernel().name).scan, kernel().scan);
  for (const Kernel& other : kernels())
    EXPECT_EQ(other.scan == kernel().scan, other.name == kernel().name);
}

// The cases themselves: each finds the fault that it is there for.
class BrokenKernel : public ::testing::Test {
 protected:
  /// The scalar kernel, but what it says is changed.
  static ScanUnderTest broken(std::function<void(ScanResult&, std::span<Hit>, const ScanJob&)> change) {
    return [change = std::move(change)](const ScanJob& job, NonceRange range, std::span<Hit> hits) {
      ScanResult result = find_kernel("scalar")->scan(job, range, hits);
      change(result, hits, job);
      return result;
    };
  }
};

TEST_F(BrokenKernel, LosesAHit) {
  const auto scan = broken([](ScanResult& result, std::span<Hit>, const ScanJob&) {
    if (result.hits > 0) --result.hits;
  });
  for (const std::string& faults :
       {find_real_blocks(scan), know_which_midstate_hit(scan),
        agree_on_random_headers(scan, 8, find_kernel("scalar")->scan), agree_on_random_headers(scan, 8, {}),
        agree_on_long_ranges(scan), scan_every_count_from_every_offset(scan), obey_the_exact_limit(scan),
        resume_after_a_full_list(scan), stop_at_once_in_the_largest_range(scan)})
    EXPECT_NE(faults, "");
}

TEST_F(BrokenKernel, InventsAHit) {
  const auto scan = broken([](ScanResult& result, std::span<Hit> hits, const ScanJob&) {
    if (result.hits > 0 && result.hits < hits.size()) hits[result.hits++] = hits[0];
  });
  for (const std::string& faults : {find_real_blocks(scan), know_which_midstate_hit(scan),
                                    agree_on_random_headers(scan, 8, find_kernel("scalar")->scan),
                                    agree_on_long_ranges(scan), obey_the_exact_limit(scan)})
    EXPECT_NE(faults, "");
}

TEST_F(BrokenKernel, NamesAnotherNonceOrMidstate) {
  const auto nonce = broken([](ScanResult& result, std::span<Hit> hits, const ScanJob&) {
    if (result.hits > 0) ++hits[0].nonce_word;
  });
  EXPECT_NE(find_real_blocks(nonce), "");
  EXPECT_NE(obey_the_exact_limit(nonce), "");
  const auto midstate = broken([](ScanResult& result, std::span<Hit> hits, const ScanJob& job) {
    for (std::uint32_t i = 0; i < result.hits; ++i)
      hits[i].midstate = job.midstate_count - 1 - hits[i].midstate;
  });
  EXPECT_EQ(find_real_blocks(midstate), "") << "one midstate";
  EXPECT_NE(agree_on_random_headers(midstate, 8, {}), "");
}

TEST_F(BrokenKernel, WritesBehindTheList) {
  const auto scan = broken([](ScanResult& result, std::span<Hit> hits, const ScanJob&) {
    if (result.hits == hits.size()) *(hits.data() + hits.size()) = {1, 2};
  });
  EXPECT_NE(resume_after_a_full_list(scan), "");
}

TEST_F(BrokenKernel, ClaimsMoreThanItDid) {
  const auto scan = [](const ScanJob& job, NonceRange range, std::span<Hit> hits) {
    ScanResult result = find_kernel("scalar")->scan(job, {range.first, range.count / 2}, hits);
    if (result.nonces == range.count / 2) result.nonces = range.count;
    return result;
  };
  EXPECT_NE(find_real_blocks(scan), "");
  EXPECT_NE(scan_every_count_from_every_offset(scan), "");
}

const auto kName = [](const auto& test) { return test.param; };
INSTANTIATE_TEST_SUITE_P(Cpu, KernelTest, ::testing::ValuesIn(usable_names()), kName);
INSTANTIATE_TEST_SUITE_P(Cuda, KernelTest, ::testing::ValuesIn(names_of(emulated_gpu_kernels())), kName);

}  // namespace
}  // namespace lode::kernels
