// The self-test must notice a kernel that is wrong in any of the ways that hardware and code go wrong.
#include "kernels/cpu/self_test.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/cpu/registry.h"

namespace lode::kernels {
namespace {

ScanResult scalar_scan(const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
  return find_kernel("scalar")->scan(job, range, hits);
}

Kernel with(ScanFunction scan) {
  Kernel kernel = *find_kernel("scalar");
  kernel.name = "broken";
  kernel.scan = scan;
  return kernel;
}

void remove_hit(ScanResult& result, std::span<Hit> hits, std::uint32_t index) {
  for (std::uint32_t i = index + 1; i < result.hits; ++i)
    hits[i - 1] = hits[i];
  --result.hits;
}

TEST(SelfTest, PassesTheRightKernels) {
  for (const Kernel& kernel : kernels()) {
    if (!usable(kernel)) continue;
    EXPECT_EQ(self_test(kernel), std::nullopt) << kernel.name;
  }
  EXPECT_EQ(self_test(with(scalar_scan)), std::nullopt);
}

TEST(SelfTest, NoticesAKernelThatFindsNothing) {
  const auto failure = self_test(with([](const ScanJob&, NonceRange range, std::span<Hit>) noexcept {
    return ScanResult{.nonces = range.count, .hits = 0};
  }));
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->find("main network block 0"), std::string::npos) << "names the case: " << *failure;
}

TEST(SelfTest, NoticesAHitLostInOneLane) {
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    for (std::uint32_t i = 0; i < result.hits; ++i) {
      if ((hits[i].nonce_word - range.first) % 8 == 5) {
        remove_hit(result, hits, i);
        break;
      }
    }
    return result;
  })));
}

TEST(SelfTest, NoticesTheLastNonceForgotten) {
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    if (range.count <= 1) return scalar_scan(job, range, hits);
    ScanResult result = scalar_scan(job, {range.first, range.count - 1}, hits);
    if (result.nonces == range.count - 1) ++result.nonces;
    return result;
  })));
}

TEST(SelfTest, NoticesAnInventedHit) {
  const auto failure = self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    if (range.count > 1 && result.hits < hits.size()) hits[result.hits++] = {range.first, 0};
    return result;
  }));
  EXPECT_TRUE(failure);
}

TEST(SelfTest, NoticesAHitReportedTwice) {
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    if (result.hits > 0 && result.hits < hits.size()) {
      hits[result.hits] = hits[result.hits - 1];
      ++result.hits;
    }
    return result;
  })));
}

TEST(SelfTest, NoticesTheWrongMidstate) {
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    const ScanResult result = scalar_scan(job, range, hits);
    for (std::uint32_t i = 0; i < result.hits; ++i)
      hits[i].midstate = 0;
    return result;
  })));
}

TEST(SelfTest, NoticesAnInexactLimit) {
  // The reject mask alone is no exact test.
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanJob loose = job;
    for (int shift = 1; shift < 32; shift *= 2)
      loose.limit |= loose.limit >> shift;
    return scalar_scan(loose, range, hits);
  })));
}

TEST(SelfTest, NoticesANonceThatDoesNotWrap) {
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    for (std::uint32_t i = 0; i < result.hits; ++i) {
      if (hits[i].nonce_word < range.first) hits[i].nonce_word = 0xffffffff;
    }
    return result;
  })));
}

TEST(SelfTest, NoticesLossOnResumption) {
  // Forgets what comes after a full list.
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    result.nonces = range.count;
    return result;
  })));
}

TEST(SelfTest, NoticesAKernelThatStopsOrCountsWrong) {
  EXPECT_TRUE(self_test(with([](const ScanJob&, NonceRange, std::span<Hit>) noexcept { return ScanResult{}; })));
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    result.nonces = range.count + 1;
    return result;
  })));
  EXPECT_TRUE(self_test(with([](const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
    ScanResult result = scalar_scan(job, range, hits);
    result.hits = static_cast<std::uint32_t>(hits.size()) + 1;
    return result;
  })));
}

}  // namespace
}  // namespace lode::kernels
