// The tuning of each kernel for each compute capability (major * 10 + minor).
#pragma once

#include "kernels/cuda/tuning.h"

namespace lode::kernels::cuda {

constexpr Tuning tuning_m1(int) noexcept {
  return {.three_term_keys = 5, .three_term_last = true};
}

constexpr Tuning tuning_mn(int) noexcept {
  return {.schedule_rotates = {10, 10, 10, 10}};
}

}  // namespace lode::kernels::cuda
