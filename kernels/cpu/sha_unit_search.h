// Searches on SHA-256 instructions (sha_unit.h): what an instruction set's file makes its block functions of.
//
// Each instruction of a hash waits for the one before it, so one hash alone leaves the unit idle most of the time:
// several independent ones have to be in flight. Three ways:
//   search_side_by_side  N nonces step by step together
//   PipelinedSearch      hash 1 of N nonces, hash 2 of the N nonces before and hash 1's schedule of the N nonces after:
//                        more independent chains for the same number of live schedule words
//   SharedSearch         for several midstates: hash 1 of N headers and hash 2 of the N before; hash 1's schedule is
//                        made once a nonce and serves all midstates
#pragma once

#include <cstdint>

#include "kernels/core/search.h"
#include "kernels/cpu/block_scan.h"
#include "kernels/cpu/sha_unit.h"

namespace lode::kernels {

/// Hash 2 of N headers, whose words 0..7 are `a` and `b`. Returns whether one of the digests may be a hit.
template <class Unit, unsigned N>
[[gnu::always_inline]] inline bool hash2_side_by_side(Group<Unit, N>& a, Group<Unit, N>& b,
                                                      typename Unit::Vec reject_mask,
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
  return last_rounds<Unit, N>(s, d, reject_mask, digest7);
}

/// One midstate.
template <class Unit, unsigned N>
[[gnu::always_inline]] inline void search_side_by_side(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                       HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const MidstateConstants<Unit> constants(plan.states[0]);
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
    Group<Unit, N> digest7;
    if (__builtin_expect(hash2_side_by_side<Unit, N>(a, b, reject_mask, digest7), 0)) {
      push_hits<Unit, N>(digest7, done, first, count, plan.limit, 0, hits);
    }
  }
}

/// Rounds 4 .. 63 of hash 1 of N headers, whose states `one` are those after round 3, interleaved with hash 2 of N
/// others, whose words 0..7 are `a` and `b`. keys_at(i, g) points to K + W of hash 1's rounds 4 g .. 4 g + 3, g
/// = 4..15. beside.operator()<k>() is called for k = 0 .. 14, the four rounds of `one` from 4 k + 4 on having been
/// written: room for what else is to be done. Returns whether one of the digests may be a hit.
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
  beside.template operator()<0>();
  Unit::four_rounds(two, a, 0);
  four_rounds<Unit, N>(one, tail_keys + 8);
  beside.template operator()<1>();
  Unit::four_rounds(two, b, 4);
  four_rounds<Unit, N>(one, tail_keys + 12);
  beside.template operator()<2>();
  four_rounds<Unit, N>(two, &kKeys2[8]);
  hash1(4);
  beside.template operator()<3>();
  four_rounds<Unit, N>(two, &kKeys2[12]);
  extend2_16<Unit, N>(a, b);
  hash1(5);
  beside.template operator()<4>();
  Unit::four_rounds(two, a, 16);
  extend2_20<Unit, N>(b, a);
  hash1(6);
  beside.template operator()<5>();
  Unit::four_rounds(two, b, 20);
  extend2_24<Unit, N>(c, a, b);
  hash1(7);
  beside.template operator()<6>();
  Unit::four_rounds(two, c, 24);
  extend2_28<Unit, N>(d, a, b, c);
  hash1(8);
  beside.template operator()<7>();
  Unit::four_rounds(two, d, 28);
  extend<Unit, N>(a, b, c, d);
  hash1(9);
  beside.template operator()<8>();
  Unit::four_rounds(two, a, 32);
  extend<Unit, N>(b, c, d, a);
  hash1(10);
  beside.template operator()<9>();
  Unit::four_rounds(two, b, 36);
  extend<Unit, N>(c, d, a, b);
  hash1(11);
  beside.template operator()<10>();
  Unit::four_rounds(two, c, 40);
  extend<Unit, N>(d, a, b, c);
  hash1(12);
  beside.template operator()<11>();
  Unit::four_rounds(two, d, 44);
  extend<Unit, N>(a, b, c, d);
  hash1(13);
  beside.template operator()<12>();
  Unit::four_rounds(two, a, 48);
  extend<Unit, N>(b, c, d, a);
  hash1(14);
  beside.template operator()<13>();
  Unit::four_rounds(two, b, 52);
  extend<Unit, N>(c, d, a, b);
  hash1(15);
  beside.template operator()<14>();
  Unit::four_rounds(two, c, 56);
  extend<Unit, N>(d, a, b, c);
  return last_rounds<Unit, N>(two, d, reject_mask, digest7);
}

/// Nothing beside.
struct Alone {
  template <int kStep>
  [[gnu::always_inline]] void operator()() const noexcept {}
};

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

/// One midstate. In turn k, set k's schedule is made, and hash 1 of set k - 1 and hash 2 of set k - 2 are computed.
/// Lives as long as a call of a block function.
template <class Unit, unsigned N>
class PipelinedSearch {
 public:
  [[gnu::always_inline]] PipelinedSearch(const ScanPlan& plan, std::uint32_t first, std::uint32_t count) noexcept
      : tail_(plan.tail),
        constants_(plan.states[0]),
        reject_mask_(Unit::reject_mask(plan.mask)),
        limit_(plan.limit),
        first_(first),
        count_(count) {}

  /// After so many turns all is done; more of them find nothing.
  std::uint32_t turns() const noexcept { return (count_ + N - 1) / N + 2; }

  template <class Beside>
  [[gnu::always_inline]] void turn(HitList& hits, Beside beside) noexcept {
    const unsigned filling = turn_ & 1;
    const auto& keys = schedule_.keys[filling ^ 1];
    const std::uint32_t next = first_ + turn_ * N;
    States<Unit, N> one;
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      one[i] = Unit::add_nonce(constants_.start, next - N + i);
    Group<Unit, N> digest7;
    const bool passed = interleave<Unit, N>(
        one, tail_.keys, [&](unsigned i, unsigned g) __attribute__((always_inline)) { return keys[g - 4][i]; }, a_, b_,
        reject_mask_, digest7,
        [&]<int kStep>() __attribute__((always_inline)) {
          if constexpr (kStep < 12) schedule_.make(filling, kStep + 4, tail_, next);
          beside.template operator()<kStep>();
        });
    if (__builtin_expect(passed && turn_ >= 2, 0)) {
      push_hits<Unit, N>(digest7, (turn_ - 2) * N, first_, count_, limit_, 0, hits);
    }
    digest_to_words<Unit, N>(one, constants_.midstate, a_, b_);
    ++turn_;
  }

 private:
  TailConstants<Unit> tail_;
  MidstateConstants<Unit> constants_;
  typename Unit::Vec reject_mask_;
  std::uint32_t limit_;
  std::uint32_t first_;
  std::uint32_t count_;
  std::uint32_t turn_ = 0;
  Group<Unit, N> a_ = {};
  Group<Unit, N> b_ = {};
  Schedule<Unit, N> schedule_ = {};
};

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

/// Two or more midstates. N nonces times M midstates are M sets of N headers, so no place is empty whatever M is. In a
/// turn, hash 1 of one set and hash 2 of the set before are computed; the schedules of the next N nonces are made in
/// between. Lives as long as a call of a block function.
template <class Unit, unsigned N>
class SharedSearch {
 public:
  [[gnu::always_inline]] SharedSearch(const ScanPlan& plan, std::uint32_t first, std::uint32_t count) noexcept
      : tail_(plan.tail),
        reject_mask_(Unit::reject_mask(plan.mask)),
        limit_(plan.limit),
        first_(first),
        count_(count),
        sets_(plan.midstate_count) {
    for (std::uint32_t m = 0; m < sets_; ++m) {
      constants_[m] = MidstateConstants<Unit>(plan.states[m]);
      for (unsigned i = 0; i < N; ++i) {
        const std::uint32_t item = m * N + i;
        places_[m][i] = {static_cast<std::uint8_t>(item / sets_), static_cast<std::uint8_t>(item % sets_)};
      }
    }
    for (unsigned i = 0; i < N; ++i)
      keys_[0][i].make(tail_, first_ + i);
  }

  /// After so many turns all is done; more of them find nothing.
  std::uint32_t turns() const noexcept { return (count_ + N - 1) / N * sets_ + 1; }

  template <class Beside>
  [[gnu::always_inline]] void turn(HitList& hits, Beside beside) noexcept {
    const Place* const now = places_[set_];
    for (; made_ * sets_ < (set_ + 1) * N; ++made_)
      keys_[half_ ^ 1][made_].make(tail_, first_ + done_ + N + made_);
    States<Unit, N> one;
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      one[i] = Unit::add_nonce(constants_[now[i].midstate].start, first_ + done_ + now[i].nonce);
    Group<Unit, N> digest7;
    const bool passed = interleave<Unit, N>(
        one, tail_.keys,
        [&](unsigned i, unsigned g) __attribute__((always_inline)) { return keys_[half_][now[i].nonce].groups[g - 4]; },
        a_, b_, reject_mask_, digest7, beside);
    if (__builtin_expect(passed && before_ != nullptr, 0)) {
#pragma GCC unroll 8
      for (unsigned i = 0; i < N; ++i)
        push_hit<Unit>(digest7[i], done_before_ + before_[i].nonce, first_, count_, limit_, before_[i].midstate, hits);
    }
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      Unit::digest_words(one[i], constants_[now[i].midstate].midstate, a_[i], b_[i]);
    before_ = now;
    done_before_ = done_;
    if (++set_ == sets_) {
      set_ = 0;
      done_ += N;
      half_ ^= 1;
      made_ = 0;
    }
  }

 private:
  /// Which header of the N * M.
  struct Place {
    std::uint8_t nonce;
    std::uint8_t midstate;
  };

  TailConstants<Unit> tail_;
  typename Unit::Vec reject_mask_;
  std::uint32_t limit_;
  std::uint32_t first_;
  std::uint32_t count_;
  std::uint32_t sets_;
  std::uint32_t set_ = 0;
  std::uint32_t done_ = 0;  ///< nonces before those of this round of sets
  std::uint32_t made_ = 0;  ///< of the next N nonces' schedules
  unsigned half_ = 0;
  const Place* before_ = nullptr;  ///< the set whose hash 2 is due
  std::uint32_t done_before_ = 0;
  Group<Unit, N> a_ = {};
  Group<Unit, N> b_ = {};
  alignas(64) SharedKeys<Unit> keys_[2][N];  ///< of these N nonces and of the next
  Place places_[kMaxMidstates][N];
  MidstateConstants<Unit> constants_[kMaxMidstates];
};

/// A BlockFunction: N + N streams.
template <class Unit, unsigned N>
[[gnu::always_inline]] inline void search_interleaved(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                      HitList& hits) noexcept {
  const auto run = [&](auto&& search) __attribute__((always_inline)) {
    for (std::uint32_t left = search.turns(); left > 0; --left)
      search.turn(hits, Alone());
  };
  if (plan.midstate_count == 1) {
    run(PipelinedSearch<Unit, N>(plan, first, count));
  } else {
    run(SharedSearch<Unit, N>(plan, first, count));
  }
}

}  // namespace lode::kernels
