// Cutting ranges into blocks and coping with full lists, with block functions that hash nothing: so the hits can be put
// where they hurt.
#include "kernels/cpu/block_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace lode::kernels {
namespace {

constexpr std::uint32_t kRare = 0x0000ffff;  // a limit for which blocks are large
constexpr std::uint32_t kHalf = 0x7fffffff;

ScanJob job_of(std::uint32_t midstates, std::uint32_t limit) {
  ScanJob job;
  job.midstate_count = midstates;
  job.limit = limit;
  return job;
}

/// Every nonce below 5,000 hits, and every 1,000th above.
bool hits_at(std::uint32_t nonce) {
  return nonce < 5000 || nonce % 1000 == 0;
}

void crowded_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (hits_at(first + i)) hits.push(first + i, m);
    }
  }
}

struct Scan {
  std::vector<Hit> hits;
  std::vector<std::uint64_t> steps;
};

Scan scan_all(const ScanJob& job, NonceRange range, std::size_t capacity) {
  Scan scan;
  while (range.count > 0) {
    std::vector<Hit> list(capacity);
    const ScanResult result = scan_in_blocks(job, range, list, crowded_block);
    scan.hits.insert(scan.hits.end(), list.begin(), list.begin() + result.hits);
    scan.steps.push_back(result.nonces);
    if (result.nonces == 0) break;
    range.first += static_cast<std::uint32_t>(result.nonces);
    range.count -= result.nonces;
  }
  return scan;
}

TEST(BlockScan, FindsAllOnceThoughHitsAreMoreThanTheLimitPromises) {
  for (const std::uint32_t midstates : {1U, 3U, kMaxMidstates}) {
    for (const std::uint32_t limit : {kRare, kHalf}) {
      const NonceRange range{0xffffff00, 20'000};
      Scan scan = scan_all(job_of(midstates, limit), range, kMinHitCapacity);
      std::vector<Hit> expected;
      for (std::uint64_t i = 0; i < range.count; ++i) {
        const std::uint32_t nonce = range.first + static_cast<std::uint32_t>(i);
        for (std::uint32_t m = 0; m < midstates; ++m) {
          if (hits_at(nonce)) expected.push_back({nonce, m});
        }
      }
      std::sort(scan.hits.begin(), scan.hits.end());
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(scan.hits, expected) << midstates << " " << limit;
      EXPECT_GT(scan.steps.size(), 1U);
      EXPECT_GT(scan.steps.front(), 0U);
    }
  }
}

TEST(BlockScan, ABlockThatOverflowsIsTakenBack) {
  // The first block of 4,096 would bring 4,096 hits. Small blocks then fill the list to the last place that is safe.
  const Scan scan = scan_all(job_of(1, kRare), {0, 5000}, kMinHitCapacity);
  EXPECT_EQ(scan.steps, (std::vector<std::uint64_t>{2048, 2048, 904}));
}

TEST(BlockScan, UsesWhatALongerListOffers) {
  EXPECT_EQ(scan_all(job_of(1, kRare), {0, 5000}, 5000).steps, std::vector<std::uint64_t>{5000});
  EXPECT_EQ(scan_all(job_of(1, kHalf), {0, 5000}, 5000).steps, std::vector<std::uint64_t>{5000});
}

TEST(BlockScan, AnEmptyRangeIsDoneAtOnce) {
  std::vector<Hit> list(kMinHitCapacity);
  const ScanResult result = scan_in_blocks(job_of(1, kRare), {7, 0}, list, crowded_block);
  EXPECT_EQ(result.nonces, 0U);
  EXPECT_EQ(result.hits, 0U);
}

TEST(BlockScan, NeverWritesBehindAListThatIsTooShort) {
  // Against the contract, but it must not cost more than progress.
  constexpr Hit kUntouched{1, 2};
  std::vector<Hit> list(40, kUntouched);
  const ScanResult result = scan_in_blocks(job_of(2, kRare), {0, 1000}, std::span(list).first(20), crowded_block);
  EXPECT_LE(result.hits, 20U);
  for (std::size_t i = 20; i < list.size(); ++i)
    EXPECT_EQ(list[i], kUntouched);
}

void counting_block(const ScanPlan&, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  // One hit a block, that tells its size.
  hits.push(first, count);
}

TEST(BlockScan, BlocksAreWithinTheirLimitsAndCoverTheRangeInOrder) {
  std::vector<Hit> list(kMinHitCapacity);
  const ScanResult result = scan_in_blocks(job_of(1, kRare), {0xffffe000, 1'000'001}, list, counting_block);
  ASSERT_EQ(result.nonces, 1'000'001U);
  std::uint32_t next = 0xffffe000;
  for (std::uint32_t i = 0; i < result.hits; ++i) {
    ASSERT_EQ(list[i].nonce_word, next);
    ASSERT_GE(list[i].midstate, 1U);
    ASSERT_LE(list[i].midstate, kBlockNonces);
    next += list[i].midstate;
  }
  EXPECT_EQ(next, 0xffffe000 + 1'000'001);
}

}  // namespace
}  // namespace lode::kernels
