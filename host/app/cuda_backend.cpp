#include "host/app/cuda_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/app/gpu_backend.h"
#include "host/app/gpu_settings.h"
#include "host/device/cuda_device.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_library.h"
#include "host/device/cuda_nvml.h"
#include "host/device/cuda_tuning.h"
#include "kernels/cuda/images.h"

namespace lode::app {
namespace {

constexpr std::string_view kKernel = "cuda";
constexpr std::string_view kDescription = "SHA-256 on both integer pipes, the schedule shared between versions";

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

device::CudaTarget target_of(const CudaMachine& machine, const device::CudaGpu& gpu) {
  return {.driver = machine.driver, .gpu = gpu, .kernels = machine.kernels};
}

std::string driver_of(const CudaMachine& machine) {
  const auto cuda = device::cuda_driver_version(*machine.driver);
  const std::string own = machine.telemetry ? machine.telemetry->driver_version() : "";
  return fmt::format("CUDA {}{}{}", cuda ? *cuda : "unknown", own.empty() ? "" : ", driver ", own);
}

std::string names_of(const std::vector<device::CudaKernels>& kernels) {
  std::string names(kKernel);
  for (const device::CudaKernels& one : kernels)
    names += fmt::format(" {}", kernels::cuda::name_of(one.single.image.balance));
  return names;
}

GpuTuner tuner_of(const CudaMachine& machine, const DeviceRequest& request, const device::CudaGpu& gpu) {
  device::GpuIdentity identity{
      .id = id_of(gpu), .name = gpu.name, .kernel = std::string(kKernel), .pci_bus_id = gpu.pci_bus_id};
  GpuTuner tuner{
      .identity = identity,
      .key = calibration_key(gpu.name, driver_of(machine), names_of(machine.kernels)),
      .plan = [target = target_of(machine, gpu)](bool rolling) { return device::cuda_plan(target, rolling); },
      .knows =
          [target = target_of(machine, gpu)](const std::string& name) {
            const auto setting = device::parse_cuda_setting(name);
            return setting && device::cuda_kernels(target, *setting, *setting);
          },
      .open = {},
      .watts = {},
      .budget = machine.tuning_budget};
  tuner.open = device::gpu_trials(std::move(identity),
                                  {.max_celsius = request.max_celsius, .telemetry = machine.telemetry}, tuner.now);
  if (machine.telemetry) {
    tuner.watts = [telemetry = machine.telemetry, bus = gpu.pci_bus_id] {
      const auto reading = telemetry->read(bus);
      return reading ? reading->watts : std::nullopt;
    };
  }
  return tuner;
}

/// As measured, or as expected.
device::CudaKernels kernels_for(const CudaMachine& machine, const device::CudaGpu& gpu,
                                const std::optional<GpuSettings>& settings) {
  if (!settings) return machine.kernels.front();
  return *device::cuda_kernels(target_of(machine, gpu), *device::parse_cuda_setting(settings->single.kernel),
                               *device::parse_cuda_setting(settings->rolling.kernel));
}

Result<void> check_sensors(const CudaMachine& machine, const DeviceRequest& request, const device::CudaGpu& gpu) {
  const GpuSensors sensors{.source = machine.telemetry, .lack = machine.no_telemetry};
  return check_temperature_limit(request, id_of(gpu), gpu.pci_bus_id, sensors);
}

Result<std::unique_ptr<device::GpuDevice>> open_gpu(const CudaMachine& machine, const DeviceRequest& request,
                                                    const device::CudaGpu& gpu) {
  if (const auto kept = check_sensors(machine, request, gpu); !kept) return kept.error();
  const auto settings = find_settings(tuner_of(machine, request, gpu), request);
  const std::uint32_t midstates = settings ? settings->rolling.midstates : device::kExpectedCudaMidstates;
  return device::open_cuda_device(machine.driver, gpu, kernels_for(machine, gpu, settings),
                                  {.midstates = request.midstates.value_or(midstates),
                                   .max_celsius = request.max_celsius,
                                   .telemetry = machine.telemetry,
                                   .warn = request.warn});
}

Result<std::vector<device::CudaGpu>> gpus_for(const CudaMachine& machine, const DeviceRequest& request) {
  auto all = device::list_cuda_gpus(*machine.driver);
  if (!all) return fail(Errc::kDevice, fmt::format("{}: {}", kKernel, all.error().message()));
  return choose(*std::move(all), request);
}

}  // namespace

Result<CudaMachine> this_cuda_machine() {
  auto kernels = device::built_cuda_kernels();
  if (kernels.empty()) {
    return fail(Errc::kDevice,
                "not in this build: no CUDA kernel was compiled into it (`./bootstrap build` does, with nvcc)");
  }
  auto driver = device::open_cuda_driver();
  if (!driver) return driver.error();
  CudaMachine machine{.driver = *std::move(driver), .telemetry = {}, .no_telemetry = {}, .kernels = std::move(kernels)};
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
    // A list of devices does not keep a GPU busy for seconds unless it is told to.
    const GpuTuner tuner = tuner_of(machine, request, gpu);
    const auto settings = request.recalibrate ? find_settings(tuner, request) : remembered_settings(tuner, request);
    const auto opened = device::open_cuda_device(machine.driver, gpu, kernels_for(machine, gpu, settings), {});
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
         .calibration = settings ? std::optional(calibration_of(*settings)) : std::nullopt,
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
  const auto gpus = gpus_for(machine, request);
  if (!gpus) return gpus.error();
  return open_each(
      gpus->size(), [&](std::size_t i) { return open_gpu(machine, request, gpus->at(i)); }, request);
}

Result<std::vector<DeviceTuning>> tune_cuda(const CudaMachine& machine, const DeviceRequest& request) {
  const auto gpus = gpus_for(machine, request);
  if (!gpus) return gpus.error();
  std::vector<DeviceTuning> tunings;
  for (const device::CudaGpu& gpu : *gpus) {
    if (const auto kept = check_sensors(machine, request, gpu); !kept) return kept.error();
    auto found = search_settings(tuner_of(machine, request, gpu), request, true);
    if (!found) return found.error();
    tunings.push_back(
        {.id = id_of(gpu), .name = gpu.name, .pci_bus_id = gpu.pci_bus_id, .settings = std::move(found->tried)});
  }
  return tunings;
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

Result<std::vector<DeviceTuning>> tune_cuda(const DeviceRequest& request) {
  const auto machine = this_cuda_machine();
  if (!machine) return fail(Errc::kDevice, fmt::format("{}: {}", kKernel, machine.error().message()));
  return tune_cuda(*machine, request);
}

std::optional<std::string> why_no_cuda() {
  const auto machine = this_cuda_machine();
  if (!machine) return machine.error().message();
  const auto gpus = device::list_cuda_gpus(*machine->driver);
  return gpus ? std::nullopt : std::optional(gpus.error().message());
}

}  // namespace lode::app
