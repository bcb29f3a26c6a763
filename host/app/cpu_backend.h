// The CPU as a device backend: one device a thread, all running the same kernel.
#pragma once

#include <vector>

#include "host/app/builtins.h"

namespace lode::app {

std::vector<DeviceDescription> describe_cpu();

/// Errors: kOutOfRange (no kernel of that name), kDevice (this CPU cannot run it).
Result<Devices> open_cpu(const DeviceRequest& request);

}  // namespace lode::app
