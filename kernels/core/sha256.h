// SHA-256 (FIPS 180-4), portable and constexpr, and the algebra that every kernel is built from.
//
// The round and schedule functions take the word type as a template parameter: std::uint32_t here, a vector of lanes in
// the kernels. A word type has +, ^, &, |, << int and >> int, each lane for itself, and converts from nothing.
// Pure functions and constants; usable from every thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/core/scan_job.h"

namespace lode::kernels {

/// Words a..h between two blocks (the same as a Midstate, which is one at a particular place).
using State = Midstate;
/// One 64-byte block as SHA-256 reads it: sixteen big-endian words.
using Block = std::array<std::uint32_t, 16>;
using Digest = std::array<std::uint8_t, 32>;

/// Round constants (FIPS 180-4, 4.2.2).
alignas(64) inline constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// State before the first block (FIPS 180-4, 5.3.3).
inline constexpr State kInitialState = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// --- The functions of FIPS 180-4, 4.1.2. Inlined always: a file compiled for one instruction set must not leave a
// --- callable copy behind, which the linker could hand to the rest of the program.

template <int kBits, class Word>
[[gnu::always_inline]] constexpr Word rotate_right(Word x) noexcept {
  return (x >> kBits) | (x << (32 - kBits));
}

/// a ^ b ^ c. A word type with a three-input instruction has its own; so for choose and majority.
template <class Word>
[[gnu::always_inline]] constexpr Word xor3(Word a, Word b, Word c) noexcept {
  return a ^ b ^ c;
}

template <class Word>
[[gnu::always_inline]] constexpr Word big_sigma0(Word a) noexcept {
  return xor3(rotate_right<2>(a), rotate_right<13>(a), rotate_right<22>(a));
}

template <class Word>
[[gnu::always_inline]] constexpr Word big_sigma1(Word e) noexcept {
  return xor3(rotate_right<6>(e), rotate_right<11>(e), rotate_right<25>(e));
}

template <class Word>
[[gnu::always_inline]] constexpr Word small_sigma0(Word w) noexcept {
  return xor3(rotate_right<7>(w), rotate_right<18>(w), Word{w >> 3});
}

template <class Word>
[[gnu::always_inline]] constexpr Word small_sigma1(Word w) noexcept {
  return xor3(rotate_right<17>(w), rotate_right<19>(w), Word{w >> 10});
}

template <class Word>
[[gnu::always_inline]] constexpr Word choose(Word e, Word f, Word g) noexcept {
  return g ^ (e & (f ^ g));
}

/// Maj(a, b, c) is b ^ ((a ^ b) & (b ^ c)), and a round's a ^ b is the next one's b ^ c: `b_xor_c` carries it over.
template <class Word>
[[gnu::always_inline]] constexpr Word majority(Word a, Word b, [[maybe_unused]] Word c, Word& b_xor_c) noexcept {
  const Word a_xor_b = a ^ b;
  const Word result = b ^ (a_xor_b & b_xor_c);
  b_xor_c = a_xor_b;
  return result;
}

/// What round t adds to d to get the new e: h + K + W + Sigma1(e) + Ch(e, f, g), with h + K + W given as one word.
template <class Word>
[[gnu::always_inline]] constexpr Word round_sum(Word e, Word f, Word g, Word h_and_key) noexcept {
  return (h_and_key + choose(e, f, g)) + big_sigma1(e);
}

// Rounds do not move words: after round t of eight, word i of a, b, .. h is at place (i - t - 1) mod 8 of the array,
// and after all eight back at i. So a round has its place among the eight as a parameter.

/// Where round `turn` of eight finds a (0) .. h (7).
constexpr std::size_t place(int turn, int word) noexcept {
  return static_cast<std::size_t>((word - turn) & 7);
}

/// A round whose h + K + W is given as one word, since it is a constant; what is at h's place does not count.
template <int kTurn, class Word>
[[gnu::always_inline]] constexpr void round_of_sum(Word (&s)[8], Word& b_xor_c, Word h_and_key) noexcept {
  const auto at = [&](int word) __attribute__((always_inline))->Word& {
    return s[place(kTurn, word)];
  };
  const Word sum = round_sum(at(4), at(5), at(6), h_and_key);
  at(3) = at(3) + sum;
  at(7) = sum + (big_sigma0(at(0)) + majority(at(0), at(1), at(2), b_xor_c));
}

/// A round; `key` is K + W.
template <int kTurn, class Word>
[[gnu::always_inline]] constexpr void round(Word (&s)[8], Word& b_xor_c, Word key) noexcept {
  round_of_sum<kTurn>(s, b_xor_c, Word{s[place(kTurn, 7)] + key});
}

/// The e half of a round of whose words no a is needed any more.
template <int kTurn, class Word>
[[gnu::always_inline]] constexpr void half_round(Word (&s)[8], Word key) noexcept {
  const auto at = [&](int word) __attribute__((always_inline))->Word& {
    return s[place(kTurn, word)];
  };
  at(3) = at(3) + round_sum(at(4), at(5), at(6), Word{at(7) + key});
}

/// Four rounds, at places kTurn .. kTurn + 3 of eight; `key(i)` is K + W of the i-th.
template <int kTurn, class Word, class Key>
[[gnu::always_inline]] constexpr void four_rounds(Word (&s)[8], Word& b_xor_c, Key key) noexcept {
  round<kTurn>(s, b_xor_c, key(0));
  round<kTurn + 1>(s, b_xor_c, key(1));
  round<kTurn + 2>(s, b_xor_c, key(2));
  round<kTurn + 3>(s, b_xor_c, key(3));
}

/// Eight rounds, after which every word is back in its place; `key(i)` is K + W of the i-th.
template <class Word, class Key>
[[gnu::always_inline]] constexpr void eight_rounds(Word (&s)[8], Word& b_xor_c, Key key) noexcept {
  four_rounds<0>(s, b_xor_c, key);
  four_rounds<4>(
      s, b_xor_c, [&](int i) __attribute__((always_inline)) { return key(i + 4); });
}

// --- Whole blocks and messages.

/// `state` after one more block (FIPS 180-4, 6.2.2).
constexpr State compress(const State& state, const Block& block) noexcept {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t t = 0; t < 16; ++t)
    w[t] = block[t];
  for (std::size_t t = 16; t < 64; ++t) {
    w[t] = small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) + w[t - 16];
  }
  std::uint32_t s[8] = {state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]};
  std::uint32_t b_xor_c = s[1] ^ s[2];
  for (std::size_t t = 0; t < 64; t += 8) {
    eight_rounds(s, b_xor_c, [&](int i) {
      const std::size_t word = t + static_cast<std::size_t>(i);
      return kRoundConstants[word] + w[word];
    });
  }
  State next = state;
  for (std::size_t i = 0; i < 8; ++i)
    next[i] += s[i];
  return next;
}

constexpr std::uint32_t byte_swap(std::uint32_t x) noexcept {
  return (x >> 24) | ((x >> 8) & 0x0000ff00U) | ((x << 8) & 0x00ff0000U) | (x << 24);
}

/// Reads 64 bytes as sixteen big-endian words.
constexpr Block load_block(std::span<const std::uint8_t, 64> bytes) noexcept {
  Block block{};
  for (std::size_t i = 0; i < 64; ++i)
    block[i / 4] = (block[i / 4] << 8) | bytes[i];
  return block;
}

constexpr Digest to_digest(const State& state) noexcept {
  Digest digest{};
  for (std::size_t i = 0; i < 32; ++i)
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

/// SHA-256 of a message of whole bytes (FIPS 180-4, 5.1.1 and 6.2).
constexpr Digest sha256(std::span<const std::uint8_t> message) noexcept {
  State state = kInitialState;
  std::span<const std::uint8_t> rest = message;
  for (; rest.size() >= 64; rest = rest.subspan(64))
    state = compress(state, load_block(rest.first<64>()));

  std::array<std::uint8_t, 128> end{};  // what is left, a 1 bit, zeros, and the length in bits: one block or two
  for (std::size_t i = 0; i < rest.size(); ++i)
    end[i] = rest[i];
  end[rest.size()] = 0x80;
  const std::size_t size = rest.size() + 9 <= 64 ? 64 : 128;
  const std::uint64_t bits = std::uint64_t{message.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i)
    end[size - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  const std::span<const std::uint8_t, 128> blocks(end);
  state = compress(state, load_block(blocks.first<64>()));
  if (size == 128) state = compress(state, load_block(blocks.last<64>()));
  return to_digest(state);
}

/// SHA-256 of the SHA-256 of a message: Bitcoin's hash of headers and transactions. Byte 31 is the most significant one
/// of the hash as a number.
constexpr Digest sha256d(std::span<const std::uint8_t> message) noexcept {
  return sha256(sha256(message));
}

/// State after the first 64 bytes of an 80-byte block header.
constexpr Midstate header_midstate(std::span<const std::uint8_t, 64> head) noexcept {
  return compress(kInitialState, load_block(head));
}

}  // namespace lode::kernels
