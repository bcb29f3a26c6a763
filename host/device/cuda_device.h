// An NVIDIA GPU as a device, through the CUDA driver. Any thread.
#pragma once

#include <memory>

#include "host/base/result.h"
#include "host/device/cuda_driver.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_session.h"
#include "host/device/gpu_device.h"

namespace lode::device {

/// "cuda:0" and so on. Error: kDevice, one sentence that names the GPU.
Result<std::unique_ptr<GpuDevice>> open_cuda_device(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                    const CudaKernels& kernels, GpuDeviceOptions options);

}  // namespace lode::device
