// The OpenCL of this machine, through the ICD loader, opened when the program runs: it starts, and says so, where there
// is none.
#pragma once

#include <memory>
#include <span>

#include "host/base/result.h"
#include "host/device/opencl_driver.h"

namespace lode::device {

/// Drivers that machines have without a loader, or without the file that tells a loader of them.
inline constexpr const char* kOpenClDrivers[] = {"libnvidia-opencl.so.1", "libamdocl64.so"};

/// Opens the library `name`, a loader or a single driver. Where it is missing or knows no platform, the first of
/// `drivers` that has one is opened in its place. It stays in the process, since drivers have threads of their own.
/// Error: kDevice, one sentence that says what to install.
Result<std::shared_ptr<OpenClDriver>> open_opencl_driver(const char* name = "libOpenCL.so.1",
                                                         std::span<const char* const> drivers = kOpenClDrivers);

}  // namespace lode::device
