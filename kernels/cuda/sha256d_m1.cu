// The scan kernel for jobs of one midstate.
#include "kernels/cuda/gpu_warp.cuh"
#include "kernels/cuda/tunings.h"

namespace lode::kernels::cuda {

constexpr Tuning kTuning = tuning_m1(LODE_CUDA_CAPABILITY, Balance::LODE_CUDA_BALANCE);

extern "C" __global__ void __launch_bounds__(kTuning.threads, kTuning.blocks_per_sm)
    sha256d_m1(const __grid_constant__ ScanParamsM1 params) {
  GpuWarp<kTuning.threads> warp;
  scan_m1<kTuning>(warp, params);
}

}  // namespace lode::kernels::cuda
