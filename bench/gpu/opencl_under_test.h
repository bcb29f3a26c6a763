// The OpenCL device that is measured: the GPU that the CUDA programs work on, where its driver offers OpenCL; a CPU's,
// or one that the CPU plays, to try the programs.
//
// Used by one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench/gpu/options.h"
#include "host/base/result.h"
#include "host/device/gpu_device.h"
#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"
#include "host/device/opencl_program.h"
#include "host/device/opencl_tuning.h"

namespace lode::bench {

struct OpenClUnderTest {
  std::shared_ptr<device::OpenClDriver> driver;
  device::OpenClGpu gpu;
  device::OpenClProgramHelp help;
};

/// Whether two PCI addresses are the same one: drivers write them in either case.
bool is_same_bus(std::string_view one, std::string_view other);

/// `pci_bus_id`: the GPU that is preferred; empty: any. Error: kDevice, one sentence: there is no such device.
Result<OpenClUnderTest> open_opencl_under_test(const Options& options, const std::string& pci_bus_id);

/// Throws std::runtime_error if it does not open. Compiles what is not in the store.
std::unique_ptr<device::GpuSession> open_session(const OpenClUnderTest& opencl, const device::OpenClSetting& setting);

/// Likewise a device.
std::unique_ptr<device::GpuDevice> open_device(const OpenClUnderTest& opencl, const device::OpenClSetting& setting);

}  // namespace lode::bench
