// NVIDIA GPUs as a device backend: one device a GPU.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/app/device_backend.h"
#include "host/device/cuda_driver.h"
#include "host/device/cuda_session.h"
#include "host/device/telemetry.h"

namespace lode::app {

/// What the backend needs of a machine.
struct CudaMachine {
  std::shared_ptr<device::CudaDriver> driver;
  std::shared_ptr<device::TelemetrySource> telemetry;  ///< null: sensors cannot be read
  std::string no_telemetry;                            ///< why, if it is null
  std::vector<device::CudaKernels> kernels;            ///< see device::built_cuda_kernels()
  /// For a search, for each kind of job.
  std::chrono::milliseconds tuning_budget{4'000};
};

/// Error: kDevice, "no driver (libcuda.so.1 not found)" and the like.
Result<CudaMachine> this_cuda_machine();

/// Of `request`, what tells whether settings are remembered or measured anew, `warn` and `note` count.
std::vector<DeviceDescription> describe_cuda(const CudaMachine& machine, const DeviceRequest& request);

/// A GPU that does not open is warned about and left out where others do. Errors: kOutOfRange (no kernel of that name,
/// no GPU of that number), kDevice (none can be used, or --max-temp cannot be kept).
Result<Devices> open_cuda(const CudaMachine& machine, const DeviceRequest& request);

/// Errors as of open_cuda().
Result<std::vector<DeviceTuning>> tune_cuda(const CudaMachine& machine, const DeviceRequest& request);

// The same with this machine, as the list of backends takes them.
std::vector<DeviceDescription> describe_cuda(const DeviceRequest& request);
Result<Devices> open_cuda(const DeviceRequest& request);
Result<std::vector<DeviceTuning>> tune_cuda(const DeviceRequest& request);
std::optional<std::string> why_no_cuda();

}  // namespace lode::app
