#include "kernels/core/search.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/kernels/headers.h"

namespace lode::kernels {
namespace {

/// Digest word 7 of a header by whole SHA-256 blocks, without any shortcut.
std::uint32_t plain_word7(const Midstate& midstate, std::uint32_t merkle_tail, std::uint32_t time, std::uint32_t bits,
                          std::uint32_t nonce) {
  const Digest first =
      to_digest(compress(midstate, {merkle_tail, time, bits, nonce, 0x80000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 640}));
  const Digest second = sha256(first);
  return std::uint32_t{second[28]} << 24 | std::uint32_t{second[29]} << 16 | std::uint32_t{second[30]} << 8 |
         second[31];
}

TEST(Search, ShortcutsAgreeWithTheWholeHash) {
  std::mt19937 random(1);
  const auto word = [&] { return static_cast<std::uint32_t>(random()); };
  for (int i = 0; i < 2000; ++i) {
    Midstate midstate{};
    for (std::uint32_t& w : midstate)
      w = word();
    const std::uint32_t merkle_tail = word(), time = word(), bits = word(), nonce = word();
    const TailPlan tail = plan_tail(merkle_tail, time, bits);
    ASSERT_EQ(search_hash(tail, plan_state(tail, midstate), nonce),
              plain_word7(midstate, merkle_tail, time, bits, nonce));
  }
}

TEST(Search, WorksAtCompileTime) {
  constexpr ScanJob kJob = kGenesis.job();
  constexpr TailPlan kTail = plan_tail(kJob.merkle_tail, kJob.time, kJob.bits);
  constexpr std::uint32_t kWord = search_hash(kTail, plan_state(kTail, kJob.midstates[0]), kGenesis.nonce_word());
  static_assert(kWord == 0);
  static_assert(is_hit(kWord, 0));
}

TEST(Search, RejectMaskOfSomeLimits) {
  EXPECT_EQ(reject_mask(0), 0xffffffffU);
  EXPECT_EQ(reject_mask(0xffffffff), 0U);
  EXPECT_EQ(reject_mask(0x80000000), 0U);
  EXPECT_EQ(reject_mask(0x7fffff00), 0x00000080U) << "the top bit of the hash, which ends up in the lowest byte's top";
  EXPECT_EQ(reject_mask(0x0000ffff), 0x0000ffffU);
  EXPECT_EQ(reject_mask(1), 0xfeffffffU);
}

TEST(Search, RejectMaskLosesNoHit) {
  std::mt19937 random(2);
  int hits = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint32_t limit = static_cast<std::uint32_t>(random()) >> (random() % 32);
    // Words around the limit: just below, at, just above, and anywhere near its size.
    const std::uint32_t top = i % 2 == 0 ? limit + static_cast<std::uint32_t>(random() % 5) - 2
                                         : static_cast<std::uint32_t>(random()) >> (random() % 32);
    const std::uint32_t word7 = byte_swap(top);
    ASSERT_EQ(is_hit(word7, limit), top <= limit);
    if (is_hit(word7, limit)) {
      ++hits;
      ASSERT_EQ(word7 & reject_mask(limit), 0U) << std::hex << top << " " << limit;
    } else if ((limit & (limit + 1)) == 0) {
      ASSERT_NE(word7 & reject_mask(limit), 0U) << std::hex << top << " " << limit;
    }
  }
  EXPECT_GT(hits, 50'000);
}

}  // namespace
}  // namespace lode::kernels
