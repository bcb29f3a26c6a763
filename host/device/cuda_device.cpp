#include "host/device/cuda_device.h"

#include <string>
#include <utility>

namespace lode::device {

Result<std::unique_ptr<GpuDevice>> open_cuda_device(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                    const CudaKernels& kernels, GpuDeviceOptions options) {
  GpuIdentity identity{
      .id = "cuda:" + std::to_string(gpu.ordinal), .name = gpu.name, .kernel = "cuda", .pci_bus_id = gpu.pci_bus_id};
  return GpuDevice::open(
      std::move(identity),
      [driver = std::move(driver), gpu, kernels] { return CudaSession::open(driver, gpu, kernels); },
      std::move(options));
}

}  // namespace lode::device
