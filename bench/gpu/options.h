// The command line that all GPU programs share, and what they exit with. Plain values.
#pragma once

#include <string>

namespace lode::bench {

/// Exit statuses of the GPU programs.
inline constexpr int kExitGood = 0;
inline constexpr int kExitFault = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNoGpu = 77;

struct Options {
  double seconds = 0;      ///< how long the part that is long may take; 0: the program's own choice
  std::string json;        ///< file for the results; empty: none
  bool quick = false;      ///< less of everything
  bool played = false;     ///< on a GPU that the CPU plays: tries the program, its figures mean nothing
  bool cpu = false;        ///< of OpenCL: on a CPU's driver; its figures mean nothing either
  bool list = false;       ///< print what the program would do, and end
  bool sanitized = false;  ///< under a tool that slows everything down by a hundred
};

/// --seconds S, --json FILE, --quick, --played, --cpu, --sanitized, --list. Throws std::invalid_argument with a
/// sentence.
Options parse_options(int argc, const char* const* argv);

/// Calls `run` with the options; prints what it throws. The program's exit status.
int run_program(int argc, const char* const* argv, int (*run)(const Options& options)) noexcept;

}  // namespace lode::bench
