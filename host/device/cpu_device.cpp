#include "host/device/cpu_device.h"

#include <algorithm>
#include <fstream>

#include "host/device/thread_affinity.h"
#include "kernels/cpu/self_test.h"

namespace lode::device {
namespace {

/// Between two looks at whether the work is still wanted. A new tip must replace work within 1 ms, a clock that drops
/// while a slice runs included. What a kernel prepares for a slice (a plan of each midstate, a pipeline to fill) costs
/// below 0.3 % of this, with 64 midstates; of 150 us it was 0.85 %.
constexpr std::chrono::microseconds kSliceDuration{400};
static_assert(kLongestStep <= kSliceDuration, "a slice holds a step at least");

}  // namespace

std::string cpu_name_of(std::istream& cpuinfo) {
  std::string maker;
  std::string parts;
  for (std::string line; std::getline(cpuinfo, line);) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string value = line.substr(colon + 2);
    if (line.starts_with("model name")) return value;
    if (line.starts_with("CPU implementer")) maker = value;
    if (line.starts_with("CPU part")) {
      const std::string part = std::string(maker).append("/").append(value);
      if (parts.find(part) == std::string::npos) parts += (parts.empty() ? "" : ", ") + part;
    }
  }
  return parts.empty() ? "CPU" : "ARM CPU " + parts;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  return cpu_name_of(info);
}

CpuDevice::CpuDevice(const kernels::Kernel& single, const KernelUse& rolling, std::optional<unsigned> cpu)
    : single_{&single, BatchTuner(kSliceDuration, single.streams)},
      rolling_{rolling.kernel, BatchTuner(kSliceDuration, rolling.kernel->streams)} {
  info_ = {.id = "cpu",
           .name = cpu_name(),
           .kernel = std::string(rolling.midstates == 1 ? single.name : rolling.kernel->name),
           .midstates = rolling.midstates,
           .single_kernel = std::string(single.name),
           .cpu = cpu};
}

void CpuDevice::enter_thread() noexcept {
  // Whether that is possible was found out when the device was made; by now the CPU may have been taken away.
  if (info_.cpu) static_cast<void>(pin_this_thread(*info_.cpu));
}

Result<void> CpuDevice::self_test() {
  for (const Path* const path : {&single_, &rolling_}) {
    if (path == &rolling_ && rolling_.kernel == single_.kernel) continue;
    if (const auto failure = kernels::self_test(*path->kernel)) {
      return fail(Errc::kDevice, "kernel " + std::string(path->kernel->name) + " failed its self-test: " + *failure);
    }
  }
  return {};
}

Result<kernels::ScanResult> CpuDevice::scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                            std::span<kernels::Hit> hits) {
  Path& path = path_of(job);
  kernels::ScanResult total;
  while (total.nonces < range.count && total.hits == 0) {
    if (job.generation < oldest_valid_.load(std::memory_order_relaxed)) break;
    const std::uint64_t batch = path.slice.batch(job.limit, job.midstate_count);
    const kernels::NonceRange slice{static_cast<std::uint32_t>(range.first + total.nonces),
                                    std::min(range.count - total.nonces, batch)};
    const auto begin = std::chrono::steady_clock::now();
    const kernels::ScanResult result = path.kernel->scan(job, slice, hits);
    path.slice.record(result.nonces * job.midstate_count, std::chrono::steady_clock::now() - begin);
    total.nonces += result.nonces;
    total.hits = result.hits;
  }
  return total;
}

void CpuDevice::abort_before(std::uint64_t generation) noexcept {
  std::uint64_t known = oldest_valid_.load(std::memory_order_relaxed);
  while (known < generation && !oldest_valid_.compare_exchange_weak(known, generation)) {
  }
}

}  // namespace lode::device
