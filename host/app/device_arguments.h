// The options of DeviceOptions, declared for CLI11. Several commands share them.
#pragma once

#include <CLI/App.hpp>

#include "host/app/device_options.h"

namespace lode::app {

/// --devices, --threads, --cpu-affinity, --max-temp, --kernel (described by `kernel_help`). `options` lives as long as
/// the command.
void add_device_arguments(CLI::App& command, DeviceOptions& options, const std::string& kernel_help);

/// --recalibrate, and --state described by `state_help`.
void add_calibration_arguments(CLI::App& command, DeviceOptions& options, const std::string& state_help);

}  // namespace lode::app
