// The tunings that are built, for each compute capability (major * 10 + minor).
//
// Which is fastest depends on what a multiplication costs on a GPU's FMA pipe, which vendors do not say for the high
// word, so several balances are built and the host measures. The counts of each are in gates.json; docs/kernels.md says
// what each step brought.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gpu/tuning.h"

namespace lode::kernels::cuda {

using gpu::RoundsOf64;
using gpu::Tuning;

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

/// Of kernel sha256d_m1.
constexpr Tuning tuning_m1(int capability, Balance balance = Balance::kLight) noexcept {
  Tuning tuning{.threads = 256, .blocks_per_sm = 5};
  if (capability == 75) {  // 1024 threads a multiprocessor, and slow ones
    tuning.blocks_per_sm = 4;
    tuning.hashes_per_thread = 32;
  }
  tuning.three_term_last = true;
  if (balance == Balance::kLight) tuning.three_term_keys = 6;
  return internal::with_balance(tuning, balance, {0, 0, 27, 47});
}

/// Of kernel sha256d_mn, which needs 192 bytes of shared memory a thread: two blocks fit everywhere, four where there
/// is more.
constexpr Tuning tuning_mn(int capability, Balance balance = Balance::kLight) noexcept {
  Tuning tuning{.threads = 256, .blocks_per_sm = 2};
  if (capability == 75) {  // 64 KiB
    tuning.threads = 160;
    tuning.hashes_per_thread = 32;
  }
  if (balance == Balance::kHeavy) {
    for (RoundsOf64& rotates : tuning.inner_rotates)
      rotates = 6;
  }
  return internal::with_balance(tuning, balance, {0, 10, 54, 64});
}

}  // namespace lode::kernels::cuda
