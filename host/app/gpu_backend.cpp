#include "host/app/gpu_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lode::app {

Result<void> check_temperature_limit(const DeviceRequest& request, const std::string& id, const std::string& pci_bus_id,
                                     const GpuSensors& sensors) {
  if (!request.max_celsius) return {};
  const auto reading = sensors.source ? sensors.source->read(pci_bus_id) : std::nullopt;
  if (reading && reading->celsius) return {};
  return fail(Errc::kDevice, fmt::format("{}: --max-temp cannot be kept, the temperature cannot be read{}", id,
                                         sensors.lack.empty() ? "" : " (" + sensors.lack + ")"));
}

Result<Devices> open_each(std::size_t count,
                          const std::function<Result<std::unique_ptr<device::GpuDevice>>(std::size_t)>& open,
                          const DeviceRequest& request) {
  Devices devices;
  std::vector<Error> errors;
  for (std::size_t i = 0; i < count; ++i) {
    auto opened = open(i);
    if (opened) {
      devices.push_back(*std::move(opened));
    } else {
      errors.push_back(opened.error());
    }
  }
  if (devices.empty() && !errors.empty()) return errors.front();
  for (const Error& error : errors) {
    if (request.warn) request.warn(error.message());
  }
  return devices;
}

bool same_pci_bus(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

std::string TakenGpus::used_as(const std::string& pci_bus_id, const std::string& name) {
  auto found = taken_.end();
  if (!pci_bus_id.empty()) {
    found = std::ranges::find_if(taken_, [&](const TakenGpu& gpu) {
      return !gpu.pci_bus_id.empty() && same_pci_bus(gpu.pci_bus_id, pci_bus_id);
    });
  }
  if (found == taken_.end()) {
    found = std::ranges::find_if(taken_, [&](const TakenGpu& gpu) {
      return gpu.name == name && (gpu.pci_bus_id.empty() || pci_bus_id.empty());
    });
  }
  if (found == taken_.end()) return "";
  std::string id = found->id;
  taken_.erase(found);
  return id;
}

}  // namespace lode::app
