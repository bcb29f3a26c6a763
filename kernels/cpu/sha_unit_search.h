// Searches on SHA-256 instructions (sha_unit.h): what an instruction set's file makes its block functions of.
//
// Each instruction of a hash waits for the one before it, so one hash alone leaves the unit idle most of the time and
// several independent ones have to be in flight: here N nonces step by step together, in sha_unit_interleaved.h the two
// hashes of different headers.
#pragma once

#include <cstdint>

#include "kernels/core/search.h"
#include "kernels/cpu/block_scan.h"
#include "kernels/cpu/sha_unit.h"

namespace lode::kernels {

/// Hash 2 of N headers, whose words 0..7 are `a` and `b`. Returns whether one of the digests may be a hit.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline bool hash2_side_by_side(Group<Unit, kStreams>& a, Group<Unit, kStreams>& b,
                                                      typename Unit::Vec reject_mask,
                                                      Group<Unit, kStreams>& digest7) noexcept {
  States<Unit, kStreams> s;
  Group<Unit, kStreams> c, d;
  start_hash2<Unit, kStreams>(s);
  Unit::four_rounds(s, a, 0);
  Unit::four_rounds(s, b, 4);
  four_rounds<Unit, kStreams>(s, &kKeys2[8]);
  four_rounds<Unit, kStreams>(s, &kKeys2[12]);
  extend2_16<Unit, kStreams>(a, b);
  Unit::four_rounds(s, a, 16);
  extend2_20<Unit, kStreams>(b, a);
  Unit::four_rounds(s, b, 20);
  extend2_24<Unit, kStreams>(c, a, b);
  Unit::four_rounds(s, c, 24);
  extend2_28<Unit, kStreams>(d, a, b, c);
  Unit::four_rounds(s, d, 28);
  extend<Unit, kStreams>(a, b, c, d);
  Unit::four_rounds(s, a, 32);
  extend<Unit, kStreams>(b, c, d, a);
  Unit::four_rounds(s, b, 36);
  extend<Unit, kStreams>(c, d, a, b);
  Unit::four_rounds(s, c, 40);
  extend<Unit, kStreams>(d, a, b, c);
  Unit::four_rounds(s, d, 44);
  extend<Unit, kStreams>(a, b, c, d);
  Unit::four_rounds(s, a, 48);
  extend<Unit, kStreams>(b, c, d, a);
  Unit::four_rounds(s, b, 52);
  extend<Unit, kStreams>(c, d, a, b);
  Unit::four_rounds(s, c, 56);
  extend<Unit, kStreams>(d, a, b, c);
  return last_rounds<Unit, kStreams>(s, d, reject_mask, digest7);
}

/// One midstate.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void search_side_by_side(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                       HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const MidstateConstants<Unit> constants(plan.states[0]);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  for (std::uint32_t done = 0; done < count; done += kStreams) {
    const std::uint32_t nonce = first + done;
    States<Unit, kStreams> s;
    Group<Unit, kStreams> a, b, c, d;
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i) {
      s[i] = Unit::add_nonce(constants.start, nonce + i);
      a[i] = tail.make16(nonce + i);
    }
    four_rounds<Unit, kStreams>(s, tail.keys + 4);
    four_rounds<Unit, kStreams>(s, tail.keys + 8);
    four_rounds<Unit, kStreams>(s, tail.keys + 12);
    Unit::four_rounds(s, a, 16);
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      b[i] = tail.make20(a[i]);
    Unit::four_rounds(s, b, 20);
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      c[i] = tail.make24(a[i], b[i]);
    Unit::four_rounds(s, c, 24);
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      d[i] = tail.make28(b[i], c[i]);
    Unit::four_rounds(s, d, 28);
#pragma GCC unroll 2
    for (unsigned t = 32; t < 64; t += 16) {
      extend<Unit, kStreams>(a, b, c, d);
      Unit::four_rounds(s, a, t);
      extend<Unit, kStreams>(b, c, d, a);
      Unit::four_rounds(s, b, t + 4);
      extend<Unit, kStreams>(c, d, a, b);
      Unit::four_rounds(s, c, t + 8);
      extend<Unit, kStreams>(d, a, b, c);
      Unit::four_rounds(s, d, t + 12);
    }

    digest_to_words<Unit, kStreams>(s, constants.midstate, a, b);
    Group<Unit, kStreams> digest7;
    if (__builtin_expect(hash2_side_by_side<Unit, kStreams>(a, b, reject_mask, digest7), 0)) {
      push_hits<Unit, kStreams>(digest7, done, first, count, plan.limit, 0, hits);
    }
  }
}

}  // namespace lode::kernels
