// AVX2: eight nonces at a time, one in each 32-bit lane.
//
// AVX2 has no rotate, so shifts and XORs are most of the work, and sixteen registers for nine live words of state: what
// does not fit is kept in memory on purpose. Constants lie there as whole vectors, for use as memory operands, and the
// schedule as all its 64 words, so that the general rounds of both hashes are short loops without moves.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include <immintrin.h>

#include "kernels/cpu/block_functions.h"

namespace lode::kernels {
namespace {

constexpr std::uint32_t kLanes = 8;

/// One word of eight hashes; a word type for the algebra in kernels/core.
struct Lanes {
  __m256i v;
};

[[gnu::always_inline]] inline Lanes all(std::uint32_t x) noexcept {
  return {_mm256_set1_epi32(static_cast<int>(x))};
}
[[gnu::always_inline]] inline Lanes operator+(Lanes a, Lanes b) noexcept {
  return {_mm256_add_epi32(a.v, b.v)};
}
[[gnu::always_inline]] inline Lanes operator^(Lanes a, Lanes b) noexcept {
  return {_mm256_xor_si256(a.v, b.v)};
}
[[gnu::always_inline]] inline Lanes operator&(Lanes a, Lanes b) noexcept {
  return {_mm256_and_si256(a.v, b.v)};
}
[[gnu::always_inline]] inline Lanes operator|(Lanes a, Lanes b) noexcept {
  return {_mm256_or_si256(a.v, b.v)};
}
[[gnu::always_inline]] inline Lanes operator<<(Lanes a, int n) noexcept {
  return {_mm256_slli_epi32(a.v, n)};
}
[[gnu::always_inline]] inline Lanes operator>>(Lanes a, int n) noexcept {
  return {_mm256_srli_epi32(a.v, n)};
}

/// Everything that the rounds read or write, as vectors.
struct Memory {
  Lanes schedule[64];   ///< words of the hash being computed; only those that vary
  Lanes constants[64];  ///< K of every round
  Lanes keys1[18];      ///< hash 1: K + W of rounds 0..17
  Lanes terms1[kFirstFullWord];
  Lanes keys2[16];  ///< hash 2: K + W of rounds 8..15
  Lanes terms2[kFirstFullWord2];
  Lanes midstate[8];
  Lanes start[8];  ///< state after round 3 with nonce 0
  Lanes initial[8];
  Lanes reject_mask;
};

void fill(Memory& m, const ScanPlan& plan) noexcept {
  for (unsigned t = 0; t < 64; ++t)
    m.constants[t] = all(kRoundConstants[t]);
  for (unsigned t = 0; t < 18; ++t)
    m.keys1[t] = all(plan.tail.keys[t]);
  for (unsigned t = 0; t < kFirstFullWord; ++t)
    m.terms1[t] = all(plan.tail.constants[t]);
  for (unsigned t = 0; t < 16; ++t)
    m.keys2[t] = all(kKeys2[t]);
  for (unsigned t = 0; t < kFirstFullWord2; ++t)
    m.terms2[t] = all(kConstants2[t]);
  for (unsigned i = 0; i < 8; ++i)
    m.initial[i] = all(kInitialState[i]);
  m.reject_mask = all(plan.mask);
}

void fill(Memory& m, const StatePlan& plan) noexcept {
  for (unsigned i = 0; i < 8; ++i)
    m.midstate[i] = all(plan.midstate[i]);
  for (unsigned i = 0; i < 8; ++i)
    m.start[i] = all(plan.after_nonce_round[i]);
}

/// A value that the compiler has to take as it comes: keeps it from folding addresses and tables into the code.
template <class Pointer>
[[gnu::always_inline]] inline Pointer opaque(Pointer p) noexcept {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

/// Makes the schedule word at `w` out of the sixteen before it; K + W.
[[gnu::always_inline]] inline Lanes extend(Lanes* w, const Lanes* constant) noexcept {
  const Lanes sum = (w[-16] + w[-7]) + (small_sigma0(w[-15]) + small_sigma1(w[-2]));
  *w = sum;
  return sum + *constant;
}

/// Word t of hash 1, 18 <= t < 34 or a few more; K + W.
[[gnu::always_inline]] inline Lanes extend1(Memory& m, Lanes nonce, int t) noexcept {
  Lanes* const w = m.schedule;
  Lanes sum;
  if (t == 18) {
    sum = small_sigma0(nonce) + m.terms1[t];
  } else if (t == 19) {
    sum = nonce + m.terms1[t];
  } else {
    sum = small_sigma1(w[t - 2]);
    if (t < kFirstFullWord && has_constant1(t)) sum = sum + m.terms1[t];
    if (varies1(t - 7)) sum = sum + w[t - 7];
    if (varies1(t - 16)) sum = sum + w[t - 16];
    if (varies1(t - 15)) sum = sum + small_sigma0(w[t - 15]);
  }
  w[t] = sum;
  return sum + m.constants[t];
}

/// Word t of hash 2, 16 <= t < 32; K + W.
[[gnu::always_inline]] inline Lanes extend2(Memory& m, int t) noexcept {
  Lanes* const w = m.schedule;
  Lanes sum;
  if (t == 16) {
    sum = small_sigma0(w[1]) + w[0];
  } else {
    sum = varies2(t - 2) ? small_sigma1(w[t - 2]) : m.terms2[t];
    if (varies2(t - 2) && has_constant2(t)) sum = sum + m.terms2[t];
    if (varies2(t - 7)) sum = sum + w[t - 7];
    if (varies2(t - 16)) sum = sum + w[t - 16];
    if (varies2(t - 15)) sum = sum + small_sigma0(w[t - 15]);
  }
  w[t] = sum;
  return sum + m.constants[t];
}

/// Digest word 7 of eight nonces.
[[gnu::always_inline]] inline Lanes hash(Memory& m, Lanes nonce) noexcept {
  Lanes s[8];
  for (unsigned i = 0; i < 8; ++i)
    s[i] = m.start[i];
  s[0] = s[0] + nonce;
  s[4] = s[4] + nonce;
  Lanes x = s[1] ^ s[2];
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return m.keys1[4 + i]; });
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return i < 6 ? m.keys1[12 + i] : extend1(m, nonce, 12 + i); });
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return extend1(m, nonce, 20 + i); });
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return extend1(m, nonce, 28 + i); });
  Lanes* w = opaque(m.schedule + 36);
  const Lanes* k = opaque(m.constants + 36);
  for (const Lanes* const end = opaque(w + 24); w != end; w = opaque(w + 8), k = opaque(k + 8)) {
    eight_rounds(
        s, x, [&](int i) __attribute__((always_inline)) { return extend(w + i, k + i); });
  }
  round(s[0], s[1], s[3], s[4], s[5], s[6], s[7], x, extend(w, k));
  round(s[7], s[0], s[2], s[3], s[4], s[5], s[6], x, extend(w + 1, k + 1));
  round(s[6], s[7], s[1], s[2], s[3], s[4], s[5], x, extend(w + 2, k + 2));
  round(s[5], s[6], s[0], s[1], s[2], s[3], s[4], x, extend(w + 3, k + 3));

  // Those four renamings leave a..h in s[4..7], s[0..3].
  for (unsigned i = 0; i < 8; ++i)
    m.schedule[i] = s[(i + 4) % 8] + m.midstate[i];
  for (unsigned i = 0; i < 8; ++i)
    s[i] = m.initial[i];
  x = s[1] ^ s[2];
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return m.schedule[i] + m.constants[i]; });
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return m.keys2[8 + i]; });
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return extend2(m, 16 + i); });
  eight_rounds(
      s, x, [&](int i) __attribute__((always_inline)) { return extend2(m, 24 + i); });
  w = opaque(m.schedule + 32);
  k = opaque(m.constants + 32);
  for (const Lanes* const end = opaque(w + 24); w != end; w = opaque(w + 8), k = opaque(k + 8)) {
    eight_rounds(
        s, x, [&](int i) __attribute__((always_inline)) { return extend(w + i, k + i); });
  }
  // The last five rounds; of four of them only the e half (see search_hash).
  round(s[0], s[1], s[3], s[4], s[5], s[6], s[7], x, extend(w, k));
  const Lanes e57 = s[2] + round_sum(s[3], s[4], s[5], s[6], extend(w + 1, k + 1));
  const Lanes e58 = s[1] + round_sum(e57, s[3], s[4], s[5], extend(w + 2, k + 2));
  const Lanes e59 = s[0] + round_sum(e58, e57, s[3], s[4], extend(w + 3, k + 3));
  const Lanes e60 = s[7] + round_sum(e59, e58, e57, s[3], extend(w + 4, k + 4));
  return e60 + m.initial[7];
}

void push_hits(Lanes digest7, std::uint32_t first, std::uint32_t left, std::uint32_t limit, std::uint32_t midstate,
               HitList& hits) noexcept {
  alignas(32) std::uint32_t words[kLanes];
  _mm256_store_si256(reinterpret_cast<__m256i*>(words), digest7.v);
  for (std::uint32_t i = 0; i < kLanes && i < left; ++i) {
    if (__builtin_bswap32(words[i]) <= limit) hits.push(first + i, midstate);
  }
}

}  // namespace

void avx2_x8_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  Memory memory;
  Memory& m = *opaque(&memory);
  fill(m, plan);
  for (std::uint32_t midstate = 0; midstate < plan.midstate_count; ++midstate) {
    fill(m, plan.states[midstate]);
    const Lanes offsets{_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)};
    for (std::uint32_t done = 0; done < count; done += kLanes) {
      const Lanes digest7 = hash(m, all(first + done) + offsets);
      const __m256i passed = _mm256_cmpeq_epi32((digest7 & m.reject_mask).v, _mm256_setzero_si256());
      if (__builtin_expect(_mm256_movemask_epi8(passed), 0) != 0) {
        push_hits(digest7, first + done, count - done, plan.limit, midstate, hits);
      }
    }
  }
  _mm256_zeroupper();
}

}  // namespace lode::kernels
