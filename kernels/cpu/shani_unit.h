// The SHA extensions of x86 as a Unit (sha_unit.h): Intel SDM volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2.
//
// SHA256RNDS2 does two rounds. It keeps the state in two registers, {a, b, e, f} and {c, d, g, h} with a and c in the
// highest lane, writes the new first one over the second, and takes K + W of its two rounds from the low half of XMM0.
// Pure functions, for files compiled with -msha.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "kernels/core/search.h"

namespace lode::kernels {

struct ShaNi {
  using Vec = __m128i;

  struct State {
    Vec abef;
    Vec cdgh;
  };

  [[gnu::always_inline]] static Vec load(const void* words) noexcept {
    return _mm_loadu_si128(static_cast<const Vec*>(words));
  }
  [[gnu::always_inline]] static void store(void* words, Vec x) noexcept {
    _mm_storeu_si128(static_cast<Vec*>(words), x);
  }
  [[gnu::always_inline]] static int as_int(std::uint32_t word) noexcept { return static_cast<int>(word); }
  [[gnu::always_inline]] static Vec vec(std::uint32_t w0, std::uint32_t w1, std::uint32_t w2,
                                        std::uint32_t w3) noexcept {
    return _mm_set_epi32(as_int(w3), as_int(w2), as_int(w1), as_int(w0));
  }
  [[gnu::always_inline]] static Vec high_half(std::uint32_t w2, std::uint32_t w3) noexcept {
    const std::uint64_t both = std::uint64_t{w3} << 32 | w2;
    return _mm_slli_si128(_mm_cvtsi64_si128(static_cast<long long>(both)), 8);
  }
  [[gnu::always_inline]] static Vec add(Vec x, Vec y) noexcept { return _mm_add_epi32(x, y); }

  [[gnu::always_inline]] static State state(const std::array<std::uint32_t, 8>& w) noexcept {
    return {.abef = vec(w[5], w[4], w[1], w[0]), .cdgh = vec(w[7], w[6], w[3], w[2])};
  }
  [[gnu::always_inline]] static State add_nonce(const State& s, std::uint32_t nonce) noexcept {
    return {.abef = _mm_add_epi32(s.abef, _mm_shuffle_epi32(_mm_cvtsi32_si128(as_int(nonce)), 0x11)), .cdgh = s.cdgh};
  }

  template <unsigned kStreams, class KeysAt>
  [[gnu::always_inline]] static void four_rounds(State (&s)[kStreams], KeysAt keys_at) noexcept {
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      s[i].cdgh = _mm_sha256rnds2_epu32(s[i].cdgh, s[i].abef, load_half(keys_at(i)));
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      s[i].abef = _mm_sha256rnds2_epu32(s[i].abef, s[i].cdgh, load_half(keys_at(i) + 2));
  }
  template <unsigned kStreams>
  [[gnu::always_inline]] static void four_rounds(State (&s)[kStreams], const Vec (&words)[kStreams],
                                                 unsigned t) noexcept {
    Vec second[kStreams];
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i) {
      const Vec keys = _mm_add_epi32(words[i], load(&kRoundConstants[t]));
      s[i].cdgh = _mm_sha256rnds2_epu32(s[i].cdgh, s[i].abef, keys);
      second[i] = _mm_shuffle_epi32(keys, 0x0e);
    }
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      s[i].abef = _mm_sha256rnds2_epu32(s[i].abef, s[i].cdgh, second[i]);
  }

  [[gnu::always_inline]] static Vec half_words(Vec g16, Vec g12) noexcept {
    return _mm_sha256msg1_epu32(g16, g12);
  }
  [[gnu::always_inline]] static Vec whole_words(Vec half, Vec g8, Vec g4) noexcept {
    return _mm_sha256msg2_epu32(_mm_add_epi32(half, straddle(g4, g8)), g4);
  }
  [[gnu::always_inline]] static Vec known20(const TailPlan& plan) noexcept {
    return load(&plan.constants[20]);
  }
  [[gnu::always_inline]] static Vec words20(Vec known20, Vec g16) noexcept {
    return _mm_sha256msg2_epu32(known20, g16);  // W13..W16 are among the constants
  }

  /// {a, b, e, f}, {c, d, g, h} to {a, b, c, d}, {e, f, g, h}.
  [[gnu::always_inline]] static void digest_words(const State& s, const State& midstate, Vec& low, Vec& high) noexcept {
    const Vec feba = _mm_shuffle_epi32(_mm_add_epi32(s.abef, midstate.abef), 0x1b);
    const Vec hgdc = _mm_shuffle_epi32(_mm_add_epi32(s.cdgh, midstate.cdgh), 0x1b);
    low = _mm_unpacklo_epi64(feba, hgdc);
    high = _mm_unpackhi_epi64(feba, hgdc);
  }

  /// After round 61 the lowest lane, f, is round 60's e, which would be h after round 63.
  [[gnu::always_inline]] static Vec digest7(const State& s, Vec keys) noexcept {
    return _mm_add_epi32(_mm_sha256rnds2_epu32(s.cdgh, s.abef, keys), _mm_cvtsi32_si128(as_int(kInitialState[7])));
  }
  [[gnu::always_inline]] static Vec reject_mask(std::uint32_t mask) noexcept {
    return _mm_cvtsi32_si128(as_int(mask));
  }
  template <unsigned kStreams>
  [[gnu::always_inline]] static bool passes(const Vec (&digest7)[kStreams], Vec mask) noexcept {
    Vec passed = _mm_setzero_si128();
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      passed = _mm_or_si128(passed, _mm_cmpeq_epi32(_mm_and_si128(digest7[i], mask), _mm_setzero_si128()));
    return _mm_cvtsi128_si32(passed) != 0;
  }
  [[gnu::always_inline]] static std::uint32_t word(Vec digest7) noexcept {
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(digest7));
  }

 private:
  /// Two words into the low half.
  [[gnu::always_inline]] static Vec load_half(const std::uint32_t* words) noexcept {
    return _mm_loadl_epi64(static_cast<const Vec*>(static_cast<const void*>(words)));
  }
  /// Words 1..4 of the eight in two groups: {low[1], low[2], low[3], high[0]}. Not as the intrinsic for PALIGNR, which
  /// compilers do not compute for constants.
  [[gnu::always_inline]] static Vec straddle(Vec high, Vec low) noexcept {
    using Words [[gnu::vector_size(16)]] = std::uint32_t;
    return reinterpret_cast<Vec>(
        __builtin_shufflevector(reinterpret_cast<Words>(low), reinterpret_cast<Words>(high), 1, 2, 3, 4));
  }
};

}  // namespace lode::kernels
