// The CUDA driver of this machine, opened when the program runs: it starts, and says so, where there is none.
#pragma once

#include <memory>

#include "host/base/result.h"
#include "host/device/cuda_driver.h"

namespace lode::device {

/// Opens the library `name` and initialises the driver in it. Takes up to a second where GPUs sleep. Error: kDevice,
/// one sentence: "no driver (libcuda.so.1 not found)", or what keeps the driver from working.
Result<std::shared_ptr<CudaDriver>> open_cuda_driver(const char* name = "libcuda.so.1");

}  // namespace lode::device
