// How much of a hash is done as multiplications, for GPUs whose multiplications have a pipe of their own: the balances
// that are built.
//
// Which is fastest depends on what a multiplication costs on a GPU's FMA pipe, which vendors do not say for the high
// word, so several balances are built and the host measures. docs/kernels.md says what each step brought. Compile-time
// values only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gpu/tuning.h"

namespace lode::kernels::gpu {

enum class Balance : std::uint8_t {
  kNone,    ///< no multiplication: fewest instructions, for GPUs whose pipes can all do all
  kLight,   ///< sums and shifts, and some rotates where they are few
  kMedium,  ///< balanced if the high word of a product takes the pipe twice as long as the low word
  kHeavy,   ///< balanced if it takes as long
};
inline constexpr Balance kBalances[] = {Balance::kNone, Balance::kLight, Balance::kMedium, Balance::kHeavy};

namespace internal {

constexpr Tuning with_balance(Tuning tuning, Balance balance, const RoundsOf64 (&schedule_rotates)[4]) noexcept {
  if (balance == Balance::kNone) {
    tuning.round_sums = tuning.key_sums = tuning.schedule_sums = tuning.shifts = false;
    tuning.three_term_keys = 64;
    tuning.three_term_last = true;
    return tuning;
  }
  for (RoundsOf64& rotates : tuning.schedule_rotates)
    rotates = schedule_rotates[static_cast<std::size_t>(balance)];
  return tuning;
}

}  // namespace internal

/// Of jobs of one midstate; the launch shape is whatever a Tuning has by itself.
constexpr Tuning balanced_m1(Balance balance) noexcept {
  Tuning tuning;
  tuning.three_term_last = true;
  if (balance == Balance::kLight) tuning.three_term_keys = 6;
  return internal::with_balance(tuning, balance, {0, 0, 27, 47});
}

/// Of jobs of several midstates, which read their schedule.
constexpr Tuning balanced_mn(Balance balance) noexcept {
  Tuning tuning;
  if (balance == Balance::kHeavy) {
    for (RoundsOf64& rotates : tuning.inner_rotates)
      rotates = 6;
  }
  return internal::with_balance(tuning, balance, {0, 10, 54, 64});
}

}  // namespace lode::kernels::gpu
