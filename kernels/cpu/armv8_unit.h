// The SHA2 instructions of 64-bit ARM as a Unit (sha_unit.h): Arm Architecture Reference Manual, C7, SHA256H, SHA256H2,
// SHA256SU0, SHA256SU1.
//
// SHA256H makes a..d of four rounds later and SHA256H2 e..h, both from the same old state and the same four K + W. The
// schedule takes two instructions for four words and nothing else, and a digest is words of the next message as it is.
// Pure functions, for files compiled with -march=armv8-a+crypto.
#pragma once

#include <arm_neon.h>

#include <array>
#include <cstdint>

#include "kernels/core/search.h"

namespace lode::kernels {

struct ArmSha2 {
  using Vec = uint32x4_t;

  struct State {
    Vec abcd;
    Vec efgh;
  };

  [[gnu::always_inline]] static Vec load(const std::uint32_t* words) noexcept { return vld1q_u32(words); }
  [[gnu::always_inline]] static void store(std::uint32_t* words, Vec x) noexcept { vst1q_u32(words, x); }
  [[gnu::always_inline]] static Vec vec(std::uint32_t w0, std::uint32_t w1, std::uint32_t w2,
                                        std::uint32_t w3) noexcept {
    return Vec{w0, w1, w2, w3};
  }
  [[gnu::always_inline]] static Vec high_half(std::uint32_t w2, std::uint32_t w3) noexcept {
    const std::uint64_t both = std::uint64_t{w3} << 32 | w2;
    return vreinterpretq_u32_u64(vcombine_u64(vcreate_u64(0), vcreate_u64(both)));
  }
  [[gnu::always_inline]] static Vec add(Vec x, Vec y) noexcept { return vaddq_u32(x, y); }

  [[gnu::always_inline]] static State state(const std::array<std::uint32_t, 8>& w) noexcept {
    return {.abcd = load(&w[0]), .efgh = load(&w[4])};
  }
  [[gnu::always_inline]] static State add_nonce(const State& s, std::uint32_t nonce) noexcept {
    const Vec lowest = vsetq_lane_u32(nonce, vdupq_n_u32(0), 0);
    return {.abcd = vaddq_u32(s.abcd, lowest), .efgh = vaddq_u32(s.efgh, lowest)};
  }

  template <unsigned N, class KeysAt>
  [[gnu::always_inline]] static void four_rounds(State (&s)[N], KeysAt keys_at) noexcept {
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      four_rounds(s[i], load(keys_at(i)));
  }
  template <unsigned N>
  [[gnu::always_inline]] static void four_rounds(State (&s)[N], const Vec (&words)[N], unsigned t) noexcept {
    Vec keys[N];
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      keys[i] = vaddq_u32(words[i], load(&kRoundConstants[t]));
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      four_rounds(s[i], keys[i]);
  }

  [[gnu::always_inline]] static Vec half_words(Vec g16, Vec g12) noexcept {
    return vsha256su0q_u32(g16, g12);
  }
  [[gnu::always_inline]] static Vec whole_words(Vec half, Vec g8, Vec g4) noexcept {
    return vsha256su1q_u32(half, g8, g4);
  }
  /// Without W16, which SHA256SU1 adds to W23.
  [[gnu::always_inline]] static Vec known20(const TailPlan& plan) noexcept {
    return vsetq_lane_u32(0, load(&plan.constants[20]), 3);
  }
  [[gnu::always_inline]] static Vec words20(Vec known20, Vec g16) noexcept {
    return vsha256su1q_u32(known20, vdupq_n_u32(0), g16);  // W13..W15 are among the constants
  }

  [[gnu::always_inline]] static void digest_words(const State& s, const State& midstate, Vec& low, Vec& high) noexcept {
    low = vaddq_u32(s.abcd, midstate.abcd);
    high = vaddq_u32(s.efgh, midstate.efgh);
  }

  /// In the highest lane: h after round 63, which was round 60's e. So a..d of the last rounds are not needed.
  [[gnu::always_inline]] static Vec digest7(const State& s, Vec keys) noexcept {
    return vaddq_u32(vsha256h2q_u32(s.efgh, s.abcd, keys), vdupq_n_u32(kInitialState[7]));
  }
  [[gnu::always_inline]] static Vec reject_mask(std::uint32_t mask) noexcept {
    return vdupq_n_u32(mask);
  }
  template <unsigned N>
  [[gnu::always_inline]] static bool passes(const Vec (&digest7)[N], Vec mask) noexcept {
    Vec rejected = vdupq_n_u32(~std::uint32_t{0});
#pragma GCC unroll 8
    for (unsigned i = 0; i < N; ++i)
      rejected = vandq_u32(rejected, vtstq_u32(digest7[i], mask));
    return word(rejected) == 0;
  }
  [[gnu::always_inline]] static std::uint32_t word(Vec digest7) noexcept {
    return vgetq_lane_u32(digest7, 3);
  }

 private:
  [[gnu::always_inline]] static void four_rounds(State& s, Vec keys) noexcept {
    const Vec before = s.abcd;
    s.abcd = vsha256hq_u32(before, s.efgh, keys);
    s.efgh = vsha256h2q_u32(s.efgh, before, keys);
  }
};

}  // namespace lode::kernels
