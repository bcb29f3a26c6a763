// `lode bench --tune`: measures every way to run each device's kernels, remembers the fastest and prints all of them.
//
// Main thread.
#pragma once

#include "host/app/command_line.h"

namespace lode::app {

/// Returns the program's exit code (exit_codes.h).
int run_tuning(const BenchOptions& options);

}  // namespace lode::app
