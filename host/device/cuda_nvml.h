// Sensors of NVIDIA GPUs through NVML, the driver's management library, which is looked for when the program runs.
// Nothing is ever set through it: clocks, power limits and modes stay as their owner left them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/base/result.h"
#include "host/device/telemetry.h"

namespace lode::device {

/// Error: kDevice, one sentence: "no libnvidia-ml.so.1", or why NVML does not start.
Result<std::shared_ptr<TelemetrySource>> open_nvml(const char* name = "libnvidia-ml.so.1");

/// Words for NVML's clock event ("throttle") reasons that slow a GPU down; idleness and clocks that were asked for are
/// none of these.
std::vector<std::string> slowdown_reasons(unsigned long long reasons);

}  // namespace lode::device
