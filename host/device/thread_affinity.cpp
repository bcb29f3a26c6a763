#include "host/device/thread_affinity.h"

#include <cstddef>
#include <memory>
#include <thread>

#include "host/device/cpu_list.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace lode::device {

#if defined(__linux__)

namespace {

constexpr int kCpus = static_cast<int>(kHighestCpu) + 1;

struct FreeSet {
  void operator()(cpu_set_t* set) const noexcept { CPU_FREE(set); }
};
using CpuSet = std::unique_ptr<cpu_set_t, FreeSet>;

/// An empty set for CPUs 0 .. kHighestCpu: the fixed cpu_set_t ends at 1023.
CpuSet make_set() {
  CpuSet set(CPU_ALLOC(kCpus));
  if (set) CPU_ZERO_S(CPU_ALLOC_SIZE(kCpus), set.get());
  return set;
}

}  // namespace

std::vector<unsigned> allowed_cpus() {
  std::vector<unsigned> cpus;
  const CpuSet set = make_set();
  if (!set || ::sched_getaffinity(0, CPU_ALLOC_SIZE(kCpus), set.get()) != 0) return cpus;
  for (unsigned cpu = 0; cpu <= kHighestCpu; ++cpu) {
    if (CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(kCpus), set.get())) cpus.push_back(cpu);
  }
  return cpus;
}

bool pin_this_thread(unsigned cpu) noexcept {
  const CpuSet set = make_set();
  if (!set || cpu > kHighestCpu) return false;
  CPU_SET_S(cpu, CPU_ALLOC_SIZE(kCpus), set.get());
  return ::sched_setaffinity(0, CPU_ALLOC_SIZE(kCpus), set.get()) == 0;
}

#else

std::vector<unsigned> allowed_cpus() {
  return {};
}

bool pin_this_thread(unsigned /*cpu*/) noexcept {
  return false;
}

#endif

bool can_pin(unsigned cpu) {
  bool pinned = false;
  std::jthread([&] { pinned = pin_this_thread(cpu); }).join();
  return pinned;
}

}  // namespace lode::device
