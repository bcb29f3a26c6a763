// SHA extensions (Intel SDM volume 2: SHA256RNDS2, SHA256MSG1, SHA256MSG2).
//
// One SHA256RNDS2 does two rounds and has to wait for the one before it, so one hash alone leaves the unit idle most of
// the time: several independent hashes run side by side. The instruction keeps the state in two registers, {a, b, e, f}
// and {c, d, g, h} with a and c in the highest lane, and takes K + W of its two rounds from the low half of a third.
//
// Two ways to have several hashes: N nonces step by step together (search_side_by_side), or hash 1 of N nonces together
// with hash 2 of the N before them and the schedule of the N after (search_pipelined). The second has more independent
// chains for the same number of live message words, and wins where the unit's throughput allows.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include <immintrin.h>

#include "kernels/cpu/block_functions.h"

namespace lode::kernels {
namespace {

using Vec = __m128i;

#define LODE_EACH_STREAM _Pragma("GCC unroll 8") for (unsigned i = 0; i < N; ++i)

[[gnu::always_inline]] inline Vec load(const void* words) noexcept {
  return _mm_loadu_si128(static_cast<const Vec*>(words));
}
/// Two words into the low half.
[[gnu::always_inline]] inline Vec load_half(const void* words) noexcept {
  return _mm_loadl_epi64(static_cast<const Vec*>(words));
}
[[gnu::always_inline]] inline int as_int(std::uint32_t word) noexcept {
  return static_cast<int>(word);
}
[[gnu::always_inline]] inline Vec vec(std::uint32_t w3, std::uint32_t w2, std::uint32_t w1, std::uint32_t w0) noexcept {
  return _mm_set_epi32(as_int(w3), as_int(w2), as_int(w1), as_int(w0));
}
/// Words 1..4 of the eight in two groups: {low[1], low[2], low[3], high[0]}.
[[gnu::always_inline]] inline Vec straddle(Vec high, Vec low) noexcept {
  return _mm_alignr_epi8(high, low, 4);
}

/// The states of N hashes.
template <unsigned N>
struct States {
  Vec abef[N];
  Vec cdgh[N];
};

/// Four consecutive schedule words of N hashes, the first in the lowest lane.
template <unsigned N>
struct Group {
  Vec words[N];
};

/// Four rounds with the same K + W for all streams.
template <unsigned N>
[[gnu::always_inline]] inline void four_rounds(States<N>& s, const std::uint32_t* keys) noexcept {
  const Vec first = load_half(keys);
  LODE_EACH_STREAM s.cdgh[i] = _mm_sha256rnds2_epu32(s.cdgh[i], s.abef[i], first);
  const Vec second = load_half(keys + 2);
  LODE_EACH_STREAM s.abef[i] = _mm_sha256rnds2_epu32(s.abef[i], s.cdgh[i], second);
}

/// Rounds t .. t + 3 with each stream's own schedule words.
template <unsigned N>
[[gnu::always_inline]] inline void four_rounds(States<N>& s, const Group<N>& group, unsigned t) noexcept {
  Vec second[N];
  LODE_EACH_STREAM {
    const Vec keys = _mm_add_epi32(group.words[i], load(&kRoundConstants[t]));
    s.cdgh[i] = _mm_sha256rnds2_epu32(s.cdgh[i], s.abef[i], keys);
    second[i] = _mm_shuffle_epi32(keys, 0x0e);
  }
  LODE_EACH_STREAM s.abef[i] = _mm_sha256rnds2_epu32(s.abef[i], s.cdgh[i], second[i]);
}

/// W[t .. t + 3] out of the sixteen words before, oldest group first.
[[gnu::always_inline]] inline Vec next_words(Vec g16, Vec g12, Vec g8, Vec g4) noexcept {
  return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(g16, g12), straddle(g4, g8)), g4);
}

/// The same in place: the oldest group becomes the newest.
template <unsigned N>
[[gnu::always_inline]] inline void extend(Group<N>& g16, const Group<N>& g12, const Group<N>& g8,
                                          const Group<N>& g4) noexcept {
  LODE_EACH_STREAM g16.words[i] = next_words(g16.words[i], g12.words[i], g8.words[i], g4.words[i]);
}

/// The job's constants, as the instructions want them.
struct Constants {
  const std::uint32_t* keys;   ///< K + W of rounds 0..15
  Vec start_abef, start_cdgh;  ///< state after round 3 with nonce 0
  Vec midstate_abef, midstate_cdgh;
  Vec words16;  ///< constant terms of W16..W19
  Vec words20;  ///< those of W20..W23; W23's contains W16
  Vec words28;  ///< those of W28..W31
  Vec reject_mask;

  [[gnu::always_inline]] Constants(const ScanPlan& plan, const StatePlan& state) noexcept
      : keys(plan.tail.keys.data()) {
    const auto& start = state.after_nonce_round;
    const auto& mid = state.midstate;
    const auto& c = plan.tail.constants;
    start_abef = vec(start[0], start[1], start[4], start[5]);
    start_cdgh = vec(start[2], start[3], start[6], start[7]);
    midstate_abef = vec(mid[0], mid[1], mid[4], mid[5]);
    midstate_cdgh = vec(mid[2], mid[3], mid[6], mid[7]);
    words16 = load(&c[16]);
    words20 = load(&c[20]);
    words28 = load(&c[28]);
    reject_mask = _mm_cvtsi32_si128(as_int(plan.mask));
  }

  /// State after round 3: the nonce is added to a and e.
  [[gnu::always_inline]] Vec start(std::uint32_t nonce) const noexcept {
    return _mm_add_epi32(start_abef, _mm_shuffle_epi32(_mm_cvtsi32_si128(as_int(nonce)), 0x11));
  }

  // Hash 1's schedule up to W31: most words before W16 are constants, so SHA256MSG1 has nothing to do.
  [[gnu::always_inline]] Vec make16(std::uint32_t nonce) const noexcept {
    const std::uint64_t terms = std::uint64_t{nonce} << 32 | small_sigma0(nonce);  // into W19 and W18
    return _mm_add_epi32(words16, _mm_slli_si128(_mm_cvtsi64_si128(static_cast<long long>(terms)), 8));
  }
  [[gnu::always_inline]] Vec make20(Vec g16) const noexcept { return _mm_sha256msg2_epu32(words20, g16); }
  [[gnu::always_inline]] static Vec make24(Vec g16, Vec g20) noexcept {
    return _mm_sha256msg2_epu32(straddle(g20, g16), g20);
  }
  [[gnu::always_inline]] Vec make28(Vec g20, Vec g24) const noexcept {
    return _mm_sha256msg2_epu32(_mm_add_epi32(straddle(g24, g20), words28), g24);
  }
};

/// Hash 2's constant groups W8..W11 and W12..W15.
[[gnu::always_inline]] inline Vec padding8() noexcept {
  return vec(0, 0, 0, kPaddingBit);
}
[[gnu::always_inline]] inline Vec padding12() noexcept {
  return vec(kDigestBits, 0, 0, 0);
}

template <unsigned N>
[[gnu::always_inline]] inline void start_hash2(States<N>& s) noexcept {
  constexpr const State& k = kInitialState;
  LODE_EACH_STREAM {
    s.abef[i] = vec(k[0], k[1], k[4], k[5]);
    s.cdgh[i] = vec(k[2], k[3], k[6], k[7]);
  }
}

/// Hash 1's digest as hash 2's words: {a, b, e, f}, {c, d, g, h} to W0..W3 = {a, b, c, d}, W4..W7 = {e, f, g, h}.
template <unsigned N>
[[gnu::always_inline]] inline void digest_to_words(const States<N>& s, const Constants& job, Group<N>& w0,
                                                   Group<N>& w4) noexcept {
  LODE_EACH_STREAM {
    const Vec feba = _mm_shuffle_epi32(_mm_add_epi32(s.abef[i], job.midstate_abef), 0x1b);
    const Vec hgdc = _mm_shuffle_epi32(_mm_add_epi32(s.cdgh[i], job.midstate_cdgh), 0x1b);
    w0.words[i] = _mm_unpacklo_epi64(feba, hgdc);
    w4.words[i] = _mm_unpackhi_epi64(feba, hgdc);
  }
}

template <unsigned N>
[[gnu::always_inline]] inline void extend2_16(Group<N>& w0, const Group<N>& w4) noexcept {
  LODE_EACH_STREAM w0.words[i] = _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(w0.words[i], w4.words[i]), padding12());
}
template <unsigned N>
[[gnu::always_inline]] inline void extend2_20(Group<N>& w4, const Group<N>& w16) noexcept {
  LODE_EACH_STREAM w4.words[i] = _mm_sha256msg2_epu32(
      _mm_add_epi32(_mm_sha256msg1_epu32(w4.words[i], padding8()), straddle(w16.words[i], padding12())), w16.words[i]);
}
template <unsigned N>
[[gnu::always_inline]] inline void extend2_24(Group<N>& w24, const Group<N>& w16, const Group<N>& w20) noexcept {
  LODE_EACH_STREAM w24.words[i] =
      _mm_sha256msg2_epu32(_mm_add_epi32(padding8(), straddle(w20.words[i], w16.words[i])), w20.words[i]);
}
template <unsigned N>
[[gnu::always_inline]] inline void extend2_28(Group<N>& w28, const Group<N>& w16, const Group<N>& w20,
                                              const Group<N>& w24) noexcept {
  LODE_EACH_STREAM w28.words[i] = _mm_sha256msg2_epu32(
      _mm_add_epi32(_mm_sha256msg1_epu32(padding12(), w16.words[i]), straddle(w24.words[i], w20.words[i])),
      w24.words[i]);
}

/// Hash 2's last rounds, 60 and 61, and the first test. After round 61 the lowest lane, f, is round 60's e, which would
/// be h after round 63: with the initial h added it is digest word 7, left in the lowest lane of `s.cdgh`.
template <unsigned N>
[[gnu::always_inline]] inline bool last_round(States<N>& s, const Group<N>& w60, Vec reject_mask) noexcept {
  Vec passed = _mm_setzero_si128();
  LODE_EACH_STREAM {
    const Vec keys = _mm_add_epi32(w60.words[i], load(&kRoundConstants[60]));
    s.cdgh[i] =
        _mm_add_epi32(_mm_sha256rnds2_epu32(s.cdgh[i], s.abef[i], keys), _mm_cvtsi32_si128(as_int(kInitialState[7])));
    passed = _mm_or_si128(passed, _mm_cmpeq_epi32(_mm_and_si128(s.cdgh[i], reject_mask), _mm_setzero_si128()));
  }
  return _mm_cvtsi128_si32(passed) != 0;
}

/// Pushes the hits among N nonces; `digest7` holds digest word 7 in the lowest lanes, `left` how many of them count.
template <unsigned N>
[[gnu::always_inline]] inline void push_hits(const Vec (&digest7)[N], std::uint32_t first, std::uint32_t left,
                                             std::uint32_t limit, std::uint32_t midstate, HitList& hits) noexcept {
  LODE_EACH_STREAM {
    const auto word = static_cast<std::uint32_t>(_mm_cvtsi128_si32(digest7[i]));
    if (i < left && __builtin_bswap32(word) <= limit) hits.push(first + i, midstate);
  }
}

template <unsigned N>
[[gnu::always_inline]] inline void search_side_by_side(const ScanPlan& plan, std::uint32_t midstate,
                                                       std::uint32_t first, std::uint32_t count,
                                                       HitList& hits) noexcept {
  const Constants job(plan, plan.states[midstate]);
  for (std::uint32_t done = 0; done < count; done += N) {
    const std::uint32_t nonce = first + done;
    States<N> s;
    Group<N> a, b, c, d;
    LODE_EACH_STREAM {
      s.abef[i] = job.start(nonce + i);
      s.cdgh[i] = job.start_cdgh;
      a.words[i] = job.make16(nonce + i);
    }
    four_rounds<N>(s, job.keys + 4);
    four_rounds<N>(s, job.keys + 8);
    four_rounds<N>(s, job.keys + 12);
    four_rounds<N>(s, a, 16);
    LODE_EACH_STREAM b.words[i] = job.make20(a.words[i]);
    four_rounds<N>(s, b, 20);
    LODE_EACH_STREAM c.words[i] = Constants::make24(a.words[i], b.words[i]);
    four_rounds<N>(s, c, 24);
    LODE_EACH_STREAM d.words[i] = job.make28(b.words[i], c.words[i]);
    four_rounds<N>(s, d, 28);
    _Pragma("GCC unroll 2") for (unsigned t = 32; t < 64; t += 16) {
      extend<N>(a, b, c, d);
      four_rounds<N>(s, a, t);
      extend<N>(b, c, d, a);
      four_rounds<N>(s, b, t + 4);
      extend<N>(c, d, a, b);
      four_rounds<N>(s, c, t + 8);
      extend<N>(d, a, b, c);
      four_rounds<N>(s, d, t + 12);
    }

    digest_to_words<N>(s, job, a, b);
    start_hash2<N>(s);
    four_rounds<N>(s, a, 0);
    four_rounds<N>(s, b, 4);
    four_rounds<N>(s, &kKeys2[8]);
    four_rounds<N>(s, &kKeys2[12]);
    extend2_16<N>(a, b);
    four_rounds<N>(s, a, 16);
    extend2_20<N>(b, a);
    four_rounds<N>(s, b, 20);
    extend2_24<N>(c, a, b);
    four_rounds<N>(s, c, 24);
    extend2_28<N>(d, a, b, c);
    four_rounds<N>(s, d, 28);
    extend<N>(a, b, c, d);
    four_rounds<N>(s, a, 32);
    extend<N>(b, c, d, a);
    four_rounds<N>(s, b, 36);
    extend<N>(c, d, a, b);
    four_rounds<N>(s, c, 40);
    extend<N>(d, a, b, c);
    four_rounds<N>(s, d, 44);
    extend<N>(a, b, c, d);
    four_rounds<N>(s, a, 48);
    extend<N>(b, c, d, a);
    four_rounds<N>(s, b, 52);
    extend<N>(c, d, a, b);
    four_rounds<N>(s, c, 56);
    extend<N>(d, a, b, c);
    if (__builtin_expect(last_round<N>(s, d, job.reject_mask), 0)) {
      push_hits<N>(s.cdgh, nonce, count - done, plan.limit, midstate, hits);
    }
  }
}

/// Hash 1's schedule of the nonces that come next: kept in memory, so that the registers are free for the states.
template <unsigned N>
struct Schedule {
  Vec words[16][N];    ///< group g holds W[4 g .. 4 g + 3]; 4..15 are used
  Vec keys[2][12][N];  ///< K + W of groups 4..15: one half is used while the other is filled

  /// Stores a group, and makes the compiler forget that it still has it in a register.
  [[gnu::always_inline]] void put(unsigned half, unsigned g, unsigned i, Vec value) noexcept {
    words[g][i] = value;
    asm volatile("" : "+m"(words[g][i]));
    keys[half][g - 4][i] = _mm_add_epi32(value, load(&kRoundConstants[4 * g]));
  }
  /// Group g >= 8 out of the four before it.
  [[gnu::always_inline]] void extend(unsigned half, unsigned g) noexcept {
    LODE_EACH_STREAM put(half, g, i, next_words(words[g - 4][i], words[g - 3][i], words[g - 2][i], words[g - 1][i]));
  }
};

/// Rounds 4 g .. 4 g + 3 of hash 1 from a filled schedule.
template <unsigned N>
[[gnu::always_inline]] inline void four_rounds(States<N>& s, const Vec (&keys)[12][N], unsigned g) noexcept {
  LODE_EACH_STREAM s.cdgh[i] = _mm_sha256rnds2_epu32(s.cdgh[i], s.abef[i], load_half(&keys[g - 4][i]));
  LODE_EACH_STREAM {
    const auto* second = reinterpret_cast<const std::uint64_t*>(&keys[g - 4][i]) + 1;
    s.abef[i] = _mm_sha256rnds2_epu32(s.abef[i], s.cdgh[i], load_half(second));
  }
}

template <unsigned N>
[[gnu::always_inline]] inline void search_pipelined(const ScanPlan& plan, std::uint32_t midstate, std::uint32_t first,
                                                    std::uint32_t count, HitList& hits) noexcept {
  const Constants job(plan, plan.states[midstate]);
  Schedule<N> schedule = {};
  Group<N> a = {}, b = {}, c, d;
  // In one turn, set k's schedule is made, hash 1 of set k - 1 and hash 2 of set k - 2 are computed.
  const std::uint32_t turns = (count + N - 1) / N + 2;
  std::uint32_t next = first;
  for (std::uint32_t turn = 0; turn < turns; ++turn, next += N) {
    const unsigned filling = turn & 1;
    const Vec(&keys)[12][N] = schedule.keys[filling ^ 1];
    States<N> one, two;
    LODE_EACH_STREAM {
      one.abef[i] = job.start(next - N + i);
      one.cdgh[i] = job.start_cdgh;
    }
    start_hash2<N>(two);

    four_rounds<N>(one, job.keys + 4);
    LODE_EACH_STREAM schedule.put(filling, 4, i, job.make16(next + i));
    four_rounds<N>(two, a, 0);
    four_rounds<N>(one, job.keys + 8);
    LODE_EACH_STREAM schedule.put(filling, 5, i, job.make20(schedule.words[4][i]));
    four_rounds<N>(two, b, 4);
    four_rounds<N>(one, job.keys + 12);
    LODE_EACH_STREAM schedule.put(filling, 6, i, Constants::make24(schedule.words[4][i], schedule.words[5][i]));
    four_rounds<N>(two, &kKeys2[8]);
    four_rounds<N>(one, keys, 4);
    LODE_EACH_STREAM schedule.put(filling, 7, i, job.make28(schedule.words[5][i], schedule.words[6][i]));
    four_rounds<N>(two, &kKeys2[12]);
    extend2_16<N>(a, b);
    four_rounds<N>(one, keys, 5);
    schedule.extend(filling, 8);
    four_rounds<N>(two, a, 16);
    extend2_20<N>(b, a);
    four_rounds<N>(one, keys, 6);
    schedule.extend(filling, 9);
    four_rounds<N>(two, b, 20);
    extend2_24<N>(c, a, b);
    four_rounds<N>(one, keys, 7);
    schedule.extend(filling, 10);
    four_rounds<N>(two, c, 24);
    extend2_28<N>(d, a, b, c);
    four_rounds<N>(one, keys, 8);
    schedule.extend(filling, 11);
    four_rounds<N>(two, d, 28);
    extend<N>(a, b, c, d);
    four_rounds<N>(one, keys, 9);
    schedule.extend(filling, 12);
    four_rounds<N>(two, a, 32);
    extend<N>(b, c, d, a);
    four_rounds<N>(one, keys, 10);
    schedule.extend(filling, 13);
    four_rounds<N>(two, b, 36);
    extend<N>(c, d, a, b);
    four_rounds<N>(one, keys, 11);
    schedule.extend(filling, 14);
    four_rounds<N>(two, c, 40);
    extend<N>(d, a, b, c);
    four_rounds<N>(one, keys, 12);
    schedule.extend(filling, 15);
    four_rounds<N>(two, d, 44);
    extend<N>(a, b, c, d);
    four_rounds<N>(one, keys, 13);
    four_rounds<N>(two, a, 48);
    extend<N>(b, c, d, a);
    four_rounds<N>(one, keys, 14);
    four_rounds<N>(two, b, 52);
    extend<N>(c, d, a, b);
    four_rounds<N>(one, keys, 15);
    four_rounds<N>(two, c, 56);
    extend<N>(d, a, b, c);
    if (__builtin_expect(last_round<N>(two, d, job.reject_mask) && turn >= 2, 0)) {
      push_hits<N>(two.cdgh, next - 2 * N, count - (turn - 2) * N, plan.limit, midstate, hits);
    }
    digest_to_words<N>(one, job, a, b);
  }
}

#undef LODE_EACH_STREAM

}  // namespace

// Dirty upper halves of the wide registers, left by whoever ran before, would slow down every legacy-encoded SHA
// instruction on some CPUs: hence VZEROUPPER first.

void shani_x2_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m)
    search_side_by_side<2>(plan, m, first, count, hits);
}

void shani_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m)
    search_pipelined<2>(plan, m, first, count, hits);
}

void shani_x6_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m)
    search_pipelined<3>(plan, m, first, count, hits);
}

}  // namespace lode::kernels
