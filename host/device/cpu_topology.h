// The logical CPUs of this machine: which share a core, which cores are fast, which of them this process may use.
//
// Plain values, so that what is decided from them (thread_plan.h) can be tested with machines that are not here.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lode::device {

/// What the operating system schedules on: a core, or one of a core's SMT threads.
struct LogicalCpu {
  unsigned number = 0;   ///< the operating system's
  unsigned core = 0;     ///< CPUs of one core have the same; unique in the machine
  unsigned package = 0;  ///< the socket
  unsigned kind = 0;     ///< of core; 0 the fastest, 1 the next (a hybrid CPU's efficiency cores)
  bool allowed = true;   ///< by the process's affinity mask (taskset, a container's cpuset)
};

struct CpuTopology {
  std::vector<LogicalCpu> cpus;  ///< by number, each once
  bool has_cores = false;        ///< cores, packages and kinds are known; otherwise every CPU counts as a core
  std::optional<double> quota;   ///< CPUs' worth of time that the control group grants; nothing: no limit
};

/// What this machine has. Without hwloc (or where that fails) there are only numbers. Any thread.
CpuTopology detect_cpu_topology();

/// The library that cores are recognised with: "hwloc (API 2.8)"; "" in a build without it.
std::string topology_library();

}  // namespace lode::device
