// https://hwloc.readthedocs.io: objects of the machine (HWLOC_OBJ_PU is a logical CPU), and since 2.4 kinds of CPU.
#include "host/device/cpu_topology_hwloc.h"

#include <hwloc.h>

#include <memory>
#include <string>
#include <utility>

namespace lode::device {
namespace {

struct Destroy {
  void operator()(hwloc_topology_t topology) const noexcept { ::hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, Destroy>;

Topology load() {
  hwloc_topology_t raw = nullptr;
  if (::hwloc_topology_init(&raw) != 0) return {};
  Topology topology(raw);
  // Caches, memory and devices are of no interest, and finding them takes time.
  ::hwloc_topology_set_all_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_NONE);
  for (const hwloc_obj_type_t type : {HWLOC_OBJ_CORE, HWLOC_OBJ_PACKAGE})
    ::hwloc_topology_set_type_filter(raw, type, HWLOC_TYPE_FILTER_KEEP_ALL);
  if (::hwloc_topology_load(raw) != 0) return {};
  return topology;
}

/// hwloc ranks kinds by efficiency, the fastest cores last; here they come first. One kind, or kinds without a rank
/// (-1): all are equal.
unsigned kind_of(hwloc_topology_t topology, hwloc_obj_t pu) {
  const int kinds = ::hwloc_cpukinds_get_nr(topology, 0);
  const int kind = kinds > 1 ? ::hwloc_cpukinds_get_by_cpuset(topology, pu->cpuset, 0) : -1;
  int efficiency = -1;
  if (kind < 0 ||
      ::hwloc_cpukinds_get_info(topology, static_cast<unsigned>(kind), nullptr, &efficiency, nullptr, nullptr, 0) !=
          0 ||
      efficiency < 0) {
    return 0;
  }
  return static_cast<unsigned>(kinds - 1 - efficiency);
}

}  // namespace

bool describe_with_hwloc(std::vector<LogicalCpu>& cpus) {
  const Topology topology = load();
  if (!topology) return false;
  std::vector<LogicalCpu> described = cpus;
  for (LogicalCpu& cpu : described) {
    hwloc_obj_t const pu = ::hwloc_get_pu_obj_by_os_index(topology.get(), cpu.number);
    hwloc_obj_t const core =
        pu == nullptr ? nullptr : ::hwloc_get_ancestor_obj_by_type(topology.get(), HWLOC_OBJ_CORE, pu);
    if (core == nullptr) {
      // Not allowed, or off line: nobody will ask for its core.
      if (cpu.allowed) return false;
      continue;
    }
    hwloc_obj_t const package = ::hwloc_get_ancestor_obj_by_type(topology.get(), HWLOC_OBJ_PACKAGE, pu);
    cpu.core = core->logical_index;
    cpu.package = package == nullptr ? 0 : package->logical_index;
    cpu.kind = kind_of(topology.get(), pu);
  }
  cpus = std::move(described);
  return true;
}

std::string topology_library() {
  const unsigned version = ::hwloc_get_api_version();
  return "hwloc (API " + std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 0xff) + ")";
}

}  // namespace lode::device
