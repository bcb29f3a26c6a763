// The kernels on the SHA2 instructions of 64-bit ARM (Arm Architecture Reference Manual, C7: SHA256H, SHA256H2,
// SHA256SU0, SHA256SU1).
//
// SHA256H and SHA256H2 of four rounds wait for those of the rounds before and need nothing else from each other, so two
// hashes fill a unit that takes one instruction a cycle and four cycles for each. Four hashes fill slower ones, and all
// their states and schedules fit the 32 registers. So unlike on x86 all hashes go step by step together, and no step
// waits for memory.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include <arm_neon.h>

#include <array>
#include <cstdint>

#include "kernels/core/search.h"
#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/sha_unit.h"
#include "kernels/cpu/sha_unit_search.h"

namespace lode::kernels {
namespace {

/// The instructions as a Unit (sha_unit.h). SHA256H makes a..d of four rounds later and SHA256H2 e..h, both from the
/// same old state and the same four K + W. The schedule takes two instructions for four words and nothing else, and a
/// digest is words of the next message as it is.
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

  template <unsigned kStreams, class KeysAt>
  [[gnu::always_inline]] static void four_rounds(State (&s)[kStreams], KeysAt keys_at) noexcept {
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      four_rounds(s[i], load(keys_at(i)));
  }
  template <unsigned kStreams>
  [[gnu::always_inline]] static void four_rounds(State (&s)[kStreams], const Vec (&words)[kStreams],
                                                 unsigned t) noexcept {
    Vec keys[kStreams];
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      keys[i] = vaddq_u32(words[i], load(&kRoundConstants[t]));
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
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
  template <unsigned kStreams>
  [[gnu::always_inline]] static bool passes(const Vec (&digest7)[kStreams], Vec mask) noexcept {
    Vec rejected = vdupq_n_u32(~std::uint32_t{0});
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
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

/// Makes K + W of rounds 16..63 of hash 1 of some nonces; groups[g] is for rounds 16 + 4 g ...
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void store_keys(const TailConstants<Unit>& tail, std::uint32_t first,
                                              std::uint32_t (&groups)[12][kStreams][4]) noexcept {
  const auto store = [&](unsigned g, const Group<Unit, kStreams>& words) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (unsigned i = 0; i < kStreams; ++i)
      Unit::store(groups[g][i], Unit::add(words[i], Unit::load(&kRoundConstants[16 + 4 * g])));
  };
  Group<Unit, kStreams> a, b, c, d;
#pragma GCC unroll 8
  for (unsigned i = 0; i < kStreams; ++i) {
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
    extend<Unit, kStreams>(a, b, c, d);
    store(g, a);
    extend<Unit, kStreams>(b, c, d, a);
    store(g + 1, b);
    extend<Unit, kStreams>(c, d, a, b);
    store(g + 2, c);
    extend<Unit, kStreams>(d, a, b, c);
    store(g + 3, d);
  }
}

/// Several midstates: consecutive nonces step by step together, hash 1's schedules made once for all midstates.
template <class Unit, unsigned kStreams>
[[gnu::always_inline]] inline void search_nonces(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                 HitList& hits) noexcept {
  const TailConstants<Unit> tail(plan.tail);
  const auto reject_mask = Unit::reject_mask(plan.mask);
  alignas(64) std::uint32_t keys[12][kStreams][4];
  for (std::uint32_t done = 0; done < count; done += kStreams) {
    const std::uint32_t nonce = first + done;
    store_keys<Unit, kStreams>(tail, nonce, keys);
    for (std::uint32_t midstate = 0; midstate < plan.midstate_count; ++midstate) {
      const MidstateConstants<Unit> constants(plan.states[midstate]);
      States<Unit, kStreams> s;
#pragma GCC unroll 8
      for (unsigned i = 0; i < kStreams; ++i)
        s[i] = Unit::add_nonce(constants.start, nonce + i);
      four_rounds<Unit, kStreams>(s, tail.keys + 4);
      four_rounds<Unit, kStreams>(s, tail.keys + 8);
      four_rounds<Unit, kStreams>(s, tail.keys + 12);
#pragma GCC unroll 12
      for (const auto& group : keys)
        Unit::four_rounds(
            s, [&](unsigned i) __attribute__((always_inline)) { return group[i]; });
      Group<Unit, kStreams> a, b, digest7;
      digest_to_words<Unit, kStreams>(s, constants.midstate, a, b);
      if (__builtin_expect(hash2_side_by_side<Unit, kStreams>(a, b, reject_mask, digest7), 0)) {
        push_hits<Unit, kStreams>(digest7, done, first, count, plan.limit, midstate, hits);
      }
    }
  }
}

/// A BlockFunction.
template <unsigned kStreams>
[[gnu::always_inline]] inline void search(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                          HitList& hits) noexcept {
  if (plan.midstate_count == 1) {
    search_side_by_side<ArmSha2, kStreams>(plan, first, count, hits);
  } else {
    search_nonces<ArmSha2, kStreams>(plan, first, count, hits);
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
