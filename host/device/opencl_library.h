// The OpenCL of this machine, through the ICD loader, opened when the program runs: it starts, and says so, where there
// is none.
#pragma once

#include <memory>

#include "host/base/result.h"
#include "host/device/opencl_driver.h"

namespace lode::device {

/// Opens the library `name`; it stays in the process, since drivers behind it have threads of their own. Error:
/// kDevice, one sentence that says what to install.
Result<std::shared_ptr<OpenClDriver>> open_opencl_driver(const char* name = "libOpenCL.so.1");

}  // namespace lode::device
