// The ways to run the CUDA kernels that the search for the fastest one tries (gpu_tuning.h): which balance, how many
// blocks, how much work between two looks for newer work, how many midstates.
//
// Start-up, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"
#include "host/device/cuda_driver.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_session.h"
#include "host/device/gpu_tuning.h"

namespace lode::device {

/// One way to run a kernel, with a name that a file can keep.
struct CudaSetting {
  kernels::cuda::Balance balance = kernels::cuda::Balance::kLight;
  std::uint32_t blocks_per_multiprocessor = 1;  ///< 1 .. kMostCudaBlocks
  std::uint32_t hashes_per_thread = 1;          ///< 1 .. kMostCudaHashes

  friend bool operator==(const CudaSetting&, const CudaSetting&) = default;
};

/// More than any GPU has room for, and more than a look may wait for.
inline constexpr std::uint32_t kMostCudaBlocks = 64;
inline constexpr std::uint32_t kMostCudaHashes = 4096;

/// "light blocks=4 hashes=64".
std::string to_string(const CudaSetting& setting);
/// Nothing for anything that to_string() does not write, and for numbers out of range.
std::optional<CudaSetting> parse_cuda_setting(std::string_view text);

/// The kernels of this build: a pair for each balance, in the order in which they are expected to be fast. Empty if it
/// was made without nvcc.
std::vector<CudaKernels> built_cuda_kernels();

/// A GPU and what it is to run; see built_cuda_kernels().
struct CudaTarget {
  std::shared_ptr<CudaDriver> driver;
  CudaGpu gpu;
  std::vector<CudaKernels> kernels;
};

/// How many midstates jobs of several are expected to be the fastest with: what these share costs a thirtieth of a
/// hash.
inline constexpr std::uint32_t kExpectedCudaMidstates = 32;

/// What is tried for jobs of one midstate, or of several. The balances first, then of the best: how many midstates,
/// how many blocks, how much work. Error: kDevice, no kernel can be loaded.
Result<GpuTuningPlan> cuda_plan(const CudaTarget& target, bool rolling);

/// The kernels to run so; nothing: no such balance is in `target`.
std::optional<CudaKernels> cuda_kernels(const CudaTarget& target, const CudaSetting& single,
                                        const CudaSetting& rolling);

}  // namespace lode::device
