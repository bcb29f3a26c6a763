#include "host/app/cuda_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/app/gpu_backend.h"
#include "host/device/cuda_device.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_library.h"
#include "host/device/cuda_nvml.h"
#include "kernels/cuda/images.h"

namespace lode::app {
namespace {

constexpr std::string_view kKernel = "cuda";
constexpr std::string_view kDescription = "SHA-256 on both integer pipes, the schedule shared between versions";

/// How many versions a job had best carry: what they share costs a thirtieth of a hash then.
constexpr std::uint32_t kMidstates = 32;

const kernels::cuda::Image* find_image(std::string_view kernel) {
  const auto images = kernels::cuda::images();
  const auto found = std::ranges::find_if(images, [&](const kernels::cuda::Image& image) {
    return image.kernel == kernel && image.balance == kernels::cuda::Balance::kLight;
  });
  return found == images.end() ? nullptr : &*found;
}

void warn(const DeviceRequest& request, const std::string& text) {
  if (request.warn) request.warn(text);
}

std::string id_of(const device::CudaGpu& gpu) {
  return fmt::format("{}:{}", kKernel, gpu.ordinal);
}

/// The GPUs that are asked for.
Result<std::vector<device::CudaGpu>> choose(std::vector<device::CudaGpu> gpus, const DeviceRequest& request) {
  if (request.indices.empty()) return gpus;
  std::vector<device::CudaGpu> chosen;
  for (const std::uint32_t index : request.indices) {
    if (index >= gpus.size()) {
      return fail(Errc::kDevice, fmt::format("{}:{}: there is no such GPU; this machine's are {}:0 to {}:{}", kKernel,
                                             index, kKernel, kKernel, gpus.size() - 1));
    }
    chosen.push_back(gpus[index]);
  }
  return chosen;
}

Result<std::unique_ptr<device::GpuDevice>> open_gpu(const CudaMachine& machine, const DeviceRequest& request,
                                                    const device::CudaGpu& gpu) {
  const GpuSensors sensors{.source = machine.telemetry, .lack = machine.no_telemetry};
  if (const auto kept = check_temperature_limit(request, id_of(gpu), gpu.pci_bus_id, sensors); !kept)
    return kept.error();
  return device::open_cuda_device(machine.driver, gpu, machine.kernels,
                                  {.midstates = request.midstates.value_or(kMidstates),
                                   .max_celsius = request.max_celsius,
                                   .telemetry = machine.telemetry,
                                   .warn = request.warn});
}

}  // namespace

Result<CudaMachine> this_cuda_machine() {
  const kernels::cuda::Image* const single = find_image("sha256d_m1");
  const kernels::cuda::Image* const rolling = find_image("sha256d_mn");
  if (single == nullptr || rolling == nullptr) {
    return fail(Errc::kDevice, "not in this build (it was made without the CUDA compiler)");
  }
  auto driver = device::open_cuda_driver();
  if (!driver) return driver.error();
  CudaMachine machine{.driver = *std::move(driver),
                      .telemetry = {},
                      .no_telemetry = {},
                      .kernels = {.single = {.image = *single}, .rolling = {.image = *rolling}}};
  if (auto nvml = device::open_nvml()) {
    machine.telemetry = *std::move(nvml);
  } else {
    machine.no_telemetry = nvml.error().message();
  }
  return machine;
}

std::vector<DeviceDescription> describe_cuda(const CudaMachine& machine, const DeviceRequest& request) {
  const auto gpus = device::list_cuda_gpus(*machine.driver);
  if (!gpus) {
    warn(request, fmt::format("{}: {}", kKernel, gpus.error().message()));
    return {};
  }
  const auto driver = device::cuda_driver_version(*machine.driver);
  std::vector<DeviceDescription> devices;
  for (const device::CudaGpu& gpu : *gpus) {
    const auto opened = device::open_cuda_device(machine.driver, gpu, machine.kernels, {});
    devices.push_back(
        {.id = id_of(gpu),
         .name = gpu.name,
         .threads = 1,
         .cpus = {},
         .topology = {},
         .features = {},
         .kernels = {{.name = std::string(kKernel),
                      .description = std::string(kDescription),
                      .unusable = opened ? "" : opened.error().message(),
                      .is_default = true,
                      .is_single_default = true}},
         .calibration = {},
         .gpu = GpuInfo{.pci_bus_id = gpu.pci_bus_id,
                        .memory = gpu.memory,
                        .capability = fmt::format("{}.{}", gpu.capability / 10, gpu.capability % 10),
                        .multiprocessors = static_cast<unsigned>(gpu.multiprocessors),
                        .driver = driver ? *driver : "unknown",
                        .telemetry = machine.telemetry ? machine.telemetry->read(gpu.pci_bus_id) : std::nullopt}});
  }
  return devices;
}

Result<Devices> open_cuda(const CudaMachine& machine, const DeviceRequest& request) {
  if (!request.kernel.empty() && request.kernel != kKernel) {
    return fail(Errc::kOutOfRange,
                fmt::format("'{}' is no kernel of the {} devices; known is {}", request.kernel, kKernel, kKernel));
  }
  auto all = device::list_cuda_gpus(*machine.driver);
  if (!all) return fail(Errc::kDevice, fmt::format("{}: {}", kKernel, all.error().message()));
  const auto gpus = choose(*std::move(all), request);
  if (!gpus) return gpus.error();
  return open_each(
      gpus->size(), [&](std::size_t i) { return open_gpu(machine, request, gpus->at(i)); }, request);
}

std::vector<DeviceDescription> describe_cuda(const DeviceRequest& request) {
  const auto machine = this_cuda_machine();
  return machine ? describe_cuda(*machine, request) : std::vector<DeviceDescription>{};
}

Result<Devices> open_cuda(const DeviceRequest& request) {
  const auto machine = this_cuda_machine();
  if (!machine) return fail(Errc::kDevice, fmt::format("{}: {}", kKernel, machine.error().message()));
  return open_cuda(*machine, request);
}

std::optional<std::string> why_no_cuda() {
  const auto machine = this_cuda_machine();
  if (!machine) return machine.error().message();
  const auto gpus = device::list_cuda_gpus(*machine->driver);
  return gpus ? std::nullopt : std::optional(gpus.error().message());
}

}  // namespace lode::app
