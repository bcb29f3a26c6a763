// Both hashes of a header as one thread of a GPU computes them: the algebra of kernels/core/search.h, with every sum,
// shift and rotate on the pipe that the Tuning says.
//
// The word type is a parameter: std::uint32_t where the compiler of a GPU reads this, one that writes down what is done
// with it where another language is wanted (kernels/opencl).
//
// The big sigmas are nested, Sigma1(e) = rotr6(e ^ rotr5(e) ^ rotr19(e)): the last rotate and the sum that follows it
// are one instruction. A state lives in registers; nothing here touches memory but the parameters. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/core/search.h"
#include "kernels/core/sha256.h"
#include "kernels/gpu/portable.h"
#include "kernels/gpu/scan_params.h"
#include "kernels/gpu/tuning.h"

namespace lode::kernels::gpu {

/// What the algebra works on. Another set of types can record what is done in place of doing it, as the generator of
/// the OpenCL kernels does; for its words the functions of portable.h and choose() and most() are overloaded.
struct PlainTypes {
  using Word = std::uint32_t;
  using Tail = TailPlan;
  using Midstate = MidstateParams;
};

/// Word arithmetic, pipe by pipe. `one` and `powers` are values that the compiler cannot see through.
template <Tuning kTuning, class TypesOf = PlainTypes>
struct Pipes {
  using Types = TypesOf;
  using Word = typename Types::Word;

  Word one;
  const Word* powers;

  template <bool kFma>
  LODE_DEVICE Word sum(Word x, Word y) const noexcept {
    if constexpr (kFma) return multiply_add(x, one, y);
    return x + y;
  }
  LODE_DEVICE Word round_sum(Word x, Word y) const noexcept { return sum<kTuning.round_sums>(x, y); }
  LODE_DEVICE Word key_sum(Word x, Word y) const noexcept { return sum<kTuning.key_sums>(x, y); }
  /// h + K + W of round kRound.
  template <int kRound>
  LODE_DEVICE Word key_sum(Word h, Word word, Word constant) const noexcept {
    if constexpr (contains(kTuning.three_term_keys, kRound)) return add_three(h, word, constant);
    return key_sum(key_sum(h, word), constant);
  }
  LODE_DEVICE Word schedule_sum(Word x, Word y) const noexcept { return sum<kTuning.schedule_sums>(x, y); }

  /// x rotated right by kBits, plus y.
  template <bool kFma, std::uint32_t kBits>
  LODE_DEVICE Word rotate_add(Word x, Word y) const noexcept {
    if constexpr (kFma) {
      const Word power = powers[32 - kBits];
      return multiply_add(x, power, multiply_high_add(x, power, y));
    }
    return rotate(x, kBits) + y;
  }
  template <bool kFma, std::uint32_t kBits>
  LODE_DEVICE Word rotated(Word x) const noexcept {
    if constexpr (kFma) return rotate_add<true, kBits>(x, 0);
    return rotate(x, kBits);
  }
  template <std::uint32_t kBits>
  LODE_DEVICE Word shifted(Word x) const noexcept {
    if constexpr (kTuning.shifts) return multiply_high_add(x, powers[32 - kBits], 0);
    return x >> kBits;
  }

  // Round or word kRound: only its number decides which pipe.

  template <int kRound>
  LODE_DEVICE Word sigma0(Word w) const noexcept {
    constexpr bool kFirst = contains(kTuning.schedule_rotates[0], kRound);
    constexpr bool kSecond = contains(kTuning.schedule_rotates[1], kRound);
    return xor_three(rotated<kFirst, 7>(w), rotated<kSecond, 18>(w), shifted<3>(w));
  }
  template <int kRound>
  LODE_DEVICE Word sigma1(Word w) const noexcept {
    constexpr bool kFirst = contains(kTuning.schedule_rotates[2], kRound);
    constexpr bool kSecond = contains(kTuning.schedule_rotates[3], kRound);
    return xor_three(rotated<kFirst, 17>(w), rotated<kSecond, 19>(w), shifted<10>(w));
  }
  /// Sigma1(e) + y.
  template <int kRound>
  LODE_DEVICE Word big_sigma1_add(Word e, Word y) const noexcept {
    constexpr bool kFirst = contains(kTuning.inner_rotates[0], kRound);
    constexpr bool kSecond = contains(kTuning.inner_rotates[1], kRound);
    return rotate_add<contains(kTuning.outer_rotates[0], kRound), 6>(
        xor_three(e, rotated<kFirst, 5>(e), rotated<kSecond, 19>(e)), y);
  }
  /// Sigma0(a) + y.
  template <int kRound>
  LODE_DEVICE Word big_sigma0_add(Word a, Word y) const noexcept {
    constexpr bool kFirst = contains(kTuning.inner_rotates[2], kRound);
    constexpr bool kSecond = contains(kTuning.inner_rotates[3], kRound);
    return rotate_add<contains(kTuning.outer_rotates[1], kRound), 2>(
        xor_three(a, rotated<kFirst, 11>(a), rotated<kSecond, 20>(a)), y);
  }
};

/// Maj(a, b, c) as the one instruction that it is here (not as majority() in kernels/core/sha256.h, which saves
/// operations where there is none).
LODE_DEVICE std::uint32_t most(std::uint32_t a, std::uint32_t b, std::uint32_t c) noexcept {
  return (a & b) ^ (a & c) ^ (b & c);
}

/// The state of a hash, whose words stay where they are (place() in kernels/core/sha256.h).
template <class Word>
struct Rounds {
  Word s[8];

  /// Round kRound given h + K + W. Without kNeedsA only the e half: no later round needs the new a.
  template <int kRound, bool kNeedsA, Tuning kTuning, class Types>
  LODE_DEVICE void round(const Pipes<kTuning, Types>& pipes, Word h_and_key) noexcept {
    const auto turn = [](int word) constexpr {
      return place(kRound & 7, word);
    };
    constexpr std::size_t kA = turn(0), kB = turn(1), kC = turn(2), kD = turn(3);
    constexpr std::size_t kE = turn(4), kF = turn(5), kG = turn(6), kH = turn(7);
    const Word chosen = choose(s[kE], s[kF], s[kG]);
    const Word rest = pipes.template big_sigma1_add<kRound>(s[kE], h_and_key);
    if constexpr (!kNeedsA && kTuning.three_term_last) {
      s[kD] = add_three(s[kD], chosen, rest);
    } else {
      const Word sum = pipes.round_sum(chosen, rest);
      s[kD] = pipes.round_sum(sum, s[kD]);
      if constexpr (kNeedsA) {
        s[kH] = pipes.template big_sigma0_add<kRound>(s[kA], pipes.round_sum(most(s[kA], s[kB], s[kC]), sum));
      }
    }
  }
  template <int kRound>
  LODE_DEVICE Word h() const noexcept {
    constexpr std::size_t kH = place(kRound & 7, 7);
    return s[kH];
  }
};

/// K + W of the rounds of hash 1 that are the same in every job, 7 .. 15.
template <int kRound>
inline constexpr std::uint32_t kKey1 = kRoundConstants[static_cast<std::size_t>(kRound)] +
                                       (kRound == 15 ? kHeaderBits : 0);

/// The schedule of hash 1: its last sixteen words, W[t] at t % 16.
template <Tuning kTuning, class Types = PlainTypes>
struct Schedule1 {
  using Word = typename Types::Word;

  const Pipes<kTuning, Types>& pipes;
  const typename Types::Tail& tail;
  Word nonce;
  Word w[16];

  /// Makes word kWord, 18 .. 63, from those before it.
  template <int kWord>
  LODE_DEVICE Word next() noexcept {
    Word sum = 0;
    if constexpr (kWord >= kFirstFullWord) {
      sum = pipes.schedule_sum(w[(kWord - 7) % 16], w[kWord % 16]);
      sum = pipes.schedule_sum(pipes.template sigma0<kWord>(w[(kWord - 15) % 16]), sum);
      sum = pipes.schedule_sum(pipes.template sigma1<kWord>(w[(kWord - 2) % 16]), sum);
    } else {
      constexpr auto kIndex = static_cast<std::size_t>(kWord);
      if constexpr (kWord == 18) {
        sum = pipes.schedule_sum(pipes.template sigma0<kWord>(nonce), tail.constants[kIndex]);
      } else if constexpr (kWord == 19) {
        sum = pipes.schedule_sum(nonce, tail.constants[kIndex]);
      } else {
        sum = pipes.template sigma1<kWord>(w[(kWord - 2) % 16]);
        if constexpr (has_constant1(kWord)) sum = pipes.schedule_sum(sum, tail.constants[kIndex]);
        if constexpr (varies1(kWord - 7)) sum = pipes.schedule_sum(sum, w[(kWord - 7) % 16]);
        if constexpr (varies1(kWord - 15)) {
          sum = pipes.schedule_sum(pipes.template sigma0<kWord>(w[(kWord - 15) % 16]), sum);
        }
      }
    }
    return w[kWord % 16] = sum;
  }
};

/// Where hash 1 has K + W of its rounds from 18 on: made as the rounds go.
template <Tuning kTuning, class Types = PlainTypes>
struct FusedKeys {
  using Word = typename Types::Word;

  Schedule1<kTuning, Types> schedule;

  /// h + K + W of round kRound, 16 .. 63.
  template <int kRound>
  LODE_DEVICE Word add_to(Word h) noexcept {
    const Pipes<kTuning, Types>& pipes = schedule.pipes;
    if constexpr (kRound < kFirstVariableWord) {
      return pipes.key_sum(h, schedule.tail.keys[kRound]);
    } else {
      constexpr std::uint32_t kConstant = kRoundConstants[static_cast<std::size_t>(kRound)];
      return pipes.template key_sum<kRound>(h, schedule.template next<kRound>(), kConstant);
    }
  }
};

/// Rounds 4 .. 63 of hash 1.
template <Tuning kTuning, class Types, class Keys>
struct Hash1 {
  using Word = typename Types::Word;

  const Pipes<kTuning, Types>& pipes;
  const typename Types::Midstate& midstate;
  Keys& keys;
  Rounds<Word> state;

  template <int kRound>
  LODE_DEVICE void round() noexcept {
    Word h_and_key = 0;
    if constexpr (kRound < 7) {
      h_and_key = midstate.h_and_keys[kRound - 4];
    } else if constexpr (kRound < 16) {
      h_and_key = pipes.key_sum(state.template h<kRound>(), kKey1<kRound>);
    } else {
      h_and_key = keys.template add_to<kRound>(state.template h<kRound>());
    }
    state.template round<kRound, true>(pipes, h_and_key);
  }
  template <int... kOffset>
  LODE_DEVICE void rounds(std::integer_sequence<int, kOffset...>) noexcept {
    (round<4 + kOffset>(), ...);
  }
};

/// Rounds 0 .. 60 of hash 2, of the digest that hash 1 left in the first eight words of w.
template <Tuning kTuning, class Types = PlainTypes>
struct Hash2 {
  using Word = typename Types::Word;

  const Pipes<kTuning, Types>& pipes;
  Word w[16];
  Rounds<Word> state;

  /// State after round 0 if W[0] were 0; W[0] is then added to e and a.
  static constexpr State kStart = [] {
    std::uint32_t s[8] = {};
    for (std::size_t i = 0; i < 8; ++i)
      s[i] = kInitialState[i];
    std::uint32_t b_xor_c = s[1] ^ s[2];
    lode::kernels::round<0>(s, b_xor_c, kRoundConstants[0]);
    return State{s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]};
  }();
  /// The constant that is added to h and W, or to what of them varies.
  template <int kRound>
  static constexpr std::uint32_t kKey = (kRound < 16 ? (kRound < 8 ? kRoundConstants[static_cast<std::size_t>(kRound)]
                                                                   : kKeys2[kRound])
                                                     : kRoundConstants[static_cast<std::size_t>(kRound)]) +
                                        (kRound < 4 ? kInitialState[static_cast<std::size_t>(7 - kRound) % 8] : 0) +
                                        (kRound == kLastRound ? kInitialState[7] : 0);

  template <int kWord>
  LODE_DEVICE Word next() noexcept {
    Word sum = 0;
    if constexpr (kWord >= kFirstFullWord2) {
      sum = pipes.schedule_sum(w[(kWord - 7) % 16], w[kWord % 16]);
      sum = pipes.schedule_sum(pipes.template sigma0<kWord>(w[(kWord - 15) % 16]), sum);
      sum = pipes.schedule_sum(pipes.template sigma1<kWord>(w[(kWord - 2) % 16]), sum);
    } else {
      constexpr std::uint32_t kConstant = kConstants2[static_cast<std::size_t>(kWord)];
      if constexpr (varies2(kWord - 2)) sum = pipes.template sigma1<kWord>(w[(kWord - 2) % 16]);
      if constexpr (varies2(kWord - 7)) sum = pipes.schedule_sum(sum, w[(kWord - 7) % 16]);
      if constexpr (varies2(kWord - 15)) {
        const Word sigma = pipes.template sigma0<kWord>(w[(kWord - 15) % 16]);
        sum = varies2(kWord - 2) ? pipes.schedule_sum(sigma, sum) : sigma;
      }
      if constexpr (varies2(kWord - 16)) sum = pipes.schedule_sum(sum, w[kWord % 16]);
      if constexpr (kConstant != 0) sum = pipes.schedule_sum(sum, kConstant);
    }
    return w[kWord % 16] = sum;
  }

  LODE_DEVICE void begin() noexcept {
    // Device code may use the values of host constants, not the constants.
    constexpr std::uint32_t kA = kStart[7], kB = kStart[0], kC = kStart[1], kD = kStart[2];
    constexpr std::uint32_t kE = kStart[3], kF = kStart[4], kG = kStart[5], kH = kStart[6];
    state = {{kB, kC, kD, pipes.round_sum(w[0], kE), kF, kG, kH, pipes.round_sum(w[0], kA)}};
  }
  template <int kRound>
  LODE_DEVICE void round() noexcept {
    Word h_and_key = 0;
    if constexpr (kRound < 4) {
      h_and_key = pipes.key_sum(w[kRound], kKey<kRound>);
    } else if constexpr (kRound < 8) {
      h_and_key = pipes.template key_sum<kRound>(state.template h<kRound>(), w[kRound], kKey<kRound>);
    } else if constexpr (kRound < 16) {
      h_and_key = pipes.key_sum(state.template h<kRound>(), kKey<kRound>);
    } else {
      h_and_key = pipes.template key_sum<kRound>(state.template h<kRound>(), next<kRound>(), kKey<kRound>);
    }
    state.template round<kRound, (kRound < 57)>(pipes, h_and_key);
  }
  template <int... kOffset>
  LODE_DEVICE void rounds(std::integer_sequence<int, kOffset...>) noexcept {
    (round<1 + kOffset>(), ...);
  }
  LODE_DEVICE Word digest7() const noexcept {
    constexpr std::size_t kE = place((kLastRound + 1) & 7, 4);
    return state.s[kE];
  }
};

/// Digest word 7 of the header with this midstate and nonce word. `keys` knows the schedule of hash 1.
template <Tuning kTuning, class Types, class Keys>
LODE_DEVICE typename Types::Word header_hash(const Pipes<kTuning, Types>& pipes,
                                             const typename Types::Midstate& midstate, typename Types::Word nonce,
                                             Keys& keys) noexcept {
  const auto& start = midstate.start;
  // The h that is missing is a part of h_and_keys[0].
  Hash1<kTuning, Types, Keys> one{pipes, midstate, keys, {}};
  auto& s = one.state.s;
  s[4] = pipes.round_sum(nonce, start[0]);
  s[5] = start[1];
  s[6] = start[2];
  s[7] = start[3];
  s[0] = pipes.round_sum(nonce, start[4]);
  s[1] = start[5];
  s[2] = start[6];
  one.rounds(std::make_integer_sequence<int, 60>{});

  Hash2<kTuning, Types> two{pipes, {}, {}};
  LODE_UNROLL
  for (int i = 0; i < 8; ++i)
    two.w[i] = pipes.round_sum(s[i], midstate.midstate[i]);
  two.begin();
  two.rounds(std::make_integer_sequence<int, 60>{});
  return two.digest7();
}

/// The first two words of a schedule of hash 1 do not vary with the nonce.
template <Tuning kTuning, class Types>
LODE_DEVICE Schedule1<kTuning, Types> begin_schedule(const Pipes<kTuning, Types>& pipes,
                                                     const typename Types::Tail& tail,
                                                     typename Types::Word nonce) noexcept {
  Schedule1<kTuning, Types> schedule{pipes, tail, nonce, {}};
  schedule.w[0] = tail.constants[16];
  schedule.w[1] = tail.constants[17];
  return schedule;
}

/// K + W of round kRound of hash 1, 16 .. 63, in this order.
template <int kRound, Tuning kTuning, class Types>
LODE_DEVICE typename Types::Word next_key(Schedule1<kTuning, Types>& schedule) noexcept {
  if constexpr (kRound < kFirstVariableWord) {
    return schedule.tail.keys[kRound];
  } else {
    constexpr std::uint32_t kConstant = kRoundConstants[static_cast<std::size_t>(kRound)];
    return schedule.pipes.key_sum(schedule.template next<kRound>(), kConstant);
  }
}

}  // namespace lode::kernels::gpu
