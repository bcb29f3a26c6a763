// How much processor time the system grants this process: the CPU quota of its control group (cgroup v2), which a
// container's `--cpus 1.5` or a service's CPUQuota= sets. Any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace lode::device {

/// CPUs that a `cpu.max` file grants, "150000 100000" is 1.5; nothing for "max" (no limit) and for what is no such
/// file. Linux, Documentation/admin-guide/cgroup-v2.rst.
std::optional<double> parse_cpu_max(std::string_view text);

/// The tightest quota on the way from the group named in `proc_cgroup` (a /proc/PID/cgroup) up to the root of the
/// hierarchy mounted at `mount`. Nothing when there is none, or no cgroup v2.
std::optional<double> cpu_quota(const std::filesystem::path& proc_cgroup = "/proc/self/cgroup",
                                const std::filesystem::path& mount = "/sys/fs/cgroup");

}  // namespace lode::device
