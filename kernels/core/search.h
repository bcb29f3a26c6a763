// The search algebra: what a scan computes once, what is left to do for every nonce, and when a nonce is a hit.
//
// A header's hash is three SHA-256 blocks. The first (64 bytes) doesn't change with the nonce and arrives as a
// midstate. The second, here "hash 1", holds the merkle tail, time, bits and nonce; the third, "hash 2", holds the
// digest of the first two. Most words of both are constant, so most of their schedule has constant terms, and only one
// word of the last digest is needed to reject. Pure functions; usable from every thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/core/scan_job.h"
#include "kernels/core/sha256.h"

namespace lode::kernels {

/// Words that every header's last 16 bytes and every digest are padded with.
inline constexpr std::uint32_t kPaddingBit = 0x80000000;
inline constexpr std::uint32_t kHeaderBits = 80 * 8;
inline constexpr std::uint32_t kDigestBits = 32 * 8;

/// Word of block 2 that is the nonce. Hash 1 starts behind its round, 3: the nonce is only added there.
inline constexpr int kNonceWord = 3;
/// First schedule word of hash 1 that depends on the nonce; W16 and W17 are constants.
inline constexpr int kFirstVariableWord = 18;
/// First schedule word of hash 1 without a constant term; from there on all four terms vary.
inline constexpr int kFirstFullWord = 34;
/// The same for hash 2, whose words 8..15 are padding.
inline constexpr int kFirstFullWord2 = 32;
/// Hash 2 is over when e of this round is known: seven rounds' renaming later it is h, the digest's word 7.
inline constexpr int kLastRound = 60;

// --- Which terms of W[t] = s1(W[t-2]) + W[t-7] + s0(W[t-15]) + W[t-16] vary, and which are constants other than zero.

constexpr bool varies1(int word) noexcept {
  return word == kNonceWord || word >= kFirstVariableWord;
}
constexpr bool is_zero1(int word) noexcept {
  return word >= 5 && word <= 14;
}
constexpr bool has_constant1(int t) noexcept {
  const auto counts = [](int word) { return !varies1(word) && !is_zero1(word); };
  return counts(t - 2) || counts(t - 7) || counts(t - 15) || counts(t - 16);
}

constexpr bool varies2(int word) noexcept {
  return word < 8 || word >= 16;
}
constexpr bool is_zero2(int word) noexcept {
  return word >= 9 && word <= 14;
}
constexpr bool has_constant2(int t) noexcept {
  const auto counts = [](int word) { return !varies2(word) && !is_zero2(word); };
  return counts(t - 2) || counts(t - 7) || counts(t - 15) || counts(t - 16);
}

/// What hash 1 needs of the merkle tail, time and bits: shared by all midstates of a job.
template <class Word>
struct BasicTailPlan {
  /// K + W of rounds 0..17 (K alone of round 3, the nonce's).
  std::array<Word, 18> keys{};
  /// Sum of the constant terms of W[t] for t = 16..33; W16 and W17 are all constant.
  std::array<Word, kFirstFullWord> constants{};
};
using TailPlan = BasicTailPlan<std::uint32_t>;

constexpr TailPlan plan_tail(std::uint32_t merkle_tail, std::uint32_t time, std::uint32_t bits) noexcept {
  std::array<std::uint32_t, kFirstFullWord> w{};
  w[0] = merkle_tail;
  w[1] = time;
  w[2] = bits;
  w[4] = kPaddingBit;
  w[15] = kHeaderBits;
  TailPlan plan;
  for (int t = 16; t < kFirstFullWord; ++t) {
    const auto at = [&](int word) { return varies1(word) ? 0 : w[static_cast<std::size_t>(word)]; };
    const std::uint32_t sum = small_sigma1(at(t - 2)) + at(t - 7) + small_sigma0(at(t - 15)) + at(t - 16);
    plan.constants[static_cast<std::size_t>(t)] = sum;
    if (!varies1(t)) w[static_cast<std::size_t>(t)] = sum;
  }
  for (std::size_t t = 0; t < plan.keys.size(); ++t)
    plan.keys[t] = kRoundConstants[t] + w[t];
  return plan;
}

/// What hash 1 needs of one midstate.
struct StatePlan {
  Midstate midstate{};
  /// State after rounds 0..3 with nonce 0; with nonce n it is this with n added to a and e.
  State after_nonce_round{};
};

constexpr StatePlan plan_state(const TailPlan& tail, const Midstate& midstate) noexcept {
  std::uint32_t s[8] = {};
  for (std::size_t i = 0; i < 8; ++i)
    s[i] = midstate[i];
  std::uint32_t b_xor_c = s[1] ^ s[2];
  four_rounds<0>(s, b_xor_c, [&](int t) { return tail.keys[static_cast<std::size_t>(t)]; });
  return {.midstate = midstate, .after_nonce_round = {s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3]}};
}

/// Sums of the constant terms of hash 2's W[t], t = 16..31 (nothing varies with the job).
inline constexpr std::array<std::uint32_t, kFirstFullWord2> kConstants2 = [] {
  std::array<std::uint32_t, kFirstFullWord2> w{};
  w[8] = kPaddingBit;
  w[15] = kDigestBits;
  std::array<std::uint32_t, kFirstFullWord2> sums{};
  for (std::size_t t = 16; t < sums.size(); ++t) {
    sums[t] = small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) + w[t - 16];
  }
  return sums;
}();

/// K + W of hash 2's rounds 8..15, at their places.
alignas(64) inline constexpr std::array<std::uint32_t, 16> kKeys2 = [] {
  std::array<std::uint32_t, 16> keys{};
  for (std::size_t t = 8; t < 16; ++t)
    keys[t] = kRoundConstants[t];
  keys[8] += kPaddingBit;
  keys[15] += kDigestBits;
  return keys;
}();

/// The exact rule: the highest 32 bits of the hash as a number are at most `limit`.
constexpr bool is_hit(std::uint32_t digest_word7, std::uint32_t limit) noexcept {
  return byte_swap(digest_word7) <= limit;
}

/// A cheaper rule that every hit passes: (digest word 7 & mask) == 0. The mask covers limit's leading zero bits, so for
/// a limit of one less than a power of two the two rules are the same.
constexpr std::uint32_t reject_mask(std::uint32_t limit) noexcept {
  const int zeros = std::countl_zero(limit);
  if (zeros == 0) return 0;
  return byte_swap(~std::uint32_t{0} << (32 - zeros));
}

/// Digest word 7 of the header with this nonce word, by the shortcuts above, in plain C++ for any word type: `Word{x}`
/// makes a word of a constant. 60 rounds of hash 1 and 61 of hash 2, of whose last four only the e half.
template <class Word>
[[gnu::always_inline]] constexpr Word search_hash(const TailPlan& tail, const StatePlan& plan, Word nonce) noexcept {
  Word w[16] = {};  // the last sixteen schedule words, W[t] at t % 16
  const auto at = [&](int t) __attribute__((always_inline))->Word& {
    return w[t % 16];
  };
  const auto full = [&](int t) __attribute__((always_inline))->Word {
    at(t) = at(t - 16) + small_sigma0(at(t - 15)) + (at(t - 7) + small_sigma1(at(t - 2)));
    return at(t) + Word{kRoundConstants[static_cast<std::size_t>(t)]};
  };

  Word s[8] = {};
  for (std::size_t i = 0; i < 8; ++i)
    s[i] = Word{plan.after_nonce_round[i]};
  s[0] = s[0] + nonce;
  s[4] = s[4] + nonce;
  Word b_xor_c = s[1] ^ s[2];
  at(kNonceWord) = nonce;
  const auto key1 = [&](int t) __attribute__((always_inline))->Word {
    if (t < kFirstVariableWord) return Word{tail.keys[static_cast<std::size_t>(t)]};
    if (t >= kFirstFullWord) return full(t);
    Word sum = Word{tail.constants[static_cast<std::size_t>(t)]};
    if (varies1(t - 2)) sum = sum + small_sigma1(at(t - 2));
    if (varies1(t - 7)) sum = sum + at(t - 7);
    if (varies1(t - 15)) sum = sum + small_sigma0(at(t - 15));
    if (varies1(t - 16)) sum = sum + at(t - 16);
    at(t) = sum;
    return sum + Word{kRoundConstants[static_cast<std::size_t>(t)]};
  };
#pragma GCC unroll 8
  for (int t = kNonceWord + 1; t < 60; t += 8) {
    eight_rounds(s, b_xor_c, [&](int i) { return key1(t + i); });
  }
  // Rounds 60..63, after which a..h are in s[4..7], s[0..3].
  four_rounds<0>(s, b_xor_c, [&](int i) { return key1(60 + i); });

  for (std::size_t i = 0; i < 8; ++i)
    w[i] = s[(i + 4) % 8] + Word{plan.midstate[i]};
  for (std::size_t i = 0; i < 8; ++i)
    s[i] = Word{kInitialState[i]};
  b_xor_c = s[1] ^ s[2];
  const auto key2 = [&](int t) __attribute__((always_inline))->Word {
    if (t < 8) return w[t] + Word{kRoundConstants[static_cast<std::size_t>(t)]};
    if (t < 16) return Word{kKeys2[static_cast<std::size_t>(t)]};
    if (t >= kFirstFullWord2) return full(t);
    Word sum = Word{kConstants2[static_cast<std::size_t>(t)]};
    if (varies2(t - 2)) sum = sum + small_sigma1(at(t - 2));
    if (varies2(t - 7)) sum = sum + at(t - 7);
    if (varies2(t - 15)) sum = sum + small_sigma0(at(t - 15));
    if (varies2(t - 16)) sum = sum + at(t - 16);
    at(t) = sum;
    return sum + Word{kRoundConstants[static_cast<std::size_t>(t)]};
  };
#pragma GCC unroll 8
  for (int t = 0; t < 56; t += 8) {
    eight_rounds(s, b_xor_c, [&](int i) { return key2(t + i); });
  }
  round<0>(s, b_xor_c, key2(56));
  half_round<1>(s, key2(57));
  half_round<2>(s, key2(58));
  half_round<3>(s, key2(59));
  half_round<4>(s, key2(60));
  return s[place(4, 3)] + Word{kInitialState[7]};
}

}  // namespace lode::kernels
