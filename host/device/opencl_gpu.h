// The devices that OpenCL platforms offer, as plain values, and the sentence that a failed call becomes. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"
#include "host/device/opencl_driver.h"

namespace lode::device {

/// Mostly a GPU, but platforms offer CPUs and accelerators too.
struct OpenClGpu {
  std::uint32_t platform = 0;  ///< number in the loader's order
  std::uint32_t ordinal = 0;   ///< number in the platform's order
  OpenClPlatformId platform_id = nullptr;
  OpenClDeviceId device_id = nullptr;
  std::string platform_name = {};
  std::string platform_version = {};  ///< "OpenCL 3.0 ..."
  std::string name = {};              ///< "gfx1030"
  std::string vendor = {};            ///< "Advanced Micro Devices, Inc."
  std::string version = {};           ///< of OpenCL on the device, "OpenCL 2.0 ..."
  std::string driver = {};            ///< version
  std::uint64_t type = 0;             ///< bits: kOpenClCpu and so on
  std::uint32_t compute_units = 0;
  std::uint64_t memory = 0;        ///< bytes
  std::uint64_t local_memory = 0;  ///< bytes
  std::size_t max_group_size = 0;  ///< work-items of a work-group
  bool available = false;          ///< to this process
  std::string pci_bus_id = {};     ///< "0000:65:00.0"; empty: unknown, or not on that bus

  [[nodiscard]] bool is_cpu() const noexcept { return (type & kOpenClCpu) != 0; }
};

/// As --devices takes it: "opencl:1.0".
std::string opencl_id(const OpenClGpu& gpu);

/// Nothing, or kDevice: "clEnqueueNDRangeKernel: error -5 (...)".
Result<void> checked(OpenClStatus status, std::string_view call);

/// All devices of all platforms and types, in the loader's order; one that does not describe itself is left out, so
/// that a broken platform does not hide a good one. Errors: kDevice, where there is none, with what to install.
Result<std::vector<OpenClGpu>> list_opencl_gpus(OpenClDriver& driver);

}  // namespace lode::device
