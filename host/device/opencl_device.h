// A GPU as a device, through OpenCL. Any thread.
#pragma once

#include <memory>
#include <string>

#include "host/base/result.h"
#include "host/device/gpu_device.h"
#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"
#include "host/device/opencl_program.h"
#include "host/device/opencl_session.h"

namespace lode::device {

/// "opencl:0.0" and so on; `help` is used again at
/// each restart. Error: kDevice, one sentence that names the GPU.
Result<std::unique_ptr<GpuDevice>> open_opencl_device(std::shared_ptr<OpenClDriver> driver, const OpenClGpu& gpu,
                                                      const OpenClKernels& kernels, std::string kernel_name,
                                                      OpenClProgramHelp help, GpuDeviceOptions options);

}  // namespace lode::device
