// The CPU as a device backend: one device a thread, all running the same kernels.
#pragma once

#include <vector>

#include "host/app/cpu_kernels.h"
#include "host/app/device_backend.h"

namespace lode::app {

/// Of `request`, kernel and threads do not count: what is described is the default.
std::vector<DeviceDescription> describe_cpu(const DeviceRequest& request);

/// Errors: kOutOfRange (no kernel of that name, CPUs that cannot be had), kDevice (this CPU cannot run it).
Result<Devices> open_cpu(const DeviceRequest& request);

/// One thread, measured anew.
Result<std::vector<DeviceTuning>> tune_cpu(const DeviceRequest& request);

/// The same with other kernels than this program's. `machine` is made for the CPU that is measured on.
Result<Devices> open_cpu(const DeviceRequest& request,
                         const std::function<CpuMachine(std::optional<unsigned> cpu)>& machine);

}  // namespace lode::app
