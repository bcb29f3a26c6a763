// The tunings that are built, for each compute capability (major * 10 + minor): a balance and a launch shape. The
// counts of each are in gates.json.
#pragma once

#include "kernels/gpu/balance.h"
#include "kernels/gpu/tuning.h"

namespace lode::kernels::cuda {

using gpu::Balance;
using gpu::kBalances;
using gpu::RoundsOf64;
using gpu::Tuning;

/// Of kernel sha256d_m1.
constexpr Tuning tuning_m1(int capability, Balance balance = Balance::kLight) noexcept {
  Tuning tuning = gpu::balanced_m1(balance);
  tuning.blocks_per_sm = 5;
  if (capability == 75) {  // 1024 threads a multiprocessor, and slow ones
    tuning.blocks_per_sm = 4;
    tuning.hashes_per_thread = 32;
  }
  return tuning;
}

/// Of kernel sha256d_mn, which needs 192 bytes of shared memory a thread: two blocks fit everywhere, four where there
/// is more.
constexpr Tuning tuning_mn(int capability, Balance balance = Balance::kLight) noexcept {
  Tuning tuning = gpu::balanced_mn(balance);
  if (capability == 75) {  // 64 KiB
    tuning.threads = 160;
    tuning.hashes_per_thread = 32;
  }
  return tuning;
}

}  // namespace lode::kernels::cuda
