#include "host/device/opencl_gpu.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

namespace lode::device {
namespace {

struct PciAddress {
  std::uint32_t domain = 0;
  std::uint32_t bus = 0;
  std::uint32_t device = 0;
  std::uint32_t function = 0;
};

std::string to_string(const PciAddress& address) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04x:%02x:%02x.%x", address.domain, address.bus, address.device,
                address.function);
  return text.data();
}

/// A value of a fixed size; nothing where the device does not tell.
template <class T>
std::optional<T> value(OpenClDriver& driver, OpenClDeviceId device, OpenClDeviceInfo which) {
  T read{};
  const OpenClStatus status = driver.device_info(std::as_writable_bytes(std::span(&read, 1)), device, which);
  return status == OpenClStatus::kSuccess ? std::optional(read) : std::nullopt;
}

/// cl_khr_pci_bus_info.
std::optional<PciAddress> khronos_address(OpenClDriver& driver, OpenClDeviceId device) {
  const auto read = value<std::array<std::uint32_t, 4>>(driver, device, OpenClDeviceInfo::kPciBusInfo);
  if (!read) return std::nullopt;
  return PciAddress{(*read)[0], (*read)[1], (*read)[2], (*read)[3]};
}

std::optional<PciAddress> nvidia_address(OpenClDriver& driver, OpenClDeviceId device) {
  const auto bus = value<std::uint32_t>(driver, device, OpenClDeviceInfo::kNvidiaPciBus);
  const auto slot = value<std::uint32_t>(driver, device, OpenClDeviceInfo::kNvidiaPciSlot);
  if (!bus || !slot) return std::nullopt;
  const auto domain = value<std::uint32_t>(driver, device, OpenClDeviceInfo::kNvidiaPciDomain);
  return PciAddress{domain.value_or(0), *bus, *slot >> 3, *slot & 7};
}

/// A cl_device_topology_amd: a type, for PCIe 1, and at its end bus, device and function.
std::optional<PciAddress> amd_address(OpenClDriver& driver, OpenClDeviceId device) {
  const auto read = value<std::array<std::uint8_t, 24>>(driver, device, OpenClDeviceInfo::kAmdTopology);
  if (!read) return std::nullopt;
  std::uint32_t type = 0;
  std::memcpy(&type, read->data(), sizeof(type));
  if (type != 1) return std::nullopt;
  return PciAddress{0, (*read)[21], (*read)[22], (*read)[23]};
}

/// Each extension is simply asked: a driver without it answers with an error.
std::string pci_bus_id(OpenClDriver& driver, OpenClDeviceId device) {
  for (const auto ask : {khronos_address, nvidia_address, amd_address}) {
    if (const auto address = ask(driver, device)) return to_string(*address);
  }
  return "";
}

std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Sets the platform's texts. False: it does not describe itself.
bool describe_platform(OpenClDriver& driver, OpenClGpu& gpu) {
  for (const auto& [text, which] : {std::pair{&gpu.platform_name, OpenClPlatformInfo::kName},
                                    {&gpu.platform_version, OpenClPlatformInfo::kVersion}}) {
    if (driver.platform_info(*text, gpu.platform_id, which) != OpenClStatus::kSuccess) return false;
    *text = trimmed(*text);
  }
  return true;
}

/// Sets all but the numbers. False: the device does not describe itself.
bool describe(OpenClDriver& driver, OpenClGpu& gpu) {
  const OpenClDeviceId device = gpu.device_id;
  using enum OpenClDeviceInfo;
  for (const auto& [text, which] :
       {std::pair{&gpu.name, kName}, {&gpu.vendor, kVendor}, {&gpu.version, kVersion}, {&gpu.driver, kDriverVersion}}) {
    if (driver.device_info(*text, device, which) != OpenClStatus::kSuccess) return false;
    *text = trimmed(*text);
  }
  const auto type = value<std::uint64_t>(driver, device, kType);
  const auto units = value<std::uint32_t>(driver, device, kMaxComputeUnits);
  const auto memory = value<std::uint64_t>(driver, device, kGlobalMemSize);
  const auto local_memory = value<std::uint64_t>(driver, device, kLocalMemSize);
  const auto group_size = value<std::size_t>(driver, device, kMaxWorkGroupSize);
  if (!type || !units || !memory || !local_memory || !group_size) return false;
  gpu.type = *type;
  gpu.compute_units = std::max(*units, 1U);
  gpu.memory = *memory;
  gpu.local_memory = *local_memory;
  gpu.max_group_size = *group_size;
  gpu.available = value<std::uint32_t>(driver, device, kAvailable).value_or(0) != 0;
  if (!gpu.is_cpu()) gpu.pci_bus_id = pci_bus_id(driver, device);
  return true;
}

constexpr const char* kNoPlatform =
    "no platform (the ICD loader is there, but no driver): install your GPU's OpenCL driver";

}  // namespace

std::string opencl_id(const OpenClGpu& gpu) {
  return "opencl:" + std::to_string(gpu.platform) + "." + std::to_string(gpu.ordinal);
}

Result<void> checked(OpenClStatus status, std::string_view call) {
  if (status == OpenClStatus::kSuccess) return {};
  return fail(Errc::kDevice, std::string(call) + ": error " + to_string(status));
}

Result<std::vector<OpenClGpu>> list_opencl_gpus(OpenClDriver& driver) {
  std::vector<OpenClPlatformId> platforms;
  const OpenClStatus listed = driver.platforms(platforms);
  if (listed == OpenClStatus::kPlatformNotFound) return fail(Errc::kDevice, kNoPlatform);
  if (const auto good = checked(listed, "clGetPlatformIDs"); !good) return good.error();
  if (platforms.empty()) return fail(Errc::kDevice, kNoPlatform);

  std::vector<OpenClGpu> gpus;
  for (std::uint32_t platform = 0; platform < platforms.size(); ++platform) {
    OpenClGpu of_platform{.platform = platform, .platform_id = platforms[platform]};
    if (!describe_platform(driver, of_platform)) continue;
    std::vector<OpenClDeviceId> devices;
    if (driver.devices(devices, of_platform.platform_id) != OpenClStatus::kSuccess) continue;
    for (std::uint32_t ordinal = 0; ordinal < devices.size(); ++ordinal) {
      OpenClGpu gpu = of_platform;
      gpu.ordinal = ordinal;
      gpu.device_id = devices[ordinal];
      if (describe(driver, gpu)) gpus.push_back(std::move(gpu));
    }
  }
  if (gpus.empty()) return fail(Errc::kDevice, "no device (the platforms have none)");
  return gpus;
}

}  // namespace lode::device
