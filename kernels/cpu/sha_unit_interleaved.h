// Searches on SHA-256 instructions (sha_unit.h) that interleave the two hashes: hash 1 of N headers together with hash
// 2 of the N headers before. That is 2 N independent chains of instructions for N schedules in registers, since hash 1
// takes its own from memory:
//   search_pipelined  made for N nonces while hash 1 of the N nonces before goes on; one midstate
//   search_shared     made once a nonce, for all midstates
// Pure functions, inlined always.
#pragma once

#include <cstdint>

#include "kernels/core/search.h"
#include "kernels/cpu/block_scan.h"
#include "kernels/cpu/sha_unit.h"

namespace lode::kernels {

/// Rounds 4 .. 63 of hash 1 of N headers, whose states `one` are those after round 3, interleaved with hash 2 of N
/// others, whose words 0..7 are `a` and `b`. Returns whether one of the digests may be a hit.
///
/// keys_at(i, g) points to K + W of hash 1's rounds 4 g .. 4 g + 3, g = 4..15. `beside(g)` is called for g = 4..15
/// while the unit is busy with other rounds: room for what else is to be done.
template <class Unit, unsigned kStreams, class KeysAt, class Beside>
[[gnu::always_inline]] inline bool interleave(States<Unit, kStreams>& one, const std::uint32_t* tail_keys,
                                              KeysAt keys_at, Group<Unit, kStreams>& a, Group<Unit, kStreams>& b,
                                              typename Unit::Vec reject_mask, Group<Unit, kStreams>& digest7,
                                              Beside beside) noexcept {
  const auto hash1 = [&](unsigned g) __attribute__((always_inline)) {
    Unit::four_rounds(
        one, [&](unsigned i) __attribute__((always_inline)) { return keys_at(i, g); });
  };
  States<Unit, kStreams> two;
  Group<Unit, kStreams> c, d;
  start_hash2<Unit, kStreams>(two);

  four_rounds<Unit, kStreams>(one, tail_keys + 4);
  beside(4);
  Unit::four_rounds(two, a, 0);
  four_rounds<Unit, kStreams>(one, tail_keys + 8);
  beside(5);
  Unit::four_rounds(two, b, 4);
  four_rounds<Unit, kStreams>(one, tail_keys + 12);
  beside(6);
  four_rounds<Unit, kStreams>(two, &kKeys2[8]);
  hash1(4);
  beside(7);
  four_rounds<Unit, kStreams>(two, &kKeys2[12]);
  extend2_16<Unit, kStreams>(a, b);
  hash1(5);
  beside(8);
  Unit::four_rounds(two, a, 16);
  extend2_20<Unit, kStreams>(b, a);
  hash1(6);
  beside(9);
  Unit::four_rounds(two, b, 20);
  extend2_24<Unit, kStreams>(c, a, b);
  hash1(7);
  beside(10);
  Unit::four_rounds(two, c, 24);
  extend2_28<Unit, kStreams>(d, a, b, c);
  hash1(8);
  beside(11);
  Unit::four_rounds(two, d, 28);
  extend<Unit, kStreams>(a, b, c, d);
  hash1(9);
  beside(12);
  Unit::four_rounds(two, a, 32);
  extend<Unit, kStreams>(b, c, d, a);
  hash1(10);
  beside(13);
  Unit::four_rounds(two, b, 36);
  extend<Unit, kStreams>(c, d, a, b);
  hash1(11);
  beside(14);
  Unit::four_rounds(two, c, 40);
  extend<Unit, kStreams>(d, a, b, c);
  hash1(12);
  beside(15);
  Unit::four_rounds(two, d, 44);
  extend<Unit, kStreams>(a, b, c, d);
  hash1(13);
  Unit::four_rounds(two, a, 48);
  extend<Unit, kStreams>(b, c, d, a);
  hash1(14);
  Unit::four_rounds(two, b, 52);
  extend<Unit, kStreams>(c, d, a, b);
  hash1(15);
  Unit::four_rounds(two, c, 56);
  extend<Unit, kStreams>(d, a, b, c);
  return last_rounds<Unit, kStreams>(two, d, reject_mask, digest7);
}

/// Hash 1's schedule of N nonces, kept in memory, so that the registers are free for the states.
template <class Unit, unsigned kStreams>
struct Schedule {
  using Vec = typename Unit::Vec;

  alignas(64) std::uint32_t words[16][kStreams][4];  ///< group g holds W[4 g .. 4 g + 3]; 4..15 are used
  std::uint32_t keys[2][12][kStreams][4];  ///< K + W of groups 4..15: one half is used while the other is filled

  [[gnu::always_inline]] Vec at(unsigned g, unsigned i) const noexcept { return Unit::load(words[g][i]); }

  /// Makes group g of all N nonces, out of the groups before.
  [[gnu::always_inline]] void make(unsigned half, unsigned g, const TailConstants<Unit>& tail,
                                   std::uint32_t first) noexcept {
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i) {
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

/// One midstate. In one turn, set k's schedule is made, and hash 1 of set k - 1 and hash 2 of set k - 2 are computed.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void search_pipelined(const ScanPlan& plan, std::uint32_t midstate, std::uint32_t first,
                                                    std::uint32_t count, HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const MidstateConstants<Unit> constants(plan.states[midstate]);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  Schedule<Unit, kStreams> schedule = {};
  Group<Unit, kStreams> a = {}, b = {};
  const std::uint32_t turns = (count + kStreams - 1) / kStreams + 2;
  std::uint32_t next = first;
  for (std::uint32_t turn = 0; turn < turns; ++turn, next += kStreams) {
    const unsigned filling = turn & 1;
    const auto& keys = schedule.keys[filling ^ 1];
    States<Unit, kStreams> one;
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      one[i] = Unit::add_nonce(constants.start, next - kStreams + i);
    Group<Unit, kStreams> digest7;
    const bool passed = interleave<Unit, kStreams>(
        one, tail.keys, [&](unsigned i, unsigned g) __attribute__((always_inline)) { return keys[g - 4][i]; }, a, b,
        reject_mask,
        digest7, [&](unsigned g) __attribute__((always_inline)) { schedule.make(filling, g, tail, next); });
    if (__builtin_expect(passed && turn >= 2, 0)) {
      push_hits<Unit, kStreams>(digest7, (turn - 2) * kStreams, first, count, plan.limit, midstate, hits);
    }
    digest_to_words<Unit, kStreams>(one, constants.midstate, a, b);
  }
}

/// K + W of hash 1's rounds 16 .. 63 for one nonce, shared by all midstates.
template <class Unit>
struct SharedKeys {
  std::uint32_t groups[12][4];

  [[gnu::always_inline]] void make(const TailConstants<Unit>& tail, std::uint32_t nonce) noexcept {
    using Vec = typename Unit::Vec;
    Vec a = tail.make16(nonce);
    Vec b = tail.make20(a);
    Vec c = tail.make24(a, b);
    Vec d = tail.make28(b, c);
    put(4, a, b, c, d);
#pragma GCC unroll 2
    for (unsigned g = 8; g < 16; g += 4) {
      a = next_words<Unit>(a, b, c, d);
      b = next_words<Unit>(b, c, d, a);
      c = next_words<Unit>(c, d, a, b);
      d = next_words<Unit>(d, a, b, c);
      put(g, a, b, c, d);
    }
  }

 private:
  template <class... Vecs>
  [[gnu::always_inline]] void put(unsigned g, Vecs... words) noexcept {
    ((Unit::store(groups[g - 4], Unit::add(words, Unit::load(&kRoundConstants[4 * g]))), ++g), ...);
  }
};

/// Several midstates. N nonces times M midstates are M sets of N headers, so no place is empty whatever M is. In one
/// turn, hash 1 of a set and hash 2 of the set before are computed; the schedules of the next N nonces are made in
/// between, where the processor's own reordering hides them.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void search_shared(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                 HitList& hits) noexcept {
  struct Place {  // which header of the N * M
    std::uint8_t nonce;
    std::uint8_t midstate;
  };
  const std::uint32_t sets = plan.midstate_count;
  Place places[kMaxMidstates][kStreams];
  MidstateConstants<Unit> constants[kMaxMidstates];
  for (std::uint32_t m = 0; m < sets; ++m) {
    constants[m] = MidstateConstants<Unit>(plan.states[m]);
    for (unsigned i = 0; i < kStreams; ++i) {
      const std::uint32_t header = m * kStreams + i;
      places[m][i] = {static_cast<std::uint8_t>(header / sets), static_cast<std::uint8_t>(header % sets)};
    }
  }
  const TailConstants<Unit> tail(plan.tail);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  alignas(64) SharedKeys<Unit> keys[2][kStreams];  // of these N nonces and of the next
  for (unsigned i = 0; i < kStreams; ++i)
    keys[0][i].make(tail, first + i);

  Group<Unit, kStreams> a = {}, b = {};
  const Place* before = nullptr;  // the set whose hash 2 is due
  std::uint32_t done_before = 0;
  for (std::uint32_t done = 0, half = 0;; done += kStreams, half ^= 1) {
    unsigned made = 0;  // of the next N nonces' schedules
    for (std::uint32_t set = 0; set < sets; ++set) {
      const Place* const now = places[set];
      for (; made * sets < (set + 1) * kStreams; ++made)
        keys[half ^ 1][made].make(tail, first + done + kStreams + made);
      States<Unit, kStreams> one;
#pragma GCC unroll 8
      for (unsigned i = 0; i < kStreams; ++i)
        one[i] = Unit::add_nonce(constants[now[i].midstate].start, first + done + now[i].nonce);
      Group<Unit, kStreams> digest7;
      const bool passed = interleave<Unit, kStreams>(
          one, tail.keys,
          [&](unsigned i, unsigned g) __attribute__((always_inline)) { return keys[half][now[i].nonce].groups[g - 4]; },
          a, b, reject_mask, digest7, [](unsigned) {});
      if (__builtin_expect(passed && before != nullptr, 0)) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < kStreams; ++i)
          push_hit<Unit>(digest7[i], done_before + before[i].nonce, first, count, plan.limit, before[i].midstate, hits);
      }
      if (done >= count) return;  // this set was only there for the hash 2 of the last
#pragma GCC unroll 8
      for (unsigned i = 0; i < kStreams; ++i)
        Unit::digest_words(one[i], constants[now[i].midstate].midstate, a[i], b[i]);
      before = now;
      done_before = done;
    }
  }
}

/// A BlockFunction: N + N streams.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void search_interleaved(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                      HitList& hits) noexcept {
  // For fewer, making schedules beside the rounds costs less than sharing them saves.
  constexpr std::uint32_t kFewestToShare = 4;
  if (plan.midstate_count >= kFewestToShare) {
    search_shared<Unit, kStreams>(plan, first, count, hits);
    return;
  }
  for (std::uint32_t midstate = 0; midstate < plan.midstate_count; ++midstate)
    search_pipelined<Unit, kStreams>(plan, midstate, first, count, hits);
}

}  // namespace lode::kernels
