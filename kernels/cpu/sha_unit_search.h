// Searches on SHA-256 instructions (sha_unit.h): what an instruction set's file makes its block functions of.
//
// Each instruction of a hash waits for the one before it, so one hash alone leaves the unit idle most of the time:
// several independent ones have to be in flight. Three ways:
//   search_side_by_side  N nonces step by step together
//   search_pipelined     hash 1 of N nonces, hash 2 of the N nonces before and hash 1's schedule of the N nonces after:
//                        more independent chains for the same number of live schedule words
//   search_shared        for several midstates: hash 1 of N headers and hash 2 of the N before; hash 1's schedule is
//                        made once a nonce and serves all midstates
#pragma once

#include <cstdint>

#include "kernels/core/search.h"
#include "kernels/cpu/block_scan.h"
#include "kernels/cpu/sha_unit.h"

namespace lode::kernels {

template <class Unit, unsigned N>
[[gnu::always_inline]] inline void search_side_by_side(const ScanPlan& plan, std::uint32_t midstate,
                                                       std::uint32_t first, std::uint32_t count,
                                                       HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const MidstateConstants<Unit> constants(plan.states[midstate]);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  for (std::uint32_t done = 0; done < count; done += N) {
    const std::uint32_t nonce = first + done;
    States<Unit, N> s;
    Group<Unit, N> a, b, c, d;
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i) {
      s[i] = Unit::add_nonce(constants.start, nonce + i);
      a[i] = tail.make16(nonce + i);
    }
    four_rounds<Unit, N>(s, tail.keys + 4);
    four_rounds<Unit, N>(s, tail.keys + 8);
    four_rounds<Unit, N>(s, tail.keys + 12);
    Unit::four_rounds(s, a, 16);
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      b[i] = tail.make20(a[i]);
    Unit::four_rounds(s, b, 20);
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      c[i] = tail.make24(a[i], b[i]);
    Unit::four_rounds(s, c, 24);
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      d[i] = tail.make28(b[i], c[i]);
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
      Unit::four_rounds(s, d, t + 12);
    }

    digest_to_words<Unit, N>(s, constants.midstate, a, b);
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
    extend<Unit, N>(a, b, c, d);
    Unit::four_rounds(s, a, 32);
    extend<Unit, N>(b, c, d, a);
    Unit::four_rounds(s, b, 36);
    extend<Unit, N>(c, d, a, b);
    Unit::four_rounds(s, c, 40);
    extend<Unit, N>(d, a, b, c);
    Unit::four_rounds(s, d, 44);
    extend<Unit, N>(a, b, c, d);
    Unit::four_rounds(s, a, 48);
    extend<Unit, N>(b, c, d, a);
    Unit::four_rounds(s, b, 52);
    extend<Unit, N>(c, d, a, b);
    Unit::four_rounds(s, c, 56);
    extend<Unit, N>(d, a, b, c);
    Group<Unit, N> digest7;
    if (__builtin_expect(last_rounds<Unit, N>(s, d, reject_mask, digest7), 0)) {
      push_hits<Unit, N>(digest7, nonce, count - done, plan.limit, midstate, hits);
    }
  }
}

/// Rounds 4 .. 63 of hash 1 of N headers, whose states `one` are those after round 3, interleaved with hash 2 of N
/// others, whose words 0..7 are `a` and `b`. keys_at(i, g) points to K + W of hash 1's rounds 4 g .. 4 g + 3, g
/// = 4..15. `beside(g)` is called for g = 4 .. 15 before the rounds that read a group g: room for what else is to be
/// done. Returns whether one of the digests may be a hit.
template <class Unit, unsigned N, class KeysAt, class Beside>
[[gnu::always_inline]] inline bool interleave(States<Unit, N>& one, const std::uint32_t* tail_keys, KeysAt keys_at,
                                              Group<Unit, N>& a, Group<Unit, N>& b, typename Unit::Vec reject_mask,
                                              Group<Unit, N>& digest7, Beside beside) noexcept {
  const auto hash1 = [&](unsigned g) __attribute__((always_inline)) {
    Unit::four_rounds(
        one, [&](unsigned i) __attribute__((always_inline)) { return keys_at(i, g); });
  };
  States<Unit, N> two;
  Group<Unit, N> c, d;
  start_hash2<Unit, N>(two);

  four_rounds<Unit, N>(one, tail_keys + 4);
  beside(4);
  Unit::four_rounds(two, a, 0);
  four_rounds<Unit, N>(one, tail_keys + 8);
  beside(5);
  Unit::four_rounds(two, b, 4);
  four_rounds<Unit, N>(one, tail_keys + 12);
  beside(6);
  four_rounds<Unit, N>(two, &kKeys2[8]);
  hash1(4);
  beside(7);
  four_rounds<Unit, N>(two, &kKeys2[12]);
  extend2_16<Unit, N>(a, b);
  hash1(5);
  beside(8);
  Unit::four_rounds(two, a, 16);
  extend2_20<Unit, N>(b, a);
  hash1(6);
  beside(9);
  Unit::four_rounds(two, b, 20);
  extend2_24<Unit, N>(c, a, b);
  hash1(7);
  beside(10);
  Unit::four_rounds(two, c, 24);
  extend2_28<Unit, N>(d, a, b, c);
  hash1(8);
  beside(11);
  Unit::four_rounds(two, d, 28);
  extend<Unit, N>(a, b, c, d);
  hash1(9);
  beside(12);
  Unit::four_rounds(two, a, 32);
  extend<Unit, N>(b, c, d, a);
  hash1(10);
  beside(13);
  Unit::four_rounds(two, b, 36);
  extend<Unit, N>(c, d, a, b);
  hash1(11);
  beside(14);
  Unit::four_rounds(two, c, 40);
  extend<Unit, N>(d, a, b, c);
  hash1(12);
  beside(15);
  Unit::four_rounds(two, d, 44);
  extend<Unit, N>(a, b, c, d);
  hash1(13);
  Unit::four_rounds(two, a, 48);
  extend<Unit, N>(b, c, d, a);
  hash1(14);
  Unit::four_rounds(two, b, 52);
  extend<Unit, N>(c, d, a, b);
  hash1(15);
  Unit::four_rounds(two, c, 56);
  extend<Unit, N>(d, a, b, c);
  return last_rounds<Unit, N>(two, d, reject_mask, digest7);
}

/// Hash 1's schedule of N nonces, kept in memory, so that the registers are free for the states.
template <class Unit, unsigned N>
struct Schedule {
  using Vec = typename Unit::Vec;

  alignas(64) std::uint32_t words[16][N][4];  ///< group g holds W[4 g .. 4 g + 3]; 4..15 are used
  std::uint32_t keys[2][12][N][4];            ///< K + W of groups 4..15: one half is used while the other is filled

  [[gnu::always_inline]] Vec at(unsigned g, unsigned i) const noexcept { return Unit::load(words[g][i]); }

  /// Makes group g of all N nonces, out of the groups before.
  [[gnu::always_inline]] void make(unsigned half, unsigned g, const TailConstants<Unit>& tail,
                                   std::uint32_t first) noexcept {
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i) {
      const Vec made = g == 4   ? tail.make16(first + i)
                       : g == 5 ? tail.make20(at(4, i))
                       : g == 6 ? tail.make24(at(4, i), at(5, i))
                       : g == 7 ? tail.make28(at(5, i), at(6, i))
                                : next_words<Unit>(at(g - 4, i), at(g - 3, i), at(g - 2, i), at(g - 1, i));
      Unit::store(words[g][i], made);
      asm volatile("" : "+m"(words[g][i]));  // makes the compiler forget that it still has it in a register
      Unit::store(keys[half][g - 4][i], Unit::add(made, Unit::load(&kRoundConstants[4 * g])));
    }
  }
};

/// One midstate.
template <class Unit, unsigned N>
[[gnu::always_inline]] inline void search_pipelined(const ScanPlan& plan, std::uint32_t midstate, std::uint32_t first,
                                                    std::uint32_t count, HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const MidstateConstants<Unit> constants(plan.states[midstate]);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  Schedule<Unit, N> schedule = {};
  Group<Unit, N> a = {}, b = {};
  // In one turn, set k's schedule is made, hash 1 of set k - 1 and hash 2 of set k - 2 are computed.
  const std::uint32_t turns = (count + N - 1) / N + 2;
  std::uint32_t next = first;
  for (std::uint32_t turn = 0; turn < turns; ++turn, next += N) {
    const unsigned filling = turn & 1;
    const auto& keys = schedule.keys[filling ^ 1];
    States<Unit, N> one;
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      one[i] = Unit::add_nonce(constants.start, next - N + i);
    Group<Unit, N> digest7;
    const bool passed = interleave<Unit, N>(
        one, tail.keys, [&](unsigned i, unsigned g) __attribute__((always_inline)) { return keys[g - 4][i]; }, a, b,
        reject_mask,
        digest7, [&](unsigned g) __attribute__((always_inline)) { schedule.make(filling, g, tail, next); });
    if (__builtin_expect(passed && turn >= 2, 0)) {
      push_hits<Unit, N>(digest7, next - 2 * N, count - (turn - 2) * N, plan.limit, midstate, hits);
    }
    digest_to_words<Unit, N>(one, constants.midstate, a, b);
  }
}

}  // namespace lode::kernels
