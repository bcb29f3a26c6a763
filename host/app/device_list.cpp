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
    if (backend.in_platforms) names += fmt::format("{}:0.0, ", backend.name);
  }
  return names + "all";
}

const DeviceBackend* find_backend(std::string_view name) {
  const auto backends = device_backends();
  const auto found = std::ranges::find(backends, name, &DeviceBackend::name);
  return found == backends.end() ? nullptr : &*found;
}

constexpr std::uint32_t kHighestNumber = 255;

/// The whole of a text as a device's number.
std::optional<std::uint32_t> parse_number(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  return whole && number <= kHighestNumber ? std::optional(number) : std::nullopt;
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
  if (!backend->numbered) return unknown();
  const std::string_view digits = text.substr(colon + 1);
  if (const std::size_t dot = digits.find('.'); dot != std::string_view::npos) {
    const auto platform = parse_number(digits.substr(0, dot));
    const auto number = parse_number(digits.substr(dot + 1));
    if (!backend->in_platforms || !platform || !number) return unknown();
    selector.platform_device = PlatformDevice{*platform, *number};
    return selector;
  }
  selector.index = parse_number(digits);
  if (!selector.index) return unknown();
  return selector;
}

bool names_all(const std::vector<DeviceSelector>& selectors) {
  return std::ranges::find(selectors, "all", &DeviceSelector::backend) != selectors.end();
}

/// Why no device of a backend can be used; nothing: it has some.
std::optional<std::string> why_not(const DeviceBackend& backend) {
  if (backend.open == nullptr) return "not built in this version";
  return backend.why_absent == nullptr ? std::nullopt : backend.why_absent();
}

/// What later backends had better leave alone.
void add_taken(std::vector<TakenGpu>& taken, const Devices& devices) {
  for (const auto& device : devices) {
    const device::DeviceInfo& info = device->info();
    taken.push_back({.id = info.id, .name = info.name, .pci_bus_id = info.pci_bus_id});
  }
}

/// Left to itself the program takes what works: a backend that fails is warned about, one that does not know the kernel
/// passed over.
Result<Devices> open_present(const std::vector<DeviceSelector>& selectors, DeviceRequest request) {
  Devices devices;
  std::optional<Error> last_error;
  for (const DeviceBackend& backend : device_backends()) {
    // GPUs come first; the CPU is for when there is none.
    if (!devices.empty() && !backend.numbered && !names_all(selectors)) continue;
    if (why_not(backend)) continue;
    Result<Devices> opened = backend.open(request);
    if (opened) {
      if (backend.numbered) add_taken(request.taken, *opened);
      std::ranges::move(*opened, std::back_inserter(devices));
      continue;
    }
    if (opened.error().is(Errc::kDevice) && request.warn) request.warn(opened.error().message());
    // The last is the CPU's, which knows most kernels.
    last_error = opened.error();
  }
  if (devices.empty()) return last_error.value_or(fail(Errc::kDevice, "no usable device"));
  return devices;
}

/// What is asked of a backend by name; nothing: nothing is.
std::optional<DeviceRequest> narrow(const DeviceBackend& backend, const std::vector<DeviceSelector>& selectors,
                                    const DeviceRequest& request) {
  DeviceRequest narrowed = request;
  bool named = false;
  bool all = false;
  for (const DeviceSelector& selector : selectors) {
    if (selector.backend != backend.name) continue;
    named = true;
    if (selector.index) {
      narrowed.indices.push_back(*selector.index);
    } else if (selector.platform_device) {
      narrowed.platform_devices.push_back(*selector.platform_device);
    } else {
      all = true;
    }
  }
  if (!named) return std::nullopt;
  if (all) {
    narrowed.indices.clear();
    narrowed.platform_devices.clear();
  }
  return narrowed;
}

/// Whether a named backend has devices. What is named may be there although nothing of its kind is used unless it is.
Result<void> check_present(const DeviceBackend& backend, const DeviceRequest& narrowed) {
  const auto reason = narrowed.platform_devices.empty() || backend.open == nullptr ? why_not(backend) : std::nullopt;
  if (reason) return fail(Errc::kDevice, fmt::format("{}: {}", backend.name, *reason));
  return {};
}

Result<void> tune_backend(const DeviceBackend& backend, DeviceRequest& request, std::vector<DeviceTuning>& tunings) {
  if (backend.tune == nullptr) return {};
  auto tuned = backend.tune(request);
  if (!tuned) return tuned.error();
  for (DeviceTuning& tuning : *tuned) {
    if (backend.numbered) {
      request.taken.push_back({.id = tuning.id, .name = tuning.name, .pci_bus_id = tuning.pci_bus_id});
    }
    tunings.push_back(std::move(tuning));
  }
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

std::vector<const DeviceBackend*> present_backends(const std::vector<DeviceSelector>& selectors) {
  std::vector<const DeviceBackend*> present;
  for (const DeviceBackend& backend : device_backends()) {
    const bool named =
        names_all(selectors) || std::ranges::find(selectors, backend.name, &DeviceSelector::backend) != selectors.end();
    const bool by_default = selectors.empty() && (backend.numbered || present.empty());
    const bool by_number = std::ranges::any_of(selectors, [&](const DeviceSelector& selector) {
      return selector.backend == backend.name && selector.platform_device && backend.describe != nullptr;
    });
    if (by_number || ((named || by_default) && !why_not(backend))) present.push_back(&backend);
  }
  return present;
}

Result<Devices> open_devices(const std::vector<DeviceSelector>& selectors, const DeviceRequest& request) {
  if (selectors.empty() || names_all(selectors)) return open_present(selectors, request);
  Devices devices;
  DeviceRequest with_taken = request;
  for (const DeviceBackend& backend : device_backends()) {
    const auto narrowed = narrow(backend, selectors, with_taken);
    if (!narrowed) continue;
    if (const auto present = check_present(backend, *narrowed); !present) return present.error();
    Result<Devices> opened = backend.open(*narrowed);
    if (!opened) return opened.error();
    if (backend.numbered) add_taken(with_taken.taken, *opened);
    std::ranges::move(*opened, std::back_inserter(devices));
  }
  return devices;
}

Result<std::vector<DeviceTuning>> tune_devices(const std::vector<DeviceSelector>& selectors,
                                               const DeviceRequest& request) {
  std::vector<DeviceTuning> tunings;
  DeviceRequest with_taken = request;
  if (selectors.empty() || names_all(selectors)) {
    for (const DeviceBackend* const backend : present_backends(selectors)) {
      if (const auto tuned = tune_backend(*backend, with_taken, tunings); !tuned) return tuned.error();
    }
    return tunings;
  }
  for (const DeviceBackend& backend : device_backends()) {
    auto narrowed = narrow(backend, selectors, with_taken);
    if (!narrowed) continue;
    if (const auto present = check_present(backend, *narrowed); !present) return present.error();
    if (const auto tuned = tune_backend(backend, *narrowed, tunings); !tuned) return tuned.error();
    with_taken.taken = std::move(narrowed->taken);
  }
  return tunings;
}

}  // namespace lode::app
