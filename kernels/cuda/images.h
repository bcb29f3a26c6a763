// The compiled CUDA kernels, inside the program. Constant data; usable from every thread.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>

#include "kernels/cuda/tunings.h"

namespace lode::kernels::cuda {

/// One kernel with one balance, for all GPUs: a "fat binary" as cuModuleLoadData of the CUDA driver API takes it, with
/// machine code for each compute capability that is tuned for and PTX for newer ones.
struct Image {
  std::string_view kernel;  ///< the function in the module: "sha256d_m1" or "sha256d_mn"
  Balance balance = Balance::kLight;
  std::span<const std::byte> fatbin;
};

/// All that this build has; empty if it was built without nvcc. Threads in a block are the function's
/// CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: it depends on which code of the image the driver took.
std::span<const Image> images() noexcept;

/// "none", "light", "medium" or "heavy".
constexpr std::string_view name_of(Balance balance) noexcept {
  constexpr std::string_view kNames[] = {"none", "light", "medium", "heavy"};
  static_assert(std::size(kNames) == std::size(gpu::kBalances));
  return kNames[static_cast<std::size_t>(balance)];
}

}  // namespace lode::kernels::cuda
