// The commands, after their options were parsed. Each returns the program's exit code (exit_codes.h).
//
// Main thread; they print to standard output, errors to standard error.
#pragma once

#include "host/app/command_line.h"

namespace lode::app {

int run_mine(const MineOptions& options);
int run_bench(const BenchOptions& options);
int run_devices(const DevicesOptions& options);
int run_probe(const ProbeOptions& options);
int run_replay(const ReplayOptions& options);
int run_verify(const VerifyOptions& options);
int run_version();

}  // namespace lode::app
