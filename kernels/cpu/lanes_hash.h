// Both hashes of a header in the lanes of vectors (lanes.h), for the search of lanes_search.h.
//
// The nine live words of state take most registers; what does not fit is kept in memory on purpose. Constants lie there
// as operands of the instructions, and the schedule as all its 64 words, so that the general rounds of both hashes are
// short loops without moves. A LanesMemory belongs to one call of a block function and lies on its stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "kernels/core/search.h"
#include "kernels/core/sha256.h"
#include "kernels/cpu/lanes.h"

namespace lode::kernels {

/// Everything that the rounds read or write, apart from what belongs to a midstate.
template <class Lanes>
struct LanesMemory {
  using Constant = typename Lanes::Constant;

  // Constants first: where they are plain words, short displacements reach them.
  Constant constant_keys1[kFirstVariableWord];  ///< K + W of hash 1
  Constant constant_keys2[16];                  ///< K + W of hash 2, rounds 8..15
  Constant h_and_constants2[4];                 ///< h + K of hash 2, rounds 1..3, whose h is still a constant
  Constant start2[8];      ///< state after round 0 of hash 2 with W[0] = 0; W[0] is then added to e and a
  Constant last_constant;  ///< K of the last round plus the word of the initial state that its result needs
  Constant reject_mask;
  Constant terms2[kFirstFullWord2];
  Constant terms1[kFirstFullWord];
  Lanes constants[64];  ///< K of every round
  Lanes schedule1[64];  ///< words of hash 1 being computed; only those that vary
  Lanes schedule2[64];  ///< the same of hash 2
  Lanes keys1[64];      ///< K + W of hash 1, where rounds read them from memory
  Lanes keys2[33];      ///< the same of hash 2
};

/// What hash 1 needs of one midstate: plain words, since there may be many.
struct MidstateTable {
  std::uint32_t start[8];       ///< state after round 3 with nonce 0; the nonce is then added to a and e
  std::uint32_t h_and_keys[3];  ///< h + K + W of rounds 4..6, whose h is still a constant
  std::uint32_t midstate[8];
};

constexpr MidstateTable midstate_table(const TailPlan& tail, const StatePlan& plan) noexcept {
  MidstateTable table{};
  for (std::size_t i = 0; i < 8; ++i) {
    table.start[i] = plan.after_nonce_round[i];
    table.midstate[i] = plan.midstate[i];
  }
  for (std::size_t i = 0; i < std::size(table.h_and_keys); ++i)
    table.h_and_keys[i] = table.start[7 - i] + tail.keys[kNonceWord + 1 + i];
  return table;
}

template <class Lanes>
[[gnu::noinline, gnu::cold]] void fill(LanesMemory<Lanes>& m, const TailPlan& tail, std::uint32_t mask) noexcept {
  for (std::size_t t = 0; t < std::size(m.constants); ++t)
    m.constants[t] = Lanes::all(kRoundConstants[t]);
  for (std::size_t t = 0; t < std::size(m.constant_keys1); ++t) {
    m.constant_keys1[t] = Lanes::constant(tail.keys[t]);
    m.keys1[t] = Lanes::all(tail.keys[t]);
  }
  for (std::size_t t = 0; t < std::size(m.terms1); ++t)
    m.terms1[t] = Lanes::constant(tail.constants[t]);

  std::uint32_t s[8] = {};
  for (std::size_t i = 0; i < 8; ++i)
    s[i] = kInitialState[i];
  std::uint32_t b_xor_c = s[1] ^ s[2];
  round<0>(s, b_xor_c, kRoundConstants[0]);
  for (std::size_t i = 0; i < 8; ++i)
    m.start2[i] = Lanes::constant(s[i]);
  for (std::size_t t = 0; t < std::size(m.h_and_constants2); ++t)
    m.h_and_constants2[t] = Lanes::constant(kRoundConstants[t] + kInitialState[7 - t]);
  for (std::size_t t = 8; t < 16; ++t) {
    m.constant_keys2[t] = Lanes::constant(kKeys2[t]);
    m.keys2[t] = Lanes::all(kKeys2[t]);
  }
  for (std::size_t t = 0; t < std::size(m.terms2); ++t)
    m.terms2[t] = Lanes::constant(kConstants2[t]);
  m.last_constant = Lanes::constant(kRoundConstants[kLastRound] + kInitialState[7]);
  m.reject_mask = Lanes::constant(mask);
}

// --- Schedules. Each function makes word t from those before it and returns it without K.

/// A word of either hash whose terms all vary.
template <class Lanes>
[[gnu::always_inline]] inline Lanes extend(Lanes* schedule, std::size_t t) noexcept {
  Lanes* const w = schedule + t;
  *w = (w[-16] + w[-7]) + (small_sigma0(w[-15]) + small_sigma1(w[-2]));
  return *w;
}

/// Word t of hash 1, 18 <= t < 34 or a few more.
template <class Lanes>
[[gnu::always_inline]] inline Lanes extend1(LanesMemory<Lanes>& m, Lanes nonce, int t) noexcept {
  Lanes* const w = m.schedule1;
  Lanes sum;
  if (t == 18) {
    sum = small_sigma0(nonce) + Lanes::all(m.terms1[t]);
  } else if (t == 19) {
    sum = nonce + Lanes::all(m.terms1[t]);
  } else {
    sum = small_sigma1(w[t - 2]);
    if (t < kFirstFullWord && has_constant1(t)) sum = sum + Lanes::all(m.terms1[t]);
    if (varies1(t - 7)) sum = sum + w[t - 7];
    if (varies1(t - 16)) sum = sum + w[t - 16];
    if (varies1(t - 15)) sum = sum + small_sigma0(w[t - 15]);
  }
  w[t] = sum;
  return sum;
}

/// Word t of hash 2, 16 <= t < 32 or a few more.
template <class Lanes>
[[gnu::always_inline]] inline Lanes extend2(LanesMemory<Lanes>& m, int t) noexcept {
  Lanes* const w = m.schedule2;
  Lanes sum;
  if (t == 16) {
    sum = small_sigma0(w[1]) + w[0];
  } else {
    sum = varies2(t - 2) ? small_sigma1(w[t - 2]) : Lanes::all(m.terms2[t]);
    if (t < kFirstFullWord2 && varies2(t - 2) && has_constant2(t)) sum = sum + Lanes::all(m.terms2[t]);
    if (varies2(t - 7)) sum = sum + w[t - 7];
    if (varies2(t - 16)) sum = sum + w[t - 16];
    if (varies2(t - 15)) sum = sum + small_sigma0(w[t - 15]);
  }
  w[t] = sum;
  return sum;
}

// --- Where hash 1 gets K + W of its rounds from 18 on.

/// Makes the schedule as the rounds go.
template <class Lanes>
struct FusedKeys {
  static constexpr bool kShared = false;

  LanesMemory<Lanes>& m;
  Lanes nonce;

  [[gnu::always_inline]] Lanes early(int t) const noexcept { return extend1(m, nonce, t) + m.constants[t]; }
  [[gnu::always_inline]] Lanes late(std::size_t t) const noexcept { return extend(m.schedule1, t) + m.constants[t]; }
};

/// Reads what prepare() made once for all midstates.
template <class Lanes>
struct SharedKeys {
  static constexpr bool kShared = true;

  LanesMemory<Lanes>& m;
  Lanes nonce;

  [[gnu::always_inline]] void prepare() const noexcept {
#pragma GCC unroll 18
    for (int t = kFirstVariableWord; t < 36; ++t)
      m.keys1[t] = extend1(m, nonce, t) + m.constants[t];
#pragma GCC unroll 4
    for (std::size_t t = 36; t < 64; ++t)
      m.keys1[t] = extend(m.schedule1, t) + m.constants[t];
  }
  [[gnu::always_inline]] Lanes early(int t) const noexcept {
    return m.keys1[t];
  }
  [[gnu::always_inline]] Lanes late(std::size_t t) const noexcept {
    return m.keys1[t];
  }
};

// --- The hashes, each in 60 steps of one round, so that they can go side by side. Steps 0..31 have something of their
// --- own each; in steps 32..55 all terms of the schedule vary; 56..59 are the last.

/// The state words a..h, and b ^ c for majority().
template <class Lanes>
struct LanesState {
  Lanes s[8];
  Lanes x;
};

/// Hash 1: step i is round i + 4.
template <class Lanes, class Keys>
struct Hash1 {
  LanesMemory<Lanes>& m;
  const MidstateTable& table;
  Keys keys;
  LanesState<Lanes> state{};

  [[gnu::always_inline]] void begin() noexcept {
    for (std::size_t i = 0; i < 8; ++i)
      state.s[i] = Lanes::all(table.start[i]);
    state.s[0] = state.s[0] + keys.nonce;
    state.s[4] = state.s[4] + keys.nonce;
    state.x = state.s[1] ^ state.s[2];
  }

  /// A step below 32, written out.
  template <int kStep>
  [[gnu::always_inline]] void early() noexcept {
    constexpr int kRound = kStep + 4;
    if constexpr (kStep < 3) {
      round_of_sum<kStep>(state.s, state.x, Lanes::all(table.h_and_keys[kStep]));
    } else if constexpr (kRound < kFirstVariableWord) {
      round<kStep % 8>(state.s, state.x, Lanes::all(m.constant_keys1[kRound]));
    } else {
      round<kStep % 8>(state.s, state.x, keys.early(kRound));
    }
  }

  /// What step<>() needs of the schedule.
  [[gnu::always_inline]] void prepare_steps() noexcept {
    if constexpr (!Keys::kShared) {
#pragma GCC unroll 18
      for (int t = kFirstVariableWord; t < 36; ++t)
        m.keys1[t] = keys.early(t);
    }
  }
  /// Step i + kTurn below 32, as part of a loop.
  template <int kTurn>
  [[gnu::always_inline]] void step(std::size_t i) noexcept {
    round<kTurn>(state.s, state.x, m.keys1[i + kTurn + 4]);
  }
  /// Step i + kTurn of 32..55.
  template <int kTurn>
  [[gnu::always_inline]] void late(std::size_t i) noexcept {
    round<kTurn>(state.s, state.x, keys.late(i + kTurn + 4));
  }
  /// Step 56 + kTurn.
  template <int kTurn>
  [[gnu::always_inline]] void last() noexcept {
    round<kTurn>(state.s, state.x, keys.late(60 + kTurn));
  }

  /// Leaves the digest as the words 0..7 of hash 2.
  [[gnu::always_inline]] void end() noexcept {
    for (std::size_t i = 0; i < 8; ++i)
      m.schedule2[i] = state.s[(i + 4) % 8] + Lanes::all(table.midstate[i]);
  }
};

/// Hash 2 of what Hash1::end() left: step i is round i + 1. Round 0 is in begin(): of a constant state it is two sums.
template <class Lanes>
struct Hash2 {
  LanesMemory<Lanes>& m;
  LanesState<Lanes> state{};

  [[gnu::always_inline]] void begin() noexcept {
    for (std::size_t i = 0; i < 8; ++i)
      state.s[i] = Lanes::all(m.start2[i]);
    state.x = state.s[0] ^ state.s[1];
    state.s[3] = state.s[3] + m.schedule2[0];
    state.s[7] = state.s[7] + m.schedule2[0];
  }

  template <int kStep>
  [[gnu::always_inline]] void early() noexcept {
    constexpr int kRound = kStep + 1;
    constexpr int kTurn = kRound % 8;
    if constexpr (kRound < 4) {
      round_of_sum<kTurn>(state.s, state.x, m.schedule2[kRound] + Lanes::all(m.h_and_constants2[kRound]));
    } else if constexpr (kRound < 8) {
      round<kTurn>(state.s, state.x, m.schedule2[kRound] + m.constants[kRound]);
    } else if constexpr (kRound < 16) {
      round<kTurn>(state.s, state.x, Lanes::all(m.constant_keys2[kRound]));
    } else {
      round<kTurn>(state.s, state.x, extend2(m, kRound) + m.constants[kRound]);
    }
  }

  [[gnu::always_inline]] void prepare_steps() noexcept {
#pragma GCC unroll 7
    for (int t = 1; t < 8; ++t)
      m.keys2[t] = m.schedule2[t] + m.constants[t];
#pragma GCC unroll 17
    for (int t = 16; t < 33; ++t)
      m.keys2[t] = extend2(m, t) + m.constants[t];
  }
  template <int kTurn>
  [[gnu::always_inline]] void step(std::size_t i) noexcept {
    round<(kTurn + 1) % 8>(state.s, state.x, m.keys2[i + kTurn + 1]);
  }
  template <int kTurn>
  [[gnu::always_inline]] void late(std::size_t i) noexcept {
    const std::size_t t = i + kTurn + 1;
    round<(kTurn + 1) % 8>(state.s, state.x, extend(m.schedule2, t) + m.constants[t]);
  }
  /// Of the last four rounds only the e half: nothing needs their a.
  template <int kTurn>
  [[gnu::always_inline]] void last() noexcept {
    constexpr std::size_t kRound = 57 + kTurn;
    const Lanes constant = kRound == kLastRound ? Lanes::all(m.last_constant) : m.constants[kRound];
    half_round<kTurn + 1>(state.s, extend(m.schedule2, kRound) + constant);
  }

  [[gnu::always_inline]] Lanes digest7() const noexcept {
    return state.s[place(4, 3)];
  }
};

/// How steps 0..31 are compiled.
enum class Code : std::uint8_t {
  kWrittenOut,  ///< each for itself, with all that is constant folded
  kLoops,  ///< their schedule first, then a loop: half the code, for CPUs whose caches of decoded instructions would
           ///< not hold the other
};

/// Calls call.operator()<i>() for i = 0 .. kCount - 1.
template <int kCount, class Call>
[[gnu::always_inline]] inline void unrolled(Call call) noexcept {
  [&]<int... kIndex>(std::integer_sequence<int, kIndex...>) __attribute__((always_inline)) {
    (call.template operator()<kIndex>(), ...);
  }
  (std::make_integer_sequence<int, kCount>{});
}

/// All steps of one hash, or of two side by side: two independent chains of instructions.
template <Code kCode, class... Hashes>
[[gnu::always_inline]] inline void run(Hashes&... hashes) noexcept {
  std::size_t i = opaque(std::size_t{0});
  if constexpr (kCode == Code::kLoops) {
    (hashes.prepare_steps(), ...);
    (hashes.begin(), ...);
    for (; i != 32; i = opaque(i + 8))
      unrolled<8>([&]<int kTurn>() __attribute__((always_inline)) { (hashes.template step<kTurn>(i), ...); });
  } else {
    (hashes.begin(), ...);
    unrolled<32>([&]<int kStep>() __attribute__((always_inline)) { (hashes.template early<kStep>(), ...); });
  }
  for (i = opaque(std::size_t{32}); i != 56; i = opaque(i + 8))
    unrolled<8>([&]<int kTurn>() __attribute__((always_inline)) { (hashes.template late<kTurn>(i), ...); });
  unrolled<4>([&]<int kTurn>() __attribute__((always_inline)) { (hashes.template last<kTurn>(), ...); });
}

}  // namespace lode::kernels
