#include "host/device/opencl_device.h"

#include <string>
#include <utility>

namespace lode::device {

Result<std::unique_ptr<GpuDevice>> open_opencl_device(std::shared_ptr<OpenClDriver> driver, const OpenClGpu& gpu,
                                                      const OpenClKernels& kernels, std::string kernel_name,
                                                      OpenClProgramHelp help, GpuDeviceOptions options) {
  GpuIdentity identity{
      .id = opencl_id(gpu), .name = gpu.name, .kernel = std::move(kernel_name), .pci_bus_id = gpu.pci_bus_id};
  return GpuDevice::open(
      std::move(identity),
      [driver = std::move(driver), gpu, kernels, help = std::move(help)] {
        return OpenClSession::open(driver, gpu, kernels, help);
      },
      std::move(options));
}

}  // namespace lode::device
