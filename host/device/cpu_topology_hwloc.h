// The part of cpu_topology.h that hwloc answers. Its header stays in one source file; a build without the library has
// cpu_topology_without_hwloc.cpp instead.
#pragma once

#include <vector>

#include "host/device/cpu_topology.h"

namespace lode::device {

/// Fills in core, package and kind of every CPU. False, with nothing changed, when that is not known of each allowed
/// one.
bool describe_with_hwloc(std::vector<LogicalCpu>& cpus);

}  // namespace lode::device
