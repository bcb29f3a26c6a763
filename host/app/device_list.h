// The value of --devices, and the devices it stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/device_backend.h"
#include "host/base/result.h"

namespace lode::app {

/// "cuda:0", "opencl:1.0": a backend and one of its devices, or all of them.
struct DeviceSelector {
  std::string backend;  ///< "all": every backend of this build
  std::optional<std::uint32_t> index;
  std::optional<PlatformDevice> platform_device = {};

  friend bool operator==(const DeviceSelector&, const DeviceSelector&) = default;
};

/// Comma-separated. Errors: kMalformed for an unknown name, an empty part, a part named twice.
Result<std::vector<DeviceSelector>> parse_device_list(std::string_view text);

/// The backends that are named and that have devices on this machine; nothing named: those of GPUs, or
/// the CPU's where there is none.
std::vector<const DeviceBackend*> present_backends(const std::vector<DeviceSelector>& selectors);

/// Opens what is named; nothing named: every GPU, or the CPU where there is none. Errors: kDevice (no usable device),
/// kOutOfRange (no kernel of that name).
Result<Devices> open_devices(const std::vector<DeviceSelector>& selectors, const DeviceRequest& request);

/// Measures every way to run what is named, see DeviceBackend::tune. Errors as above.
Result<std::vector<DeviceTuning>> tune_devices(const std::vector<DeviceSelector>& selectors,
                                               const DeviceRequest& request);

}  // namespace lode::app
