// Runs the suite of all kernels on the CPU's kernels, and shows with broken kernels that each case finds its fault.
#include "kernels/cpu/kernel.h"

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/kernels/kernel_cases.h"
#include "tests/kernels/kernel_suite.h"

namespace lode::kernels {
namespace {

/// The names of the kernels that this CPU can run.
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

INSTANTIATE_TEST_SUITE_P(Cpu, KernelTest, ::testing::ValuesIn(usable_names()), kKernelName);

}  // namespace

const Kernel& tested_kernel(std::string_view name) {
  return *find_kernel(name);
}

}  // namespace lode::kernels
