#include "kernels/cpu/cpu_features.h"

#include <gtest/gtest.h>

#include <string>

#include "kernels/cpu/registry.h"

namespace lode::kernels {
namespace {

TEST(CpuFeatures, PrintsThem) {
  EXPECT_EQ(to_string(CpuFeatures{}), "none");
  EXPECT_EQ(to_string(CpuFeatures{CpuFeature::kSha, CpuFeature::kSse41}), "SSE4.1, SHA extensions");
}

TEST(CpuFeatures, SubtractsSets) {
  const CpuFeatures wanted{CpuFeature::kAvx2, CpuFeature::kSha};
  EXPECT_EQ(wanted.missing_from(CpuFeatures{CpuFeature::kAvx2}), CpuFeatures{CpuFeature::kSha});
  EXPECT_TRUE(wanted.missing_from(wanted).empty());
  EXPECT_EQ(wanted.missing_from(CpuFeatures{}), wanted);
}

#if defined(__x86_64__)
TEST(CpuFeatures, AgreesWithTheCompilersRuntime) {
  const CpuFeatures features = detect_cpu_features();
  EXPECT_EQ(features.has(CpuFeature::kSsse3), __builtin_cpu_supports("ssse3") != 0);
  EXPECT_EQ(features.has(CpuFeature::kSse41), __builtin_cpu_supports("sse4.1") != 0);
  EXPECT_EQ(features.has(CpuFeature::kAvx), __builtin_cpu_supports("avx") != 0);
  EXPECT_EQ(features.has(CpuFeature::kAvx2), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(features.has(CpuFeature::kAvx512F), __builtin_cpu_supports("avx512f") != 0);
}
#endif

#if defined(__aarch64__)
TEST(CpuFeatures, EveryArm64CpuHasNeon) {
  EXPECT_TRUE(detect_cpu_features().has(CpuFeature::kNeon));
}
#endif

TEST(Registry, NamesAreDistinctAndFound) {
  for (const Kernel& kernel : kernels()) {
    EXPECT_EQ(find_kernel(kernel.name), &kernel);
    EXPECT_FALSE(kernel.description.empty());
    EXPECT_GE(kernel.streams, 1U);
    EXPECT_GE(kernel.max_midstates, 1U);
    EXPECT_LE(kernel.max_midstates, kMaxMidstates);
    for (const Kernel& other : kernels()) {
      if (&other == &kernel) continue;
      EXPECT_NE(other.scan, kernel.scan) << kernel.name << " and " << other.name;
    }
  }
  EXPECT_EQ(find_kernel("no such kernel"), nullptr);
  EXPECT_EQ(find_kernel(""), nullptr);
}

TEST(Registry, EveryCpuHasOne) {
  EXPECT_EQ(best_kernel(CpuFeatures{}).name, "scalar");
  EXPECT_TRUE(usable(best_kernel()));
  EXPECT_TRUE(usable(*find_kernel("scalar"), CpuFeatures{}));
}

TEST(Registry, ChoosesTheFirstUsableAndSaysWhyNot) {
#if defined(__x86_64__)
  const CpuFeatures haswell{CpuFeature::kSsse3, CpuFeature::kSse41, CpuFeature::kAvx, CpuFeature::kAvx2};
  EXPECT_TRUE(best_kernel(haswell).name.starts_with("avx2_"));
  EXPECT_EQ(why_unusable(*find_kernel("shani_x2"), haswell), "the CPU has no SHA extensions");
  EXPECT_EQ(why_unusable(*find_kernel("avx2_x8"), haswell), std::nullopt);
  EXPECT_EQ(why_unusable(*find_kernel("avx2_x8"), CpuFeatures{}), "the CPU has no AVX2");
  CpuFeatures zen = haswell;
  zen.add(CpuFeature::kSha);
  EXPECT_TRUE(best_kernel(zen).name.starts_with("shani_"));
  zen.add(CpuFeature::kAvx512F);
  EXPECT_TRUE(best_kernel(zen).name.starts_with("avx512_"));
#elif defined(__aarch64__)
  const CpuFeatures without_sha2{CpuFeature::kNeon};  // such as the Cortex-A72 of a Raspberry Pi 4
  EXPECT_TRUE(best_kernel(without_sha2).name.starts_with("neon_"));
  EXPECT_EQ(why_unusable(*find_kernel("armv8_x2"), without_sha2), "the CPU has no SHA2 instructions");
  EXPECT_EQ(why_unusable(*find_kernel("neon_x4"), without_sha2), std::nullopt);
  EXPECT_TRUE(best_kernel(CpuFeatures{CpuFeature::kNeon, CpuFeature::kSha2}).name.starts_with("armv8_"));
#else
  GTEST_SKIP() << "needs kernels other than scalar";
#endif
}

}  // namespace
}  // namespace lode::kernels
