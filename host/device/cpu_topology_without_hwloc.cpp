#include "host/device/cpu_topology_hwloc.h"

namespace lode::device {

bool describe_with_hwloc(std::vector<LogicalCpu>& /*cpus*/) {
  return false;
}

std::string topology_library() {
  return {};
}

}  // namespace lode::device
