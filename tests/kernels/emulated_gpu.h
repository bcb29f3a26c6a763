// The CUDA kernels' source, run on the CPU, as kernels that the tests of all others can take: the same parameters,
// grid, chunks and hit list as on a GPU, one thread for each warp. Its scan functions may be called from every thread.
#pragma once

#include <span>

#include "kernels/cpu/kernel.h"

namespace lode::kernels {

/// One for each kernel and each tuning that differs.
std::span<const Kernel> emulated_gpu_kernels();

}  // namespace lode::kernels
