#include "host/device/thread_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "host/device/cpu_list.h"

namespace lode::device {
namespace {

std::vector<unsigned> allowed_of(const CpuTopology& topology) {
  std::vector<unsigned> numbers;
  for (const LogicalCpu& cpu : topology.cpus) {
    if (cpu.allowed) numbers.push_back(cpu.number);
  }
  return numbers;
}

Result<void> check_listed(const CpuTopology& topology, const std::vector<unsigned>& listed) {
  for (const unsigned number : listed) {
    const auto cpu = std::ranges::find(topology.cpus, number, &LogicalCpu::number);
    if (cpu == topology.cpus.end()) {
      std::vector<unsigned> known;
      for (const LogicalCpu& one : topology.cpus)
        known.push_back(one.number);
      return fail(Errc::kOutOfRange, "--cpu-affinity: there is no CPU " + std::to_string(number) + "; there are " +
                                         format_cpu_list(known));
    }
    if (!cpu->allowed) {
      return fail(Errc::kOutOfRange, "--cpu-affinity: this process may not use CPU " + std::to_string(number) +
                                         ", only " + format_cpu_list(allowed_of(topology)));
    }
  }
  return {};
}

}  // namespace

// Why this order. The second thread of a core only gets what the first leaves of its units, and kernels are made to
// leave little; any core of its own, a slow one included, adds more: SMT siblings come last. Fast cores come before
// slow ones because with fewer threads than cores the fast ones do more. Packages take turns because what they have to
// share out is power and cooling, each its own: two threads on two packages clock higher than on one. Where memory lies
// makes no difference, a kernel's data stays in the first-level cache.
std::vector<unsigned> cpu_order(const CpuTopology& topology) {
  struct Place {
    unsigned sibling;  // 0 for the first allowed CPU of its core
    unsigned kind;
    unsigned turn;  // among its equals in the package
    unsigned package;
    unsigned number;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<LogicalCpu> cpus;
  std::ranges::copy_if(topology.cpus, std::back_inserter(cpus), &LogicalCpu::allowed);
  std::ranges::sort(cpus, {}, &LogicalCpu::number);

  std::map<unsigned, unsigned> siblings;                               // by core
  std::map<std::tuple<unsigned, unsigned, unsigned>, unsigned> turns;  // by sibling, kind, package
  std::vector<Place> places;
  places.reserve(cpus.size());
  for (const LogicalCpu& cpu : cpus) {
    const unsigned sibling = siblings[cpu.core]++;
    const unsigned turn = turns[{sibling, cpu.kind, cpu.package}]++;
    places.push_back({sibling, cpu.kind, turn, cpu.package, cpu.number});
  }
  std::ranges::sort(places);
  std::vector<unsigned> order;
  order.reserve(places.size());
  for (const Place& place : places)
    order.push_back(place.number);
  return order;
}

unsigned default_threads(const CpuTopology& topology) {
  auto threads = static_cast<unsigned>(std::ranges::count_if(topology.cpus, &LogicalCpu::allowed));
  // Rounded down: a group that used up its time stands still until the next period, all of it, the thread that hands in
  // blocks included.
  if (topology.quota && *topology.quota < threads) threads = static_cast<unsigned>(std::floor(*topology.quota));
  return std::max(threads, 1U);
}

Result<ThreadPlan> plan_threads(const CpuTopology& topology, unsigned threads, const CpuAffinity& affinity) {
  std::vector<unsigned> cpus;
  if (!affinity.cpus.empty()) {
    if (auto checked = check_listed(topology, affinity.cpus); !checked) return checked.error();
    if (threads > affinity.cpus.size()) {
      return fail(Errc::kOutOfRange, "--threads " + std::to_string(threads) + ", but --cpu-affinity lists only " +
                                         std::to_string(affinity.cpus.size()) +
                                         " CPU(s): list more, or take fewer threads");
    }
    cpus = affinity.cpus;
    if (threads == 0) threads = static_cast<unsigned>(cpus.size());
  } else {
    if (affinity.pin) cpus = cpu_order(topology);
    if (threads == 0) threads = default_threads(topology);
  }
  ThreadPlan plan(threads);
  // With more threads than CPUs the system shares them out more evenly than fixed places could.
  if (threads <= cpus.size()) std::copy_n(cpus.begin(), threads, plan.begin());
  return plan;
}

}  // namespace lode::device
