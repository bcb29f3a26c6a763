#include "host/app/opencl_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/app/gpu_settings.h"
#include "host/app/opencl_store.h"
#include "host/app/text.h"
#include "host/base/bytes.h"
#include "host/base/hex.h"
#include "host/chain/hash256.h"
#include "host/device/cuda_nvml.h"
#include "host/device/opencl_device.h"
#include "host/device/opencl_library.h"
#include "host/device/opencl_program.h"
#include "host/device/opencl_tuning.h"
#include "kernels/opencl/program.h"

namespace lode::app {
namespace {

using device::OpenClGpu;
using kernels::opencl::Flavour;
using kernels::opencl::Variant;

constexpr std::string_view kName = "opencl";

/// Who asks for all that can be tried gets this much more of it: compiling takes most of the time.
constexpr int kTimesAsLong = 6;

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

/// Of NVIDIA's GPUs only.
std::shared_ptr<device::TelemetrySource> sensors_of(const OpenClMachine& machine, const OpenClGpu& gpu) {
  return gpu.pci_bus_id.empty() ? nullptr : machine.sensors.source;
}

device::OpenClProgramHelp help_with(const DeviceRequest& request) {
  return {.store = request.state ? make_opencl_store(*request.state, request.warn) : nullptr,
          .warn = request.warn,
          .note = request.note};
}

/// As the settings say. Of a device's names one is of its kernel: that of the jobs it is opened for.
struct Choice {
  device::OpenClKernels kernels;
  std::uint32_t midstates = device::kExpectedOpenClMidstates;
};

Choice choice_of(const GpuSettings& settings) {
  return {.kernels = {.single = device::use_of(*device::parse_opencl_setting(settings.single.kernel)),
                      .rolling = device::use_of(*device::parse_opencl_setting(settings.rolling.kernel))},
          .midstates = settings.rolling.midstates};
}

Choice choice_of(const Variant& variant) {
  return {.kernels = {.single = {.variant = variant}, .rolling = {.variant = variant}}};
}

/// A device with kernels that passed their self-test on it.
Result<std::unique_ptr<device::GpuDevice>> open_choice(const OpenClMachine& machine, const DeviceRequest& request,
                                                       const OpenClGpu& gpu, const Choice& choice) {
  const std::uint32_t midstates = request.midstates.value_or(choice.midstates);
  const Variant& named = (midstates == 1 ? choice.kernels.single : choice.kernels.rolling).variant;
  auto device = device::open_opencl_device(machine.driver, gpu, choice.kernels, kernel_name(named), help_with(request),
                                           {.midstates = midstates,
                                            .max_celsius = request.max_celsius,
                                            .telemetry = sensors_of(machine, gpu),
                                            .warn = request.warn});
  if (!device) return device.error();
  if (const auto tested = (*device)->self_test(); !tested)
    return fail(Errc::kDevice, fmt::format("{}: {}", device::opencl_id(gpu), tested.error().message()));
  return device;
}

/// A device, and what it was opened with.
struct Opened {
  std::unique_ptr<device::GpuDevice> device;
  Choice choice;
};

/// With the first variant that works. Error: the last one's.
Result<Opened> open_first(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu) {
  std::optional<Error> error;
  for (const Variant& variant : device::opencl_variants(gpu)) {
    const std::string name = kernel_name(variant);
    if (!request.kernel.empty() && request.kernel != kName && request.kernel != name) continue;
    auto device = open_choice(machine, request, gpu, choice_of(variant));
    if (device) return Opened{*std::move(device), choice_of(variant)};
    if (error) warn(request, error->message());
    error = fail(Errc::kDevice, fmt::format("{} (kernel {})", device.error().message(), name));
  }
  if (error) return *error;
  return fail(Errc::kDevice,
              fmt::format("{}: kernel {} is not for this device", device::opencl_id(gpu), request.kernel));
}

/// With what was measured, where that works, else with the first variant that does.
Result<Opened> open_best(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu,
                         const std::optional<GpuSettings>& settings) {
  if (settings) {
    const Choice choice = choice_of(*settings);
    auto device = open_choice(machine, request, gpu, choice);
    if (device) return Opened{*std::move(device), choice};
    warn(request, fmt::format("{}; other kernels than the fastest are tried", device.error().message()));
  }
  return open_first(machine, request, gpu);
}

/// What its kernels are made from, as far as a measurement holds.
std::string fingerprint() {
  const std::string_view source = kernels::opencl::source();
  return to_hex(chain::sha256(Bytes(source.begin(), source.end())).bytes).substr(0, 16);
}

GpuTuner tuner_of(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu) {
  // Of a dozen programs that are compiled for a search nobody wants to hear.
  device::OpenClProgramHelp help = help_with(request);
  help.note = {};
  const device::OpenClTarget target{.driver = machine.driver, .gpu = gpu, .help = std::move(help)};
  const device::GpuIdentity identity{
      .id = device::opencl_id(gpu), .name = gpu.name, .kernel = std::string(kName), .pci_bus_id = gpu.pci_bus_id};
  GpuTuner tuner{
      .identity = identity,
      .key = calibration_key(gpu.name, fmt::format("{}, {}, driver {}", gpu.platform_name, gpu.version, gpu.driver),
                             fmt::format("{} {}", kName, fingerprint())),
      .plan = [target](bool rolling) { return device::opencl_plan(target, rolling); },
      .knows =
          [gpu](const std::string& name) {
            const auto setting = device::parse_opencl_setting(name);
            return setting && device::fits(gpu, *setting);
          },
      .open = {},
      .watts = {},
      .budget = machine.tuning_budget};
  const auto sensors = sensors_of(machine, gpu);
  tuner.open = device::gpu_trials(identity, {.max_celsius = request.max_celsius, .telemetry = sensors}, tuner.now);
  if (sensors) {
    tuner.watts = [sensors, bus = gpu.pci_bus_id] {
      const auto reading = sensors->read(bus);
      return reading ? reading->watts : std::nullopt;
    };
  }
  return tuner;
}

/// A kernel that is asked for by name is run as it is.
bool leaves_choice(const DeviceRequest& request) {
  return request.kernel.empty() || request.kernel == kName;
}

Result<void> check_sensors(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu) {
  return check_temperature_limit(request, device::opencl_id(gpu), gpu.pci_bus_id, machine.sensors);
}

Result<std::unique_ptr<device::GpuDevice>> open_gpu(const OpenClMachine& machine, const DeviceRequest& request,
                                                    const OpenClGpu& gpu) {
  if (const auto kept = check_sensors(machine, request, gpu); !kept) return kept.error();
  const auto settings = leaves_choice(request) ? find_settings(tuner_of(machine, request, gpu), request) : std::nullopt;
  auto opened = open_best(machine, request, gpu, settings);
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

std::vector<KernelInfo> kernels_of(const OpenClMachine& machine, const DeviceRequest& request, const OpenClGpu& gpu,
                                   const std::optional<GpuSettings>& settings) {
  DeviceRequest any = request;
  any.kernel.clear();
  any.max_celsius.reset();
  const auto opened = open_best(machine, any, gpu, settings);
  std::vector<KernelInfo> kernels;
  for (const Variant& variant : device::opencl_variants(gpu)) {
    KernelInfo info{.name = kernel_name(variant), .description = description_of(variant), .unusable = {}};
    if (!opened) {
      info.unusable = opened.error().message();
    } else {
      info.is_default = variant.name == opened->choice.kernels.rolling.variant.name;
      info.is_single_default = variant.name == opened->choice.kernels.single.variant.name;
    }
    kernels.push_back(std::move(info));
  }
  return kernels;
}

Result<std::vector<OpenClGpu>> gpus_for(const OpenClMachine& machine, const DeviceRequest& request) {
  const auto all = device::list_opencl_gpus(*machine.driver);
  if (!all) return fail(Errc::kDevice, fmt::format("{}: {}", kName, all.error().message()));
  return choose(*all, request);
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
    const auto sensors = sensors_of(machine, gpu);
    // A list of devices does not keep a GPU busy for seconds unless it is told to.
    const GpuTuner tuner = tuner_of(machine, request, gpu);
    const auto settings = request.recalibrate ? find_settings(tuner, request) : remembered_settings(tuner, request);
    devices.push_back(
        {.id = device::opencl_id(gpu),
         .name = gpu.name,
         .threads = 1,
         .cpus = {},
         .topology = {},
         .features = {},
         .kernels = kernels_of(machine, request, gpu, settings),
         .calibration = settings ? std::optional(calibration_of(*settings)) : std::nullopt,
         .gpu = GpuInfo{.pci_bus_id = gpu.pci_bus_id,
                        .memory = gpu.memory,
                        .capability = {},
                        .multiprocessors = 0,
                        .driver = gpu.driver,
                        .telemetry = sensors ? sensors->read(gpu.pci_bus_id) : std::nullopt,
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
  const auto gpus = gpus_for(machine, request);
  if (!gpus) return gpus.error();
  return open_each(
      gpus->size(), [&](std::size_t i) { return open_gpu(machine, request, gpus->at(i)); }, request);
}

Result<std::vector<DeviceTuning>> tune_opencl(const OpenClMachine& machine, const DeviceRequest& request) {
  const auto gpus = gpus_for(machine, request);
  if (!gpus) return gpus.error();
  std::vector<DeviceTuning> tunings;
  for (const OpenClGpu& gpu : *gpus) {
    if (const auto kept = check_sensors(machine, request, gpu); !kept) return kept.error();
    GpuTuner tuner = tuner_of(machine, request, gpu);
    tuner.budget *= kTimesAsLong;
    auto found = search_settings(tuner, request, true);
    if (!found) return found.error();
    tunings.push_back({.id = device::opencl_id(gpu),
                       .name = gpu.name,
                       .pci_bus_id = gpu.pci_bus_id,
                       .settings = std::move(found->tried)});
  }
  return tunings;
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

Result<std::vector<DeviceTuning>> tune_opencl(const DeviceRequest& request) {
  const auto machine = this_opencl_machine();
  if (!machine) return fail(Errc::kDevice, fmt::format("{}: {}", kName, machine.error().message()));
  return tune_opencl(*machine, request);
}

std::optional<std::string> why_no_opencl() {
  const auto machine = this_opencl_machine();
  return machine ? why_no_opencl(*machine) : std::optional(machine.error().message());
}

}  // namespace lode::app
