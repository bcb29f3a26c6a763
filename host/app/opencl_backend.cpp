#include "host/app/opencl_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/app/opencl_store.h"
#include "host/app/text.h"
#include "host/device/cuda_nvml.h"
#include "host/device/opencl_device.h"
#include "host/device/opencl_library.h"
#include "host/device/opencl_program.h"
#include "kernels/opencl/program.h"

namespace lode::app {
namespace {

using device::OpenClGpu;
using kernels::opencl::Flavour;
using kernels::opencl::Variant;

constexpr std::string_view kName = "opencl";

/// How many versions a job had best carry: what they share costs a thirtieth of a hash then.
constexpr std::uint32_t kMidstates = 32;

void warn(const DeviceRequest& request, const std::string& text) {
  if (request.warn) request.warn(text);
}

/// As --kernel takes it.
std::string kernel_name(const Variant& variant) {
  return fmt::format("{}_{}", kName, variant.name);
}

std::string description_of(const Variant& variant) {
  const std::string words = variant.flavour == Flavour::kAmd      ? "AMD's bit operations"
                            : variant.flavour == Flavour::kNvidia ? "NVIDIA's instructions"
                                                                  : "OpenCL C as everybody has it";
  const std::string lanes = variant.vector_width == 1 ? "a nonce" : fmt::format("{} nonces", variant.vector_width);
  return fmt::format("{}, {} at a time, schedule {}", words, lanes,
                     variant.keys_in_local_memory ? "in local memory" : "made for each version");
}

Flavour flavour_of(const OpenClGpu& gpu) {
  if (gpu.is_cpu()) return Flavour::kPlain;
  const auto is_of = [&](std::string_view vendor) { return gpu.vendor.find(vendor) != std::string::npos; };
  if (is_of("NVIDIA")) return Flavour::kNvidia;
  if (is_of("Advanced Micro Devices") || is_of("AMD")) return Flavour::kAmd;
  return Flavour::kPlain;
}

/// What a device can run, in the order in which it is tried: its own flavour first, then what all can.
std::vector<Variant> candidates_of(const OpenClGpu& gpu) {
  const Flavour own = flavour_of(gpu);
  std::vector<Variant> candidates;
  for (const Variant& variant : kernels::opencl::variants()) {
    if (variant.flavour == own || variant.flavour == Flavour::kPlain) candidates.push_back(variant);
  }
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](const Variant& variant) { return variant.flavour == own; });
  // A GPU has its lanes by itself. A CPU gets them from the source: eight made 31.5 MH/s where one made 5.6.
  if (gpu.is_cpu()) std::ranges::stable_sort(candidates, std::ranges::greater(), &Variant::vector_width);
  return candidates;
}

/// A device with a variant that passed its self-test on it.
struct Opened {
  std::unique_ptr<device::GpuDevice> device;
  std::string kernel;
};

Result<Opened> open_variant(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu,
                            const Variant& variant) {
  const device::OpenClProgramHelp help{
      .store = request.state ? make_opencl_store(*request.state, request.warn) : nullptr,
      .warn = request.warn,
      .note = request.note};
  auto device =
      device::open_opencl_device(machine.driver, gpu, {.single = {.variant = variant}, .rolling = {.variant = variant}},
                                 kernel_name(variant), help,
                                 {.midstates = request.midstates.value_or(kMidstates),
                                  .max_celsius = request.max_celsius,
                                  .telemetry = gpu.pci_bus_id.empty() ? nullptr : machine.sensors.source,
                                  .warn = request.warn});
  if (!device) return device.error();
  if (const auto tested = (*device)->self_test(); !tested)
    return fail(Errc::kDevice, fmt::format("{}: {}", device::opencl_id(gpu), tested.error().message()));
  return Opened{*std::move(device), kernel_name(variant)};
}

/// With the first variant that works. Error: the last one's.
Result<Opened> open_best(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu) {
  std::optional<Error> error;
  for (const Variant& variant : candidates_of(gpu)) {
    const std::string name = kernel_name(variant);
    if (!request.kernel.empty() && request.kernel != kName && request.kernel != name) continue;
    auto opened = open_variant(machine, request, gpu, variant);
    if (opened) return opened;
    if (error) warn(request, error->message());
    error = fail(Errc::kDevice, fmt::format("{} (kernel {})", opened.error().message(), name));
  }
  if (error) return *error;
  return fail(Errc::kDevice,
              fmt::format("{}: kernel {} is not for this device", device::opencl_id(gpu), request.kernel));
}

Result<std::unique_ptr<device::GpuDevice>> open_gpu(const OpenClMachine& machine, const DeviceRequest& request,
                                                    const OpenClGpu& gpu) {
  if (const auto kept = check_temperature_limit(request, device::opencl_id(gpu), gpu.pci_bus_id, machine.sensors);
      !kept)
    return kept.error();
  auto opened = open_best(machine, request, gpu);
  if (!opened) return opened.error();
  return std::move(opened->device);
}

bool is_known_kernel(const std::string& name) {
  return name.empty() || name == kName || std::ranges::any_of(kernels::opencl::variants(), [&](const Variant& variant) {
           return kernel_name(variant) == name;
         });
}

std::string ids_of(const std::vector<OpenClGpu>& gpus) {
  std::string ids;
  for (const OpenClGpu& gpu : gpus)
    ids += (ids.empty() ? "" : ", ") + device::opencl_id(gpu);
  return ids;
}

std::vector<OpenClGpu> without_cpus(std::vector<OpenClGpu> gpus) {
  std::erase_if(gpus, [](const OpenClGpu& gpu) { return gpu.is_cpu(); });
  return gpus;
}

Error no_gpu(const std::vector<OpenClGpu>& all) {
  return fail(Errc::kDevice, fmt::format("no GPU; a CPU is used only when it is named ({})", ids_of(all)));
}

/// The devices that are named.
Result<std::vector<OpenClGpu>> named(const std::vector<OpenClGpu>& all, const DeviceRequest& request) {
  std::vector<OpenClGpu> chosen;
  const auto absent = [&](const std::string& id, const std::vector<OpenClGpu>& among) {
    return fail(Errc::kDevice,
                fmt::format("{}:{}: there is no such device; this machine's are {}", kName, id, ids_of(among)));
  };
  for (const PlatformDevice& want : request.platform_devices) {
    const auto found = std::ranges::find_if(
        all, [&](const OpenClGpu& gpu) { return gpu.platform == want.platform && gpu.ordinal == want.device; });
    if (found == all.end()) return absent(fmt::format("{}.{}", want.platform, want.device), all);
    chosen.push_back(*found);
  }
  const std::vector<OpenClGpu> gpus = without_cpus(all);
  for (const std::uint32_t index : request.indices) {
    if (index >= gpus.size()) return absent(std::to_string(index), gpus);
    const bool twice =
        std::ranges::any_of(chosen, [&](const OpenClGpu& gpu) { return gpu.device_id == gpus[index].device_id; });
    if (!twice) chosen.push_back(gpus[index]);
  }
  return chosen;
}

/// All but those that are taken; where they were named, that one is taken is an error.
Result<std::vector<OpenClGpu>> choose(const std::vector<OpenClGpu>& all, const DeviceRequest& request) {
  const bool by_name = !request.indices.empty() || !request.platform_devices.empty();
  auto wanted = by_name ? named(all, request) : Result<std::vector<OpenClGpu>>(without_cpus(all));
  if (!wanted) return wanted.error();
  if (wanted->empty()) return fail(Errc::kDevice, fmt::format("{}: {}", kName, no_gpu(all).message()));
  TakenGpus taken(request.taken);
  std::vector<OpenClGpu> chosen;
  for (OpenClGpu& gpu : *wanted) {
    const std::string used_as = gpu.is_cpu() ? "" : taken.used_as(gpu.pci_bus_id, gpu.name);
    if (used_as.empty()) {
      chosen.push_back(std::move(gpu));
    } else if (by_name) {
      return fail(Errc::kOutOfRange,
                  fmt::format("{} is the GPU that is used as {} already", device::opencl_id(gpu), used_as));
    }
  }
  return chosen;
}

std::string type_of(const OpenClGpu& gpu) {
  if (gpu.is_cpu()) return "CPU";
  if ((gpu.type & device::kOpenClGpu) != 0) return "GPU";
  return (gpu.type & device::kOpenClAccelerator) != 0 ? "accelerator" : "other";
}

std::vector<KernelInfo> kernels_of(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu) {
  DeviceRequest any = request;
  any.kernel.clear();
  any.max_celsius.reset();
  const auto opened = open_best(machine, any, gpu);
  std::vector<KernelInfo> kernels;
  for (const Variant& variant : candidates_of(gpu)) {
    KernelInfo info{.name = kernel_name(variant), .description = description_of(variant), .unusable = {}};
    if (!opened) {
      info.unusable = opened.error().message();
    } else {
      info.is_default = info.is_single_default = info.name == opened->kernel;
    }
    kernels.push_back(std::move(info));
  }
  return kernels;
}

}  // namespace

Result<OpenClMachine> this_opencl_machine() {
  auto driver = device::open_opencl_driver();
  if (!driver) return driver.error();
  OpenClMachine machine{.driver = *std::move(driver)};
  if (auto nvml = device::open_nvml()) {
    machine.sensors.source = *std::move(nvml);
  } else {
    machine.sensors.lack = nvml.error().message();
  }
  return machine;
}

std::vector<DeviceDescription> describe_opencl(const OpenClMachine& machine, const DeviceRequest& request) {
  const auto gpus = device::list_opencl_gpus(*machine.driver);
  if (!gpus) {
    warn(request, fmt::format("{}: {}", kName, gpus.error().message()));
    return {};
  }
  TakenGpus taken(request.taken);
  std::vector<DeviceDescription> devices;
  for (const OpenClGpu& gpu : *gpus) {
    const bool has_sensors = machine.sensors.source && !gpu.pci_bus_id.empty();
    devices.push_back(
        {.id = device::opencl_id(gpu),
         .name = gpu.name,
         .threads = 1,
         .cpus = {},
         .topology = {},
         .features = {},
         .kernels = kernels_of(machine, request, gpu),
         .calibration = {},
         .gpu = GpuInfo{.pci_bus_id = gpu.pci_bus_id,
                        .memory = gpu.memory,
                        .capability = {},
                        .multiprocessors = 0,
                        .driver = gpu.driver,
                        .telemetry = has_sensors ? machine.sensors.source->read(gpu.pci_bus_id) : std::nullopt,
                        .opencl = OpenClInfo{.type = type_of(gpu),
                                             .platform = gpu.platform_name,
                                             .platform_version = gpu.platform_version,
                                             .version = gpu.version,
                                             .compute_units = gpu.compute_units,
                                             .local_memory = gpu.local_memory,
                                             .max_group_size = gpu.max_group_size,
                                             .used_as = gpu.is_cpu() ? "" : taken.used_as(gpu.pci_bus_id, gpu.name)}}});
  }
  return devices;
}

Result<Devices> open_opencl(const OpenClMachine& machine, const DeviceRequest& request) {
  if (!is_known_kernel(request.kernel)) {
    std::string known(kName);
    for (const Variant& variant : kernels::opencl::variants())
      known += ", " + kernel_name(variant);
    return fail(Errc::kOutOfRange, fmt::format("'{}' is no kernel of the {} devices; known are {}",
                                               printable(request.kernel), kName, known));
  }
  const auto all = device::list_opencl_gpus(*machine.driver);
  if (!all) return fail(Errc::kDevice, fmt::format("{}: {}", kName, all.error().message()));
  const auto gpus = choose(*all, request);
  if (!gpus) return gpus.error();
  return open_each(
      gpus->size(), [&](std::size_t i) { return open_gpu(machine, request, gpus->at(i)); }, request);
}

std::optional<std::string> why_no_opencl(const OpenClMachine& machine) {
  const auto gpus = device::list_opencl_gpus(*machine.driver);
  if (!gpus) return gpus.error().message();
  return without_cpus(*gpus).empty() ? std::optional(no_gpu(*gpus).message()) : std::nullopt;
}

std::vector<DeviceDescription> describe_opencl(const DeviceRequest& request) {
  const auto machine = this_opencl_machine();
  return machine ? describe_opencl(*machine, request) : std::vector<DeviceDescription>{};
}

Result<Devices> open_opencl(const DeviceRequest& request) {
  const auto machine = this_opencl_machine();
  if (!machine) return fail(Errc::kDevice, fmt::format("{}: {}", kName, machine.error().message()));
  return open_opencl(*machine, request);
}

std::optional<std::string> why_no_opencl() {
  const auto machine = this_opencl_machine();
  return machine ? why_no_opencl(*machine) : std::optional(machine.error().message());
}

}  // namespace lode::app
