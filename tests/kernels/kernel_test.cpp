// Every kernel must find exactly what the plain hash finds: no hit lost, none invented, none twice, whatever the range.
#include "kernels/cpu/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/kernels/emulated_gpu.h"
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

  /// A random header with different version bits (BIP320) in each midstate.
  ScanJob job_of_versions(std::uint32_t count) {
    ScanJob job;
    job.midstate_count = count;
    job.merkle_tail = word();
    job.time = word();
    job.bits = word();
    Block head{};
    for (std::uint32_t& w : head)
      w = word();
    constexpr std::uint32_t kRollable = byte_swap(0x1fffe000);
    for (std::uint32_t m = 0; m < count; ++m) {
      head[0] = (head[0] & ~kRollable) | byte_swap((word() & 0xff) << 21 | m << 13);
      job.midstates[m] = compress(kInitialState, head);
    }
    return job;
  }

 private:
  std::mt19937 random_;
};

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

class KernelTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const auto missing = why_unusable(kernel())) GTEST_SKIP() << kernel().name << ": " << *missing;
  }
  static const Kernel& kernel() { return tested_kernel(GetParam()); }
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

/// How many random cases a kernel is tried with. LODE_KERNEL_CASES sets it, for machines that are only emulated.
int random_cases() {
  const char* const text = std::getenv("LODE_KERNEL_CASES");
  return text == nullptr ? 10'000 : std::stoi(text);
}

TEST_P(KernelTest, AgreesWithThePlainHashOnRandomHeadersAndVersions) {
  // The scalar kernel is the measure of the others, for it is faster than the plain hash, which is its own measure.
  const Kernel& scalar = *find_kernel("scalar");
  const bool is_scalar = kernel().scan == scalar.scan;
  const int cases = random_cases();
  RandomWork work(3);
  std::map<std::uint32_t, int> seen;  // how many hits each midstate had
  for (int round = 0; round < cases; ++round) {
    constexpr std::uint32_t kVersions[] = {1, 2, 3, 4, 7, 16, 33, 64};
    const std::uint32_t versions = kVersions[round % 8];
    ScanJob job = work.job_of_versions(versions);
    job.limit = work.word() >> work.below(12);
    // Short ranges, but longer than any kernel's lanes; every fourth goes over the end of the nonces.
    NonceRange range{work.word(), work.below(versions < 7 ? 75 : 20)};
    if (round / 8 % 4 == 0) range.first = 0U - work.below(static_cast<std::uint32_t>(range.count) + 1);
    SCOPED_TRACE("case " + std::to_string(round) + ": first " + std::to_string(range.first) + ", count " +
                 std::to_string(range.count) + ", versions " + std::to_string(versions) + ", limit " +
                 std::to_string(job.limit));
    const std::vector<Hit> found = sorted(scan_all(kernel(), job, range).hits);
    ASSERT_EQ(found, is_scalar ? sorted(plain_hits(job, range)) : sorted(scan_all(scalar, job, range).hits));
    for (const Hit& hit : found)
      ++seen[hit.midstate];
  }
  if (cases >= 1000) {
    EXPECT_EQ(seen.size(), kMaxMidstates) << "every version should have had hits";
  }
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
  EXPECT_EQ(tested_kernel(kernel().name).scan, kernel().scan);
  for (const Kernel& other : kernels())
    EXPECT_EQ(other.scan == kernel().scan, other.name == kernel().name);
}

const auto kName = [](const auto& test) { return test.param; };
INSTANTIATE_TEST_SUITE_P(Cpu, KernelTest, ::testing::ValuesIn(names_of(kernels())), kName);
INSTANTIATE_TEST_SUITE_P(Cuda, KernelTest, ::testing::ValuesIn(names_of(emulated_gpu_kernels())), kName);

}  // namespace
}  // namespace lode::kernels
