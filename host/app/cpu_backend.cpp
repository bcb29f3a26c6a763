#include "host/app/cpu_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "host/device/cpu_device.h"
#include "host/device/cpu_topology.h"
#include "host/device/thread_affinity.h"
#include "kernels/cpu/registry.h"

namespace lode::app {
namespace {

KernelSpeed speed_of(const device::KernelRate& rate) {
  return {std::string(rate.use.kernel->name), rate.use.midstates, rate.hashes_per_second};
}

/// Threads that the system will not tie to their CPU are tied to none.
void drop_impossible(device::ThreadPlan& plan, const DeviceRequest& request) {
  for (std::optional<unsigned>& cpu : plan) {
    if (!cpu || device::can_pin(*cpu)) continue;
    if (request.warn) {
      request.warn(fmt::format("the system does not let a thread be tied to CPU {}; it runs anywhere", *cpu));
    }
    cpu.reset();
  }
}

}  // namespace

std::vector<DeviceDescription> describe_cpu(const DeviceRequest& request) {
  const device::CpuTopology topology = device::detect_cpu_topology();
  device::ThreadPlan plan = device::plan_threads(topology, 0, {}).value();
  DeviceDescription cpu{.id = "cpu",
                        .name = device::cpu_name(),
                        .threads = static_cast<unsigned>(plan.size()),
                        .cpus = {},
                        .topology = topology.has_cores ? device::topology_library() : "",
                        .features = {},
                        .kernels = {},
                        .calibration = {}};
  for (const std::optional<unsigned>& one : plan) {
    if (one) cpu.cpus.push_back(*one);
  }
  const CpuMachine machine = this_cpu(plan.front());
  for (const kernels::CpuFeature feature : kernels::kAllCpuFeatures) {
    if (machine.features.has(feature)) cpu.features.emplace_back(kernels::to_string(feature));
  }

  DeviceRequest any = request;
  any.kernel.clear();
  any.midstates.reset();
  const Result<CpuKernels> found = find_cpu_kernels(machine, any);
  for (const kernels::Kernel& kernel : machine.kernels) {
    KernelInfo info{.name = std::string(kernel.name),
                    .description = std::string(kernel.description),
                    .unusable = kernels::why_unusable(kernel, machine.features).value_or("")};
    if (!found) {
      if (info.unusable.empty()) info.unusable = found.error().message();
    } else {
      const auto failed = std::ranges::find(found->failed, kernel.name, &FailedKernel::name);
      if (failed != found->failed.end()) info.unusable = failed->reason;
      info.is_default = found->choice.rolling.use.kernel == &kernel;
      info.is_single_default = found->choice.single.use.kernel == &kernel;
    }
    cpu.kernels.push_back(std::move(info));
  }
  if (found) {
    cpu.calibration = CalibrationInfo{.single = speed_of(found->choice.single),
                                      .rolling = speed_of(found->choice.rolling),
                                      .speeds = {},
                                      .time = found->time,
                                      .remembered = found->remembered};
    for (const device::KernelRate& rate : found->rates)
      cpu.calibration->speeds.push_back(speed_of(rate));
  }
  return {cpu};
}

Result<Devices> open_cpu(const DeviceRequest& request) {
  return open_cpu(request, this_cpu);
}

Result<std::vector<DeviceTuning>> tune_cpu(const DeviceRequest& request) {
  const auto plan = device::plan_threads(device::detect_cpu_topology(), request.threads, request.affinity);
  if (!plan) return plan.error();
  DeviceRequest anew = request;
  anew.recalibrate = true;
  const auto found = find_cpu_kernels(this_cpu(plan->front()), anew);
  if (!found) return found.error();
  DeviceTuning tuning{.id = "cpu", .name = device::cpu_name()};
  const auto is_chosen = [&](const device::KernelRate& rate, const device::KernelRate& chosen) {
    return rate.use.kernel == chosen.use.kernel && rate.use.midstates == chosen.use.midstates;
  };
  for (const device::KernelRate& rate : found->rates) {
    tuning.settings.push_back(
        {.kernel = std::string(rate.use.kernel->name),
         .midstates = rate.use.midstates,
         .hashes_per_second = rate.hashes_per_second,
         .chosen = is_chosen(rate, found->choice.single) || is_chosen(rate, found->choice.rolling)});
  }
  for (const FailedKernel& failed : found->failed)
    tuning.settings.push_back({.kernel = failed.name, .left_out = failed.reason});
  return std::vector{std::move(tuning)};
}

Result<Devices> open_cpu(const DeviceRequest& request,
                         const std::function<CpuMachine(std::optional<unsigned> cpu)>& machine) {
  auto plan = device::plan_threads(device::detect_cpu_topology(), request.threads, request.affinity);
  if (!plan) return plan.error();
  drop_impossible(*plan, request);
  const auto found = find_cpu_kernels(machine(plan->front()), request);
  if (!found) return found.error();
  const device::KernelChoice& choice = found->choice;
  Devices devices;
  devices.reserve(plan->size());
  for (const std::optional<unsigned>& cpu : *plan) {
    devices.push_back(std::make_unique<device::CpuDevice>(*choice.single.use.kernel, choice.rolling.use, cpu));
  }
  return devices;
}

}  // namespace lode::app
