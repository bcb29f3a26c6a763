// The scan kernel for jobs of several midstates.
#include "kernels/cuda/gpu_warp.cuh"
#include "kernels/cuda/tunings.h"

namespace lode::kernels::cuda {

constexpr Tuning kTuning = tuning_mn(LODE_CUDA_CAPABILITY, Balance::LODE_CUDA_BALANCE);

extern "C" __global__ void __launch_bounds__(kTuning.threads, kTuning.blocks_per_sm)
    sha256d_mn(const __grid_constant__ ScanParamsMn params) {
  __shared__ uint4 keys[kKeyGroups * kTuning.threads];
  GpuWarp<kTuning.threads> warp{keys};
  scan_mn<kTuning>(warp, params);
}

}  // namespace lode::kernels::cuda
