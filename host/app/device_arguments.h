// The options of DeviceOptions, which several commands share.
#pragma once

#include "host/app/command_parser.h"
#include "host/app/device_options.h"

namespace lode::app {

/// --devices, --threads, --cpu-affinity, --max-temp, --kernel (described by `kernel_help`). `options` outlives
/// the parser.
void add_device_arguments(Command command, DeviceOptions& options, const std::string& kernel_help);

/// --recalibrate, and --state described by `state_help`.
void add_calibration_arguments(Command command, DeviceOptions& options, const std::string& state_help);

}  // namespace lode::app
