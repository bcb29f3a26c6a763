#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <span>
#include <utility>

#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/json_text.h"
#include "host/app/number_format.h"
#include "host/app/print.h"
#include "host/app/telemetry_json.h"
#include "host/app/version.h"

namespace lode::app {
namespace {

namespace json = boost::json;

constexpr std::string_view kNotBuilt = "not in this build";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

/// In the order in which threads get them.
std::string listed(const std::vector<unsigned>& cpus) {
  constexpr std::size_t kMost = 32;
  const std::span shown = std::span(cpus).first(std::min(cpus.size(), kMost));
  const std::string text = fmt::format("{}", fmt::join(shown, ","));
  return cpus.size() > kMost ? text + ",..." : text;
}

std::string speed_text(const KernelSpeed& speed) {
  return fmt::format("{} at M = {}: {}", speed.kernel, speed.midstates, format_rate(speed.hashes_per_second));
}

std::string speeds_text(const CalibrationInfo& calibration) {
  std::string text = speed_text(calibration.single);
  if (calibration.rolling.midstates != 1) text += ", " + speed_text(calibration.rolling);
  return text;
}

std::string time_text(const CalibrationInfo& calibration) {
  return fmt::format("{}{}", calibration.remembered ? "remembered from " : "", calibration.time);
}

std::string calibration_text(const std::optional<CalibrationInfo>& calibration) {
  if (!calibration) return "no";
  return fmt::format("{} (one thread, {})", speeds_text(*calibration), time_text(*calibration));
}

/// Of a GPU.
std::string settings_text(const std::optional<CalibrationInfo>& calibration) {
  if (!calibration) return "not looked for yet";
  return fmt::format("{} ({})", speeds_text(*calibration), time_text(*calibration));
}

json::object json_of(const KernelSpeed& speed) {
  return {{"kernel", json_text(speed.kernel)},
          {"midstates", speed.midstates},
          {"hashes_per_second", json_number(speed.hashes_per_second)}};
}

json::value json_of(const std::optional<CalibrationInfo>& calibration) {
  if (!calibration) return nullptr;
  json::array speeds;
  for (const KernelSpeed& speed : calibration->speeds)
    speeds.push_back(json_of(speed));
  return json::object{{"single", json_of(calibration->single)},
                      {"rolling", json_of(calibration->rolling)},
                      {"speeds", std::move(speeds)},
                      {"time", json_text(calibration->time)},
                      {"remembered", calibration->remembered}};
}

json::value json_of(const std::optional<GpuInfo>& gpu) {
  if (!gpu) return nullptr;
  if (gpu->opencl) {
    const OpenClInfo& opencl = *gpu->opencl;
    return json::object{
        {"pci_bus_id", gpu->pci_bus_id.empty() ? json::value(nullptr) : json::value(json_text(gpu->pci_bus_id))},
        {"memory", gpu->memory},
        {"type", json_text(opencl.type)},
        {"platform", json_text(opencl.platform)},
        {"platform_version", json_text(opencl.platform_version)},
        {"version", json_text(opencl.version)},
        {"compute_units", opencl.compute_units},
        {"local_memory", opencl.local_memory},
        {"max_work_group_size", opencl.max_group_size},
        {"driver", json_text(gpu->driver)},
        {"used_as", opencl.used_as.empty() ? json::value(nullptr) : json::value(json_text(opencl.used_as))},
        {"telemetry", telemetry_json(gpu->telemetry)}};
  }
  return json::object{{"pci_bus_id", json_text(gpu->pci_bus_id)}, {"memory", gpu->memory},
                      {"capability", json_text(gpu->capability)}, {"multiprocessors", gpu->multiprocessors},
                      {"driver", json_text(gpu->driver)},         {"telemetry", telemetry_json(gpu->telemetry)}};
}

std::string sensors_text(const std::optional<device::Telemetry>& telemetry) {
  if (!telemetry) return "none can be read";
  std::vector<std::string> words;
  if (telemetry->celsius) words.push_back(fmt::format("{} degrees", *telemetry->celsius));
  if (telemetry->watts) words.push_back(fmt::format("{:.0f} W", *telemetry->watts));
  if (telemetry->core_mhz) words.push_back(fmt::format("{} MHz", *telemetry->core_mhz));
  if (telemetry->memory_mhz) words.push_back(fmt::format("memory {} MHz", *telemetry->memory_mhz));
  for (const std::string& reason : telemetry->slowed_by)
    words.push_back("slowed by " + reason);
  return joined(words);
}

constexpr double kGibibyte = 1 << 30;

std::string opencl_head_of(const DeviceDescription& device, const GpuInfo& gpu, const OpenClInfo& opencl) {
  return fmt::format(
      "{}: {}{}\n  platform    {}, {}\n  version     {}\n  driver      {}\n  type        {}, {} compute units\n"
      "  memory      {:.1f} GiB, {} KiB local, work-groups of up to {}\n  PCI         {}\n  sensors     {}\n"
      "  settings    {}\n",
      device.id, printable(device.name), opencl.used_as.empty() ? "" : " (used as " + opencl.used_as + ")",
      printable(opencl.platform), printable(opencl.platform_version), printable(opencl.version), printable(gpu.driver),
      opencl.type, opencl.compute_units, static_cast<double>(gpu.memory) / kGibibyte, opencl.local_memory / 1024,
      opencl.max_group_size, gpu.pci_bus_id.empty() ? "unknown" : printable(gpu.pci_bus_id),
      sensors_text(gpu.telemetry), settings_text(device.calibration));
}

std::string head_of(const DeviceDescription& device) {
  if (device.gpu && device.gpu->opencl) return opencl_head_of(device, *device.gpu, *device.gpu->opencl);
  if (device.gpu) {
    const GpuInfo& gpu = *device.gpu;
    return fmt::format(
        "{}: {}\n  PCI         {}\n  memory      {:.1f} GiB\n  capability  {}, {} multiprocessors\n"
        "  driver      CUDA {}\n  sensors     {}\n  settings    {}\n",
        device.id, printable(device.name), printable(gpu.pci_bus_id), static_cast<double>(gpu.memory) / kGibibyte,
        gpu.capability, gpu.multiprocessors, gpu.driver, sensors_text(gpu.telemetry),
        settings_text(device.calibration));
  }
  return fmt::format("{}: {}\n  threads     {}{}\n  cores       {}\n  features    {}\n  calibrated  {}\n", device.id,
                     printable(device.name), device.threads,
                     device.cpus.empty() ? "" : ", on CPUs " + listed(device.cpus),
                     device.topology.empty() ? "not recognised: threads take CPUs by their numbers"
                                             : "recognised with " + device.topology,
                     joined(device.features), calibration_text(device.calibration));
}

std::string text_of(const DeviceDescription& device) {
  std::string text = head_of(device) + "  kernels\n";
  std::size_t width = 12;
  for (const KernelInfo& kernel : device.kernels)
    width = std::max(width, kernel.name.size());
  for (const KernelInfo& kernel : device.kernels) {
    const std::string note = std::string(kernel.is_default ? " [default]" : "") +
                             (kernel.is_single_default && !kernel.is_default ? " [default at M = 1]" : "");
    const std::string lack = kernel.unusable.empty() ? "" : " (not usable: " + kernel.unusable + ")";
    text += fmt::format("    {:<{}} {}{}{}\n", kernel.name, width, kernel.description, note, lack);
  }
  return text;
}

json::object json_of(const DeviceDescription& device) {
  json::array features;
  for (const std::string& feature : device.features)
    features.emplace_back(json_text(feature));
  json::array kernels;
  for (const KernelInfo& kernel : device.kernels) {
    kernels.push_back(
        {{"name", json_text(kernel.name)},
         {"description", json_text(kernel.description)},
         {"usable", kernel.unusable.empty()},
         {"default", kernel.is_default},
         {"default_single", kernel.is_single_default},
         {"reason", kernel.unusable.empty() ? json::value(nullptr) : json::value(json_text(kernel.unusable))}});
  }
  return {{"device", json_text(device.id)},
          {"name", json_text(device.name)},
          {"usable", true},
          {"reason", nullptr},
          {"threads", device.threads},
          {"cpus", json::array(device.cpus.begin(), device.cpus.end())},
          {"topology", device.topology.empty() ? json::value(nullptr) : json::value(json_text(device.topology))},
          {"features", std::move(features)},
          {"kernels", std::move(kernels)},
          {"calibration", json_of(device.calibration)},
          {"gpu", json_of(device.gpu)}};
}

}  // namespace

int run_devices(const DevicesOptions& options) {
  std::string text;
  json::array devices;
  std::vector<TakenGpu> taken;
  for (const DeviceBackend& backend : device_backends()) {
    if (backend.describe == nullptr) {
      text += fmt::format("{}: {}\n", backend.name, kNotBuilt);
      devices.push_back({{"device", backend.name}, {"usable", false}, {"reason", kNotBuilt}});
      continue;
    }
    const auto absent = backend.why_absent == nullptr ? std::nullopt : backend.why_absent();
    if (absent) {
      text += fmt::format("{}: {}\n", backend.name, *absent);
      devices.push_back({{"device", backend.name}, {"usable", false}, {"reason", json_text(*absent)}});
      if (!backend.in_platforms) continue;
    }
    // What is not used unless it is named is shown all the same.
    DeviceRequest request = device_request(options, print_error);
    if (absent) request.warn = {};
    request.taken = taken;
    for (const DeviceDescription& device : backend.describe(request)) {
      text += text_of(device);
      devices.push_back(json_of(device));
      if (device.gpu && !device.gpu->opencl) taken.push_back({device.id, device.name, device.gpu->pci_bus_id});
    }
  }
  if (options.json) {
    const json::object report{{"program", "lode"}, {"version", version()}, {"devices", std::move(devices)}};
    text = json::serialize(report) + "\n";
  }
  return print(text) ? kExitOk : kExitUsage;
}

}  // namespace lode::app
