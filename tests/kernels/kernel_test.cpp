// Every kernel must find exactly what the plain hash finds: no hit lost, none invented, none twice, whatever the range.
#include "kernels/cpu/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/kernels/headers.h"

namespace lode::kernels {
namespace {

constexpr std::uint64_t kAllNonces = std::uint64_t{1} << 32;

/// By whole SHA-256 blocks, in (nonce position, midstate) order: shares no shortcut with the kernels.
std::vector<Hit> plain_hits(const ScanJob& job, NonceRange range) {
  std::vector<Hit> hits;
  for (std::uint64_t i = 0; i < range.count; ++i) {
    const std::uint32_t nonce = range.first + static_cast<std::uint32_t>(i);
    for (std::uint32_t m = 0; m < job.midstate_count; ++m) {
      const State inner = compress(job.midstates[m], {job.merkle_tail, job.time, job.bits, nonce, 0x80000000, 0, 0, 0,
                                                      0, 0, 0, 0, 0, 0, 0, 640});
      Block outer{};
      std::copy(inner.begin(), inner.end(), outer.begin());
      outer[8] = 0x80000000;
      outer[15] = 256;
      if (byte_swap(compress(kInitialState, outer)[7]) <= job.limit) hits.push_back({nonce, m});
    }
  }
  return hits;
}

std::vector<Hit> sorted(std::vector<Hit> hits) {
  std::sort(hits.begin(), hits.end());
  return hits;
}

struct Scanned {
  std::vector<Hit> hits;
  int calls = 0;
};

/// Scans the range with lists of `capacity`, going on where the kernel stopped; checks the contract of every call.
Scanned scan_all(const Kernel& kernel, const ScanJob& job, NonceRange range, std::uint32_t capacity = kMinHitCapacity) {
  constexpr Hit kUntouched{0x5a5a5a5a, 0xa5a5a5a5};
  Scanned scanned;
  while (true) {
    std::vector<Hit> list(capacity + 16, kUntouched);
    const ScanResult result = kernel.scan(job, range, std::span(list).first(capacity));
    ++scanned.calls;
    EXPECT_LE(result.nonces, range.count);
    EXPECT_LE(result.hits, capacity);
    EXPECT_TRUE(std::all_of(list.begin() + capacity, list.end(), [&](Hit hit) { return hit == kUntouched; }))
        << "wrote behind the list";
    for (std::uint32_t i = 0; i < result.hits; ++i) {
      EXPECT_LT(list[i].nonce_word - range.first, result.nonces) << "a hit that does not belong to the nonces reported";
      scanned.hits.push_back(list[i]);
    }
    if (result.nonces >= range.count) break;
    if (result.nonces == 0) {
      ADD_FAILURE() << "no progress";
      break;
    }
    range.first += static_cast<std::uint32_t>(result.nonces);
    range.count -= result.nonces;
  }
  return scanned;
}

class RandomWork {
 public:
  explicit RandomWork(std::uint32_t seed) : random_(seed) {}

  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  std::uint32_t below(std::uint32_t end) { return word() % end; }

  ScanJob job(std::uint32_t midstates) {
    ScanJob job;
    job.midstate_count = midstates;
    job.merkle_tail = word();
    job.time = word();
    job.bits = word();
    for (std::uint32_t m = 0; m < midstates; ++m) {
      for (std::uint32_t& w : job.midstates[m])
        w = word();
    }
    return job;
  }

 private:
  std::mt19937 random_;
};

class KernelTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const auto missing = why_unusable(kernel())) GTEST_SKIP() << kernel().name << ": " << *missing;
  }
  static const Kernel& kernel() { return *find_kernel(GetParam()); }
};

TEST_P(KernelTest, FindsRealBlocks) {
  for (const RealHeader& header : kRealHeaders) {
    ScanJob job = header.job();
    job.limit = 0;
    const std::uint32_t nonce = header.nonce_word();
    const std::vector<Hit> expected{{nonce, 0}};
    EXPECT_EQ(scan_all(kernel(), job, {nonce - 5000, 10'001}).hits, expected) << header.name;
    EXPECT_EQ(scan_all(kernel(), job, {nonce, 1}).hits, expected) << header.name;
    EXPECT_TRUE(scan_all(kernel(), job, {nonce - 100, 100}).hits.empty()) << header.name;
    EXPECT_TRUE(scan_all(kernel(), job, {nonce + 1, 100}).hits.empty()) << header.name;
  }
}

TEST_P(KernelTest, KnowsWhichMidstateHit) {
  // Of several versions of a real header only the true one is a block.
  for (const std::uint32_t place : {0U, 1U, 5U, kMaxMidstates - 1}) {
    ScanJob job = kRealHeaders[std::size(kRealHeaders) - 1].job();
    const Midstate real = job.midstates[0];
    job.midstate_count = place + 1;
    for (std::uint32_t m = 0; m < place; ++m)
      job.midstates[m] = {m, 1, 2, 3, 4, 5, 6, 7};
    job.midstates[place] = real;
    const std::uint32_t nonce = kRealHeaders[std::size(kRealHeaders) - 1].nonce_word();
    EXPECT_EQ(scan_all(kernel(), job, {nonce - 33, 70}).hits, (std::vector<Hit>{{nonce, place}}));
  }
}

TEST_P(KernelTest, AgreesWithThePlainHashOnRandomWork) {
  RandomWork work(3);
  std::map<std::uint32_t, int> seen;  // midstates of the hits: all of them must occur
  for (int round = 0; round < 2500; ++round) {
    ScanJob job = work.job(1 + work.below(4));
    job.limit = work.word() >> work.below(12);
    const NonceRange range{work.word(), work.below(40)};
    SCOPED_TRACE("first " + std::to_string(range.first) + ", count " + std::to_string(range.count) + ", midstates " +
                 std::to_string(job.midstate_count) + ", limit " + std::to_string(job.limit));
    const Scanned scanned = scan_all(kernel(), job, range);
    ASSERT_EQ(sorted(scanned.hits), sorted(plain_hits(job, range)));
    for (const Hit& hit : scanned.hits)
      ++seen[hit.midstate];
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST_P(KernelTest, AgreesWithThePlainHashOnLongRanges) {
  RandomWork work(4);
  for (int round = 0; round < 12; ++round) {
    ScanJob job = work.job(1 + work.below(3));
    job.limit = 0x000fffff >> work.below(6);  // so rare that blocks are large
    const NonceRange range{work.word(), 4000 + work.below(9000)};
    ASSERT_EQ(sorted(scan_all(kernel(), job, range).hits), sorted(plain_hits(job, range)));
  }
}

TEST_P(KernelTest, ScansEveryCountFromEveryOffset) {
  RandomWork work(5);
  ScanJob job = work.job(2);
  job.limit = 0xffffffff;
  for (std::uint32_t count = 0; count <= 40; ++count) {
    for (const std::uint32_t first : {0U, 1U, 7U, 0x7fffffffU, 0x80000000U, 0U - count, 0U - count / 2, 0xffffffffU}) {
      const Scanned scanned = scan_all(kernel(), job, {first, count});
      ASSERT_EQ(scanned.hits.size(), 2U * count);
      ASSERT_EQ(sorted(scanned.hits), sorted(plain_hits(job, {first, count}))) << first << " " << count;
    }
  }
}

TEST_P(KernelTest, ObeysTheExactLimit) {
  // The limit is exactly one hash's value: that hash is a hit, and is none with a limit of one less.
  RandomWork work(6);
  for (int round = 0; round < 300; ++round) {
    ScanJob job = work.job(1);
    const std::uint32_t nonce = work.word();
    const State inner = compress(
        job.midstates[0], {job.merkle_tail, job.time, job.bits, nonce, 0x80000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 640});
    const std::uint32_t top = [&] {
      const Digest digest = sha256(to_digest(inner));
      return std::uint32_t{digest[31]} << 24 | std::uint32_t{digest[30]} << 16 | std::uint32_t{digest[29]} << 8 |
             digest[28];
    }();
    job.limit = top;
    EXPECT_EQ(scan_all(kernel(), job, {nonce, 1}).hits.size(), 1U);
    if (top == 0) continue;
    job.limit = top - 1;
    EXPECT_TRUE(scan_all(kernel(), job, {nonce, 1}).hits.empty());
  }
}

TEST_P(KernelTest, ResumesAfterAFullListWithoutLossOrRepetition) {
  RandomWork work(7);
  for (const std::uint32_t midstates : {1U, 2U, 3U, kMaxMidstates}) {
    for (const std::uint32_t limit : {0U, 0x7fffff00U, 0x00ffffffU, 0xffffffffU}) {
      ScanJob job = work.job(midstates);
      job.limit = limit;
      const NonceRange range{0xfffff000, midstates == kMaxMidstates ? 301U : 7001U};
      for (const std::uint32_t capacity : {kMinHitCapacity, kMinHitCapacity + 13}) {
        const Scanned scanned = scan_all(kernel(), job, range, capacity);
        ASSERT_EQ(sorted(scanned.hits), sorted(plain_hits(job, range))) << midstates << " " << limit;
        if (limit == 0xffffffff) {
          EXPECT_GT(scanned.calls, 1) << "the list was meant to be too small";
        }
        if (limit == 0) {
          EXPECT_EQ(scanned.calls, 1) << "nothing to stop for";
        }
      }
    }
  }
}

TEST_P(KernelTest, StopsAtOnceInTheLargestRange) {
  ScanJob job = kGenesis.job();
  job.limit = 0xffffffff;
  std::vector<Hit> list(kMinHitCapacity);
  const ScanResult result = kernel().scan(job, {1, kAllNonces}, list);
  EXPECT_EQ(result.nonces, kMinHitCapacity) << "one hit a nonce";
  EXPECT_EQ(result.hits, kMinHitCapacity);
}

TEST_P(KernelTest, TheOneAskedForRuns) {
  // All kernels find the same, so what tells them apart is the function itself.
  EXPECT_EQ(find_kernel(kernel().name)->scan, kernel().scan);
  for (const Kernel& other : kernels())
    EXPECT_EQ(other.scan == kernel().scan, other.name == kernel().name);
}

INSTANTIATE_TEST_SUITE_P(Cpu, KernelTest, ::testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const Kernel& kernel : kernels())
                             names.emplace_back(kernel.name);
                           return names;
                         }()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace lode::kernels
