#include "host/device/cpu_topology.h"

#include <algorithm>
#include <thread>

#include "host/device/cpu_quota.h"
#include "host/device/cpu_topology_hwloc.h"
#include "host/device/thread_affinity.h"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace lode::device {
namespace {

/// CPUs that the system could ever have, whether this process may use them or not.
unsigned configured_cpus() {
#if defined(__linux__)
  const long count = ::sysconf(_SC_NPROCESSORS_CONF);
  if (count > 0) return static_cast<unsigned>(count);
#endif
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

CpuTopology detect_cpu_topology() {
  CpuTopology topology;
  const std::vector<unsigned> allowed = allowed_cpus();
  unsigned count = configured_cpus();
  if (!allowed.empty()) count = std::max(count, allowed.back() + 1);
  for (unsigned i = 0; i < count; ++i) {
    const bool may = allowed.empty() || std::ranges::binary_search(allowed, i);
    topology.cpus.push_back({.number = i, .core = i, .package = 0, .kind = 0, .allowed = may});
  }
  topology.has_cores = describe_with_hwloc(topology.cpus);
  topology.quota = cpu_quota();
  return topology;
}

}  // namespace lode::device
