// What can be tuned in the scan kernels without touching the algorithm: the launch shape, and which pipe of a
// multiprocessor does what.
//
// Rotates, logic and three-input sums run on the ALU pipe, multiplications on the FMA pipe; each takes half of what the
// schedulers issue. SHA-256 has twice as much for the first as for the second, so as multiplications are done:
// two-input sums (x * 1 + y), shifts (the high word of x * 2^k) and some of the rotates (high word plus low word). The
// latter cost two or three places on one pipe for one on the other. Compile-time values only.
#pragma once

#include <cstdint>

namespace lode::kernels::gpu {

/// Of how many rounds in 64, spread evenly, a kind of rotate is two multiplications.
using RoundsOf64 = std::uint8_t;

struct Tuning {
  // Launch shape.
  std::uint32_t threads = 256;           ///< in a block, a multiple of the warp's 32
  std::uint32_t blocks_per_sm = 2;       ///< that a multiprocessor must hold at least: limits registers
  std::uint32_t hashes_per_thread = 64;  ///< between two looks for newer work

  // On the FMA pipe.
  bool round_sums = true;               ///< of T1, d + T1 and T1 + Maj
  bool key_sums = true;                 ///< h + K + W
  bool schedule_sums = true;            ///< of a schedule's words
  bool shifts = true;                   ///< of the schedule's sigmas
  RoundsOf64 schedule_rotates[4] = {};  ///< sigma0's by 7 and 18, sigma1's by 17 and 19
  RoundsOf64 inner_rotates[4] = {};     ///< Sigma1's by 5 and 19, Sigma0's by 11 and 20 (see hash.h)
  RoundsOf64 outer_rotates[2] = {};     ///< Sigma1's by 6 and Sigma0's by 2, fused with a sum on either pipe

  // Back on the ALU pipe, whose sums take three terms: one instruction instead of two.
  RoundsOf64 three_term_keys = 0;  ///< h + K + W with three terms that vary
  bool three_term_last = false;    ///< d + T1 of the rounds whose a is not needed

  bool operator==(const Tuning&) const = default;
};

/// Whether `count` rounds spread evenly over 64 contain this one.
constexpr bool contains(RoundsOf64 count, int round) noexcept {
  return (round + 1) * count / 64 != round * count / 64;
}

}  // namespace lode::kernels::gpu
