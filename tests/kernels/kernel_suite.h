// What every kernel must do: find exactly what the plain hash finds, no hit lost, none invented, none twice, whatever
// the range. A suite that each test program of kernels instantiates with the names of its own; one file of a program
// may include it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "kernels/cpu/kernel.h"
#include "kernels/cpu/registry.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::kernels {

/// The kernel of this name. Each program has its own.
const Kernel& tested_kernel(std::string_view name);

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
inline int random_cases() {
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

/// Names a test by its kernel.
inline const auto kKernelName = [](const auto& test) { return test.param; };

}  // namespace lode::kernels
