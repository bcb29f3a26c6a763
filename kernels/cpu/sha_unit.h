// Building blocks of a search on a CPU's SHA-256 instructions, for any such instruction set.
//
// Those instructions do rounds and schedule words of one hash at a time, four words of 32 bits in a vector. What
// differs is called a Unit here, a type of static functions:
//   Vec                          four words, the first in the lowest lane
//   State                        words a..h as the instructions keep them
//   load(p), store(p, x)         four words from and to memory, without alignment
//   vec(w0, w1, w2, w3)          a constant
//   high_half(w2, w3)            two words above two zeros
//   add(x, y)                    each lane for itself
//   state(words)                 a State of words a..h
//   add_nonce(state, nonce)      with the nonce added to a and e
//   four_rounds(states, keys_at) four rounds of each state; keys_at(i) points to state i's four words of K + W
//   four_rounds(states, words, t)  rounds t .. t + 3; words[i] are state i's W[t .. t + 3]
//   half_words(g16, g12)         W[t-16] + s0(W[t-15]) for four t: the first instruction of the schedule
//   whole_words(half, g8, g4)    half + W[t-7] + s1(W[t-2]): the second one
//   known20(plan), words20(known20, g16)  W20 .. W23 of hash 1 out of constants and W16 .. W19
//   digest_words(state, midstate, low, high)  the digest's words 0..3 and 4..7
//   digest7(state, keys)         digest word 7, in some lane, out of hash 2's state after round 59 and four K + W
//   reject_mask(mask)            the mask in that lane
//   passes(digests, mask)        whether one of the digest7 has none of the mask's bits set
//   word(digest7)                digest word 7 alone
// Functions over N streams take arrays of N, so that a Unit can order its instructions: the second instruction of one
// hash waits for the first, those of other hashes don't.
//
// Pure functions, inlined always: they are compiled once per instruction set and must leave no callable copy behind.
#pragma once

#include <cstdint>

#include "kernels/core/search.h"
#include "kernels/cpu/block_scan.h"

namespace lode::kernels {

/// Four consecutive schedule words of N hashes.
template <class Unit, unsigned kStreams>
using Group = typename Unit::Vec[kStreams];

/// The states of N hashes.
template <class Unit, unsigned kStreams>
using States = typename Unit::State[kStreams];

/// W[t .. t + 3] out of the sixteen words before, oldest group first.
template <class Unit, class Vec = typename Unit::Vec>
[[gnu::always_inline]] inline Vec next_words(Vec g16, Vec g12, Vec g8, Vec g4) noexcept {
  return Unit::whole_words(Unit::half_words(g16, g12), g8, g4);
}

/// The same in place and for N hashes: the oldest group becomes the newest.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void extend(Group<Unit, kStreams>& g16, const Group<Unit, kStreams>& g12,
                                          const Group<Unit, kStreams>& g8, const Group<Unit, kStreams>& g4) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    g16[i] = next_words<Unit>(g16[i], g12[i], g8[i], g4[i]);
}

/// Four rounds with the same K + W for all streams.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void four_rounds(States<Unit, kStreams>& s, const std::uint32_t* keys) noexcept {
  Unit::four_rounds(s, [keys](unsigned) { return keys; });
}

/// What hash 1 needs of the job, as the instructions want it.
template <class Unit>
struct TailConstants {
  using Vec = typename Unit::Vec;

  const std::uint32_t* keys;  ///< K + W of rounds 0..15
  Vec words16;                ///< constant terms of W16..W19
  Vec known20;                ///< those of W20..W23, as the Unit wants them
  Vec words28;                ///< those of W28..W31

  [[gnu::always_inline]] explicit TailConstants(const TailPlan& plan) noexcept
      : keys(plan.keys.data()),
        words16(Unit::load(&plan.constants[16])),
        known20(Unit::known20(plan)),
        words28(Unit::load(&plan.constants[28])) {}

  // The schedule up to W31: most words before W16 are constants, so there is nothing to do for half_words.
  [[gnu::always_inline]] Vec make16(std::uint32_t nonce) const noexcept {
    return Unit::add(words16, Unit::high_half(small_sigma0(nonce), nonce));
  }
  [[gnu::always_inline]] Vec make20(Vec g16) const noexcept { return Unit::words20(known20, g16); }
  [[gnu::always_inline]] static Vec make24(Vec g16, Vec g20) noexcept {
    return Unit::whole_words(Unit::vec(0, 0, 0, 0), g16, g20);
  }
  [[gnu::always_inline]] Vec make28(Vec g20, Vec g24) const noexcept { return Unit::whole_words(words28, g20, g24); }
};

/// What hash 1 needs of a midstate.
template <class Unit>
struct MidstateConstants {
  typename Unit::State start;  ///< after round 3 with nonce 0
  typename Unit::State midstate;

  MidstateConstants() = default;
  [[gnu::always_inline]] explicit MidstateConstants(const StatePlan& plan) noexcept
      : start(Unit::state(plan.after_nonce_round)), midstate(Unit::state(plan.midstate)) {}
};

/// Hash 2's constant groups W8..W11 and W12..W15.
template <class Unit>
[[gnu::always_inline]] inline typename Unit::Vec padding8() noexcept {
  return Unit::vec(kPaddingBit, 0, 0, 0);
}
template <class Unit>
[[gnu::always_inline]] inline typename Unit::Vec padding12() noexcept {
  return Unit::vec(0, 0, 0, kDigestBits);
}

// Hash 2's schedule up to W31: half of the terms are zero or constant.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void extend2_16(Group<Unit, kStreams>& w0, const Group<Unit, kStreams>& w4) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    w0[i] = Unit::whole_words(Unit::half_words(w0[i], w4[i]), padding8<Unit>(), padding12<Unit>());
}
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void extend2_20(Group<Unit, kStreams>& w4, const Group<Unit, kStreams>& w16) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    w4[i] = Unit::whole_words(Unit::half_words(w4[i], padding8<Unit>()), padding12<Unit>(), w16[i]);
}
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void extend2_24(Group<Unit, kStreams>& w24, const Group<Unit, kStreams>& w16,
                                              const Group<Unit, kStreams>& w20) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    w24[i] = Unit::whole_words(padding8<Unit>(), w16[i], w20[i]);  // s0 of W9..W12 is zero
}
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void extend2_28(Group<Unit, kStreams>& w28, const Group<Unit, kStreams>& w16,
                                              const Group<Unit, kStreams>& w20,
                                              const Group<Unit, kStreams>& w24) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    w28[i] = Unit::whole_words(Unit::half_words(padding12<Unit>(), w16[i]), w20[i], w24[i]);
}

/// Between the hashes: the digest of hash 1 is words 0..7 of hash 2.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void digest_to_words(const States<Unit, kStreams>& s,
                                                   const typename Unit::State& midstate, Group<Unit, kStreams>& w0,
                                                   Group<Unit, kStreams>& w4) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    Unit::digest_words(s[i], midstate, w0[i], w4[i]);
}

/// Sets N states to hash 2's initial one.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void start_hash2(States<Unit, kStreams>& s) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    s[i] = Unit::state(kInitialState);
}

/// Hash 2's last rounds and the first test: whether one of the digests may be a hit.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline bool last_rounds(const States<Unit, kStreams>& s, const Group<Unit, kStreams>& w60,
                                               typename Unit::Vec reject_mask,
                                               Group<Unit, kStreams>& digest7) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    digest7[i] = Unit::digest7(s[i], Unit::add(w60[i], Unit::load(&kRoundConstants[60])));
  return Unit::passes(digest7, reject_mask);
}

/// Pushes a nonce of the `count` from `first` on if it is a hit.
template <class Unit>
[[gnu::always_inline]] inline void push_hit(typename Unit::Vec digest7, std::uint32_t index, std::uint32_t first,
                                            std::uint32_t count, std::uint32_t limit, std::uint32_t midstate,
                                            HitList& hits) noexcept {
  if (index < count && is_hit(Unit::word(digest7), limit)) hits.push(first + index, midstate);
}

/// The same for N nonces from `index` on.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void push_hits(const Group<Unit, kStreams>& digest7, std::uint32_t index,
                                             std::uint32_t first, std::uint32_t count, std::uint32_t limit,
                                             std::uint32_t midstate, HitList& hits) noexcept {
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i)
    push_hit<Unit>(digest7[i], index + i, first, count, limit, midstate, hits);
}

}  // namespace lode::kernels
