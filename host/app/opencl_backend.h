// The devices of OpenCL platforms as a device backend: one device each. CPUs among them are used only when they are
// named, since the CPU backend is faster.
//
// "opencl" stands for all GPUs and accelerators, "opencl:1.0" for device 0 of platform 1, "opencl:2" for the third of
// those that "opencl" stands for.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/app/device_backend.h"
#include "host/app/gpu_backend.h"
#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"

namespace lode::app {

/// What the backend needs of a machine.
struct OpenClMachine {
  std::shared_ptr<device::OpenClDriver> driver;
  GpuSensors sensors = {};  ///< of NVIDIA's GPUs
  /// For a search, for each kind of job. A driver may take longer to compile what is tried first.
  std::chrono::milliseconds tuning_budget{4'000};
};

/// Error: kDevice, what to install.
Result<OpenClMachine> this_opencl_machine();

/// All devices, CPUs too. Of `request`, warn, note, state, recalibrate and taken count.
std::vector<DeviceDescription> describe_opencl(const OpenClMachine& machine, const DeviceRequest& request);

/// A device that does not open is warned about and left out where others do, one that is taken is left out; that may
/// leave none. Errors: kOutOfRange (no kernel of that name, or a device that is named is taken), kDevice (no such
/// device, none can be used, or --max-temp cannot be kept).
Result<Devices> open_opencl(const OpenClMachine& machine, const DeviceRequest& request);

/// Takes more time than a search at the start. Errors as of open_opencl().
Result<std::vector<DeviceTuning>> tune_opencl(const OpenClMachine& machine, const DeviceRequest& request);

/// Why there is no GPU or accelerator.
std::optional<std::string> why_no_opencl(const OpenClMachine& machine);

// The same with this machine, as the list of backends takes them.
std::vector<DeviceDescription> describe_opencl(const DeviceRequest& request);
Result<Devices> open_opencl(const DeviceRequest& request);
Result<std::vector<DeviceTuning>> tune_opencl(const DeviceRequest& request);
std::optional<std::string> why_no_opencl();

}  // namespace lode::app
