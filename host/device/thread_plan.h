// How many hashing threads there are, and on which CPU each runs. A pure function of the machine and of what the user
// wants; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/base/result.h"
#include "host/device/cpu_topology.h"

namespace lode::device {

/// The value of --cpu-affinity.
struct CpuAffinity {
  bool pin = true;             ///< false: threads go where the system puts them
  std::vector<unsigned> cpus;  ///< these only, in this order; empty: those of cpu_order()

  friend bool operator==(const CpuAffinity&, const CpuAffinity&) = default;
};

/// A CPU for each thread; nothing: it is not tied to one.
using ThreadPlan = std::vector<std::optional<unsigned>>;

/// The allowed CPUs in the order in which threads get them: one thread of every fast core, then of every slower core,
/// then the cores' second threads. CPUs alike take turns between packages.
std::vector<unsigned> cpu_order(const CpuTopology& topology);

/// Threads where the user names no number: one for each allowed CPU, no more than the quota's whole CPUs, at least one.
unsigned default_threads(const CpuTopology& topology);

/// `threads`: 0 for the default (with listed CPUs: one for each). More threads than allowed CPUs are not tied to any.
/// Errors, kOutOfRange: a listed CPU that does not exist or is not allowed; more threads than listed CPUs.
Result<ThreadPlan> plan_threads(const CpuTopology& topology, unsigned threads, const CpuAffinity& affinity);

}  // namespace lode::device
