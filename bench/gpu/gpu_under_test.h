// The GPU that the programs of this folder work on: the first that the driver sees, or one that the CPU plays, so that
// the programs can be tried where there is none.
//
// Used by one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/gpu/options.h"
#include "bench/gpu/timed_driver.h"
#include "host/base/result.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_session.h"
#include "host/device/gpu_device.h"
#include "host/device/telemetry.h"
#include "kernels/cuda/images.h"
#include "kernels/cuda/tunings.h"

namespace lode::bench {

struct GpuUnderTest {
  std::shared_ptr<TimedDriver> driver;
  device::CudaGpu gpu;
  std::shared_ptr<device::TelemetrySource> telemetry;  ///< null: there is none
  bool played = false;

  /// The kernels of each balance that this build has.
  struct Build {
    kernels::cuda::Balance balance;
    device::CudaKernels kernels;
  };
  std::vector<Build> builds;
};

using kernels::cuda::name_of;

/// Error: kDevice, one sentence: there is no driver, no GPU, or no kernel in this build.
Result<GpuUnderTest> open_gpu_under_test(const Options& options);

/// As above; prints why there is none.
std::unique_ptr<GpuUnderTest> find_gpu_under_test(const Options& options);

/// A session of its own; throws std::runtime_error if there is none.
std::unique_ptr<device::GpuSession> open_session(const GpuUnderTest& gpu, const device::CudaKernels& kernels);

/// Likewise a device.
std::unique_ptr<device::GpuDevice> open_device(const GpuUnderTest& gpu, const device::CudaKernels& kernels);

/// Throws std::runtime_error with its message if there is an error.
void require(const Result<void>& result);

/// Waits until the slot's launch is over, without a pause. Throws as require() does.
void await(device::GpuSession& session, std::size_t slot);

/// A job of the main network's header at the index (modulo how many there are), as one of `midstates` whose others are
/// made up. Limit 0.
kernels::ScanJob planted_job(std::uint32_t index, std::uint32_t midstates, std::uint32_t place);
/// The nonce that solves it.
std::uint32_t planted_nonce(std::uint32_t index);

}  // namespace lode::bench
