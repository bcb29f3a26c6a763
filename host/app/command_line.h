// From argv to what to do. Everything that can be wrong with the arguments is found here, before anything starts.
//
// Start-up, main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "host/app/device_options.h"
#include "host/app/mine_options.h"

namespace lode::app {

struct BenchOptions : DeviceOptions {    ///< kernel "all": every usable one
  std::vector<std::uint32_t> midstates;  ///< a result for each; empty: 1, and what the device has most versions carry
  std::chrono::duration<double> seconds{5.0};
  bool tune = false;  ///< measure every way to run the devices, instead
  bool json = false;
};

struct DevicesOptions : DeviceOptions {
  bool json = false;
};

struct VerifyOptions {
  std::string header;  ///< 160 hex digits; empty when a block is given
  std::string block;   ///< a file or hex digits
};

struct ProbeOptions {
  SourceUrl url;
  MineOptions source;  ///< how it is connected to and spoken with; its sources are `url` alone
  std::chrono::duration<double> seconds{30.0};
  bool json = false;
};

struct ReplayOptions {
  std::string file;  ///< a recording, see 'lode mine --record'
};

struct VersionOptions {};

/// Nothing left to do but print and exit: help asked for, or an error.
struct Exit {
  int code = 0;
  std::string out;  ///< for standard output
  std::string err;  ///< one line for standard error
};

using Invocation = std::variant<Exit, MineOptions, BenchOptions, DevicesOptions, ProbeOptions, ReplayOptions,
                                VerifyOptions, VersionOptions>;

/// `arguments` without the program's name.
Invocation parse_command_line(std::vector<std::string> arguments);

}  // namespace lode::app
