#include "kernels/cuda/images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

namespace lode::kernels::cuda {
namespace {

TEST(CudaImages, HoldEveryKernelInEveryBalance) {
  if (images().empty())
    GTEST_SKIP() << "no CUDA kernel is compiled in (LODE_CUDA, needs nvcc: package nvidia-cuda-toolkit)";
  std::set<std::pair<std::string_view, Balance>> seen;
  for (const Image& image : images()) {
    EXPECT_TRUE(image.kernel == "sha256d_m1" || image.kernel == "sha256d_mn") << image.kernel;
    seen.insert({image.kernel, image.balance});
    ASSERT_GT(image.fatbin.size(), 10'000U);
    std::uint32_t magic = 0;
    std::memcpy(&magic, image.fatbin.data(), sizeof magic);
    EXPECT_EQ(magic, 0xba55ed50U) << "not a fat binary";
    std::uint64_t size = 0;  // of what follows the header of 16 bytes
    std::memcpy(&size, image.fatbin.data() + 8, sizeof size);
    EXPECT_EQ(size + 16, image.fatbin.size()) << "cut off";
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(image.fatbin.data()) % 8, 0U) << "the driver reads words";
  }
  EXPECT_EQ(seen.size(), 2 * std::size(kBalances));
  EXPECT_EQ(seen.size(), images().size());
}

constexpr int kCapabilities[] = {75, 80, 86, 89, 90, 100, 120};

/// The build compiles a family's kernels once, with the tuning of its first capability.
TEST(CudaTunings, AreTheSameInAFamily) {
  for (const int capability : kCapabilities) {
    int family = 0;
    for (const int first : {LODE_CUDA_FAMILIES}) {
      if (first <= capability) family = first;
    }
    for (const Balance balance : kBalances) {
      EXPECT_EQ(tuning_m1(capability, balance), tuning_m1(family, balance)) << capability << " compiled as " << family;
      EXPECT_EQ(tuning_mn(capability, balance), tuning_mn(family, balance)) << capability << " compiled as " << family;
    }
  }
}

TEST(CudaTunings, FitTheirGpus) {
  for (const int capability : kCapabilities) {
    const std::uint32_t threads_per_sm = capability == 75                                            ? 1024
                                         : capability >= 86 && capability != 90 && capability != 100 ? 1536
                                                                                                     : 2048;
    const std::uint32_t shared_per_sm = 1024 * (capability == 75                        ? 64
                                                : capability == 80                      ? 164
                                                : capability == 90 || capability == 100 ? 228
                                                                                        : 100);
    for (const Balance balance : kBalances) {
      for (const Tuning& tuning : {tuning_m1(capability, balance), tuning_mn(capability, balance)}) {
        EXPECT_EQ(tuning.threads % 32, 0U);
        EXPECT_LE(tuning.threads, 1024U);
        EXPECT_LE(tuning.threads * tuning.blocks_per_sm, threads_per_sm) << capability;
        EXPECT_GE(tuning.hashes_per_thread, 1U);
      }
      const Tuning many = tuning_mn(capability, balance);
      const std::uint32_t shared = 192 * many.threads;
      EXPECT_LE(shared, 48U * 1024) << "what a kernel may have without asking";
      EXPECT_LE((shared + 1024) * many.blocks_per_sm, shared_per_sm) << capability;
    }
  }
}

}  // namespace
}  // namespace lode::kernels::cuda
