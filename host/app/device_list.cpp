#include "host/app/device_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "host/app/text.h"

namespace lode::app {
namespace {

std::string known_names() {
  std::string names;
  for (const DeviceBackend& backend : device_backends()) {
    names += fmt::format("{}, ", backend.name);
    if (backend.numbered) names += fmt::format("{}:0, ", backend.name);
  }
  return names + "all";
}

const DeviceBackend* find_backend(std::string_view name) {
  const auto backends = device_backends();
  const auto found = std::ranges::find(backends, name, &DeviceBackend::name);
  return found == backends.end() ? nullptr : &*found;
}

Result<DeviceSelector> parse_selector(std::string_view text) {
  const auto unknown = [text] {
    return fail(Errc::kMalformed, fmt::format("'{}' is no device; known are {}", printable(text), known_names()));
  };
  if (text == "all") return DeviceSelector{"all", std::nullopt};
  const std::size_t colon = text.find(':');
  const DeviceBackend* const backend = find_backend(text.substr(0, colon));
  if (backend == nullptr) return unknown();
  DeviceSelector selector{std::string(backend->name), std::nullopt};
  if (colon == std::string_view::npos) return selector;
  const std::string_view digits = text.substr(colon + 1);
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (!backend->numbered || error != std::errc{} || end != digits.data() + digits.size() || index > 255)
    return unknown();
  selector.index = index;
  return selector;
}

Result<void> append_devices(Devices& devices, const DeviceBackend& backend, const DeviceRequest& request) {
  Result<Devices> opened = backend.open(request);
  if (!opened) return opened.error();
  std::ranges::move(*opened, std::back_inserter(devices));
  return {};
}

}  // namespace

Result<std::vector<DeviceSelector>> parse_device_list(std::string_view text) {
  std::vector<DeviceSelector> selectors;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, comma - at);
    if (part.empty()) return fail(Errc::kMalformed, "an empty device name in the list; known are " + known_names());
    auto selector = parse_selector(part);
    if (!selector) return selector.error();
    if (std::ranges::find(selectors, *selector) != selectors.end()) {
      return fail(Errc::kMalformed, fmt::format("device '{}' is named twice", part));
    }
    selectors.push_back(std::move(*selector));
    at = comma + 1;
  }
  return selectors;
}

Result<Devices> open_devices(const std::vector<DeviceSelector>& selectors, const DeviceRequest& request) {
  Devices devices;
  const bool everything = std::ranges::find(selectors, "all", &DeviceSelector::backend) != selectors.end();
  if (everything || selectors.empty()) {
    for (const DeviceBackend& backend : device_backends()) {
      if (backend.open == nullptr) continue;
      if (!everything && !devices.empty()) break;  // GPUs come first in the list; the CPU is for when there is none
      if (auto appended = append_devices(devices, backend, request); !appended) return appended.error();
    }
    return devices;
  }
  for (const DeviceSelector& selector : selectors) {
    const DeviceBackend* const backend = find_backend(selector.backend);
    if (backend == nullptr || backend->open == nullptr) {
      return fail(Errc::kDevice, fmt::format("{} devices are not built in this version", selector.backend));
    }
    if (auto appended = append_devices(devices, *backend, request); !appended) return appended.error();
  }
  return devices;
}

}  // namespace lode::app
