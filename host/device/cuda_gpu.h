// The GPUs that a CUDA driver sees, as plain values, and the sentence that a failed call becomes. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"
#include "host/device/cuda_driver.h"

namespace lode::device {

struct CudaGpu {
  int ordinal = 0;         ///< the driver's number, as in "cuda:0"; CUDA_VISIBLE_DEVICES decides about it
  int device = 0;          ///< the driver's handle
  std::string name;        ///< "NVIDIA H100 80GB HBM3"
  std::string pci_bus_id;  ///< "0000:65:00.0"
  std::size_t memory = 0;  ///< bytes
  int capability = 0;      ///< compute capability, 10 * major + minor
  int multiprocessors = 0;
};

/// Nothing, or kDevice: "cuLaunchKernel: error 719 (a kernel failed)".
Result<void> checked(CudaStatus status, std::string_view call);

/// In the driver's order. Errors: kDevice, also when there is none.
Result<std::vector<CudaGpu>> list_cuda_gpus(CudaDriver& driver);

/// "13.0".
Result<std::string> cuda_driver_version(CudaDriver& driver);

}  // namespace lode::device
