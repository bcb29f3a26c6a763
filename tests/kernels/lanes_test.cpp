// The search over vectors of lanes, with a vector that every machine has: sixteen words, and AVX-512's instructions in
// plain C++. So what the AVX-512 kernels compute is tested where no CPU runs them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <vector>

#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/block_scan.h"
#include "kernels/cpu/lanes_search.h"

namespace lode::kernels {
namespace {

// Nothing here is inlined by force: the searches call each operation some thousand times.
struct Lanes {
  static constexpr std::uint32_t kCount = 16;
  using Constant = std::uint32_t;

  std::array<std::uint32_t, kCount> v;

  template <class Operation>
  static Lanes each(Operation operation) {
    Lanes result;
    for (std::size_t i = 0; i < kCount; ++i)
      result.v[i] = operation(i);
    return result;
  }
  [[gnu::noinline]] static Lanes all(std::uint32_t x) {
    return each([&](std::size_t) { return x; });
  }
  static Constant constant(std::uint32_t x) { return x; }
  static Lanes counting() {
    return each([](std::size_t i) { return static_cast<std::uint32_t>(i); });
  }
  [[gnu::noinline]] friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return each([&](std::size_t i) { return a.v[i] + b.v[i]; });
  }
  [[gnu::noinline]] friend Lanes operator^(const Lanes& a, const Lanes& b) {
    return each([&](std::size_t i) { return a.v[i] ^ b.v[i]; });
  }
  [[gnu::noinline]] friend Lanes operator>>(const Lanes& a, int n) {
    return each([&](std::size_t i) { return a.v[i] >> n; });
  }
};

/// VPTERNLOG, from its definition.
template <int kTable>
[[gnu::noinline]] Lanes ternary(const Lanes& a, const Lanes& b, const Lanes& c) {
  return Lanes::each([&](std::size_t i) {
    std::uint32_t result = 0;
    for (int entry = 0; entry < 8; ++entry) {
      if ((kTable >> entry & 1) == 0) continue;
      result |= ((entry & 4) != 0 ? a.v[i] : ~a.v[i]) & ((entry & 2) != 0 ? b.v[i] : ~b.v[i]) &
                ((entry & 1) != 0 ? c.v[i] : ~c.v[i]);
    }
    return result;
  });
}

template <int kBits>
Lanes rotate_right(const Lanes& x) {
  return Lanes::each([&](std::size_t i) { return std::rotr(x.v[i], kBits); });
}
Lanes xor3(const Lanes& a, const Lanes& b, const Lanes& c) {
  return ternary<kXor3Table>(a, b, c);
}
Lanes choose(const Lanes& e, const Lanes& f, const Lanes& g) {
  return ternary<kChooseTable>(e, f, g);
}
Lanes majority(const Lanes& a, const Lanes& b, const Lanes& c, Lanes&) {
  return ternary<kMajorityTable>(a, b, c);
}
bool any_passes(const Lanes& x, std::uint32_t mask) {
  return std::ranges::any_of(x.v, [&](std::uint32_t word) { return (word & mask) == 0; });
}
void store(std::uint32_t* words, const Lanes& x) {
  std::ranges::copy(x.v, words);
}

template <Order kOrder>
void generic_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<kOrder, Code::kWrittenOut, Lanes>(plan, first, count, hits);
}

std::vector<Hit> hits_of(BlockFunction block, const ScanJob& job, NonceRange range) {
  std::vector<Hit> hits(kMinHitCapacity);
  const ScanResult result = scan_in_blocks(job, range, hits, block);
  EXPECT_EQ(result.nonces, range.count);
  hits.resize(result.hits);
  std::ranges::sort(hits);
  return hits;
}

TEST(Lanes, TruthTablesAreThoseOfTheFunctions) {
  const Lanes a = Lanes::all(0b1111'0000);
  const Lanes b = Lanes::all(0b1100'1100);
  const Lanes c = Lanes::all(0b1010'1010);
  // The three words above are the table's row numbers, bit by bit.
  const auto low = [](const Lanes& x) { return static_cast<int>(x.v[5] & 0xff); };
  std::uint32_t b_xor_c = 0b1100'1100 ^ 0b1010'1010;
  EXPECT_EQ(low(xor3(a, b, c)), kernels::xor3<std::uint32_t>(0b1111'0000, 0b1100'1100, 0b1010'1010));
  EXPECT_EQ(low(choose(a, b, c)), kernels::choose<std::uint32_t>(0b1111'0000, 0b1100'1100, 0b1010'1010));
  Lanes carried = Lanes::all(0);
  EXPECT_EQ(low(majority(a, b, c, carried)),
            kernels::majority<std::uint32_t>(0b1111'0000, 0b1100'1100, 0b1010'1010, b_xor_c));
}

class LanesSearch : public ::testing::TestWithParam<BlockFunction> {};

TEST_P(LanesSearch, FindsWhatTheScalarCodeFinds) {
  std::mt19937 random(11);
  const auto word = [&] { return static_cast<std::uint32_t>(random()); };
  for (int round = 0; round < 200; ++round) {
    constexpr std::uint32_t kMidstates[] = {1, 2, 3, 1, 5, 16, 1, 64};
    ScanJob job;
    job.midstate_count = kMidstates[round % 8];
    job.merkle_tail = word();
    job.time = word();
    job.bits = word();
    job.limit = word() >> (2 + word() % 8);
    for (Midstate& midstate : job.midstates)
      std::ranges::generate(midstate, word);
    const NonceRange range{round % 3 == 0 ? 0U - word() % 30 : word(), word() % (job.midstate_count < 5 ? 70 : 20)};
    ASSERT_EQ(hits_of(GetParam(), job, range), hits_of(scalar_block, job, range)) << "case " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Order, LanesSearch,
                         ::testing::Values(&generic_block<Order::kInTurn>, &generic_block<Order::kPipeline>),
                         [](const auto& test) { return test.index == 0 ? "InTurn" : "Pipeline"; });

}  // namespace
}  // namespace lode::kernels
