// The kernels on the SHA2 instructions of 64-bit ARM (armv8_unit.h).
//
// SHA256H and SHA256H2 of four rounds wait for those of the rounds before and need nothing else from each other, so two
// hashes fill a unit that takes one instruction a cycle and four cycles for each. Four hashes fill slower ones, and all
// their states and schedules fit the 32 registers. So unlike on x86 all hashes go step by step together, and no step
// waits for memory.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include "kernels/cpu/armv8_unit.h"
#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/sha_unit.h"
#include "kernels/cpu/sha_unit_search.h"

namespace lode::kernels {
namespace {

/// Makes K + W of rounds 16..63 of hash 1 of N nonces; groups[g] is for rounds 16 + 4 g ...
template <class Unit, unsigned N>
[[gnu::always_inline]] inline void store_keys(const TailConstants<Unit>& tail, std::uint32_t first,
                                              std::uint32_t (&groups)[12][N][4]) noexcept {
  const auto store = [&](unsigned g, const Group<Unit, N>& words) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      Unit::store(groups[g][i], Unit::add(words[i], Unit::load(&kRoundConstants[16 + 4 * g])));
  };
  Group<Unit, N> a, b, c, d;
#pragma GCC unroll 8
  for (unsigned i = 0; i < N; ++i) {
    a[i] = tail.make16(first + i);
    b[i] = tail.make20(a[i]);
    c[i] = tail.make24(a[i], b[i]);
    d[i] = tail.make28(b[i], c[i]);
  }
  store(0, a);
  store(1, b);
  store(2, c);
  store(3, d);
#pragma GCC unroll 2
  for (unsigned g = 4; g < 12; g += 4) {
    extend<Unit, N>(a, b, c, d);
    store(g, a);
    extend<Unit, N>(b, c, d, a);
    store(g + 1, b);
    extend<Unit, N>(c, d, a, b);
    store(g + 2, c);
    extend<Unit, N>(d, a, b, c);
    store(g + 3, d);
  }
}

/// Hash 2 of N headers, whose words 0..7 are `a` and `b`. Returns whether one of the digests may be a hit.
template <class Unit, unsigned N>
[[gnu::always_inline]] inline bool hash2(Group<Unit, N>& a, Group<Unit, N>& b, typename Unit::Vec reject_mask,
                                         Group<Unit, N>& digest7) noexcept {
  States<Unit, N> s;
  Group<Unit, N> c, d;
  start_hash2<Unit, N>(s);
  Unit::four_rounds(s, a, 0);
  Unit::four_rounds(s, b, 4);
  four_rounds<Unit, N>(s, &kKeys2[8]);
  four_rounds<Unit, N>(s, &kKeys2[12]);
  extend2_16<Unit, N>(a, b);
  Unit::four_rounds(s, a, 16);
  extend2_20<Unit, N>(b, a);
  Unit::four_rounds(s, b, 20);
  extend2_24<Unit, N>(c, a, b);
  Unit::four_rounds(s, c, 24);
  extend2_28<Unit, N>(d, a, b, c);
  Unit::four_rounds(s, d, 28);
#pragma GCC unroll 2
  for (unsigned t = 32; t < 64; t += 16) {
    extend<Unit, N>(a, b, c, d);
    Unit::four_rounds(s, a, t);
    extend<Unit, N>(b, c, d, a);
    Unit::four_rounds(s, b, t + 4);
    extend<Unit, N>(c, d, a, b);
    Unit::four_rounds(s, c, t + 8);
    extend<Unit, N>(d, a, b, c);
    if (t + 12 < 60) Unit::four_rounds(s, d, t + 12);
  }
  return last_rounds<Unit, N>(s, d, reject_mask, digest7);
}

/// Several midstates: N nonces step by step together, hash 1's schedules made once for all midstates.
template <class Unit, unsigned N>
[[gnu::always_inline]] inline void search_nonces(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                 HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  alignas(64) std::uint32_t keys[12][N][4];
  for (std::uint32_t done = 0; done < count; done += N) {
    const std::uint32_t nonce = first + done;
    store_keys<Unit, N>(tail, nonce, keys);
    for (std::uint32_t midstate = 0; midstate < plan.midstate_count; ++midstate) {
      const MidstateConstants<Unit> constants(plan.states[midstate]);
      States<Unit, N> s;
#pragma GCC unroll 8
      for (unsigned i = 0; i < N; ++i)
        s[i] = Unit::add_nonce(constants.start, nonce + i);
      four_rounds<Unit, N>(s, tail.keys + 4);
      four_rounds<Unit, N>(s, tail.keys + 8);
      four_rounds<Unit, N>(s, tail.keys + 12);
#pragma GCC unroll 12
      for (const auto& group : keys)
        Unit::four_rounds(
            s, [&](unsigned i) __attribute__((always_inline)) { return group[i]; });
      Group<Unit, N> a, b, digest7;
      digest_to_words<Unit, N>(s, constants.midstate, a, b);
      if (__builtin_expect(hash2<Unit, N>(a, b, reject_mask, digest7), 0)) {
        push_hits<Unit, N>(digest7, done, first, count, plan.limit, midstate, hits);
      }
    }
  }
}

/// A BlockFunction.
template <unsigned N>
[[gnu::always_inline]] inline void search(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                          HitList& hits) noexcept {
  if (plan.midstate_count == 1) {
    search_side_by_side<ArmSha2, N>(plan, first, count, hits);
  } else {
    search_nonces<ArmSha2, N>(plan, first, count, hits);
  }
}

}  // namespace

void armv8_x2_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search<2>(plan, first, count, hits);
}

void armv8_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search<4>(plan, first, count, hits);
}

}  // namespace lode::kernels
