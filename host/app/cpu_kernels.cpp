#include "host/app/cpu_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "host/app/calibration_file.h"
#include "host/app/events_json.h"
#include "host/app/text.h"
#include "host/app/version.h"
#include "host/device/cpu_device.h"
#include "host/device/thread_affinity.h"
#include "kernels/cpu/registry.h"
#include "kernels/cpu/self_test.h"

namespace lode::app {
namespace {

using device::KernelChoice;
using device::KernelRate;
using device::KernelUse;
using kernels::Kernel;

/// Self-tests and measuring, all in all. The turn that it ends in comes on top; it stays below 300 ms.
constexpr std::chrono::milliseconds kCalibrationTime{260};

using Kernels = std::vector<const Kernel*>;

Kernels usable_kernels(const CpuMachine& machine) {
  Kernels usable;
  for (const Kernel& kernel : machine.kernels) {
    if (kernels::usable(kernel, machine.features)) usable.push_back(&kernel);
  }
  return usable;
}

Result<const Kernel*> named_kernel(const CpuMachine& machine, const std::string& name) {
  const auto found = std::ranges::find(machine.kernels, name, &Kernel::name);
  if (found == machine.kernels.end()) {
    std::string known;
    for (const Kernel& kernel : machine.kernels)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", kernel.name);
    return fail(Errc::kOutOfRange,
                fmt::format("--kernel: there is no kernel '{}'; known are {}", printable(name), known));
  }
  if (const auto reason = kernels::why_unusable(*found, machine.features)) {
    return fail(Errc::kDevice, fmt::format("kernel {} is not usable here: {}", found->name, *reason));
  }
  return &*found;
}

CalibrationKey key_of(const CpuMachine& machine) {
  CalibrationKey key{.device = machine.name,
                     .features = kernels::to_string(machine.features),
                     .program = fmt::format("{} {}", version(), commit()),
                     .kernels = {}};
  for (const Kernel* const kernel : usable_kernels(machine)) {
    key.kernels += fmt::format("{}{}/{}", key.kernels.empty() ? "" : " ", kernel->name, kernel->max_midstates);
  }
  return key;
}

/// What is remembered of these kernels on this machine; nothing if there is no such measurement.
std::optional<CpuKernels> remembered(const CpuMachine& machine, const DeviceRequest& request, const Kernels& wanted) {
  if (!request.state || request.recalibrate) return std::nullopt;
  const auto calibrations = load_calibrations(*request.state);
  if (!calibrations) {
    warn(request, fmt::format("{}; the kernels are measured anew", printable(calibrations.error().message())));
    return std::nullopt;
  }
  const auto fitting = std::ranges::find(*calibrations, key_of(machine), &Calibration::key);
  if (fitting == calibrations->end()) return std::nullopt;

  CpuKernels found{.choice = {}, .rates = {}, .failed = {}, .time = fitting->time, .remembered = true};
  for (const KernelUse& use : device::kernel_uses(wanted)) {
    const auto speed = std::ranges::find_if(fitting->speeds, [&](const KernelSpeed& one) {
      return one.kernel == use.kernel->name && one.midstates == use.midstates;
    });
    if (speed != fitting->speeds.end()) found.rates.push_back({use, speed->hashes_per_second});
  }
  const auto choice = device::choose_kernels(found.rates);
  if (!choice) return std::nullopt;
  found.choice = *choice;
  return found;
}

/// Tests the kernels, measures those that are right, and chooses.
std::optional<CpuKernels> calibrated(const CpuMachine& machine, const DeviceRequest& request, const Kernels& wanted) {
  CpuKernels found{
      .choice = {}, .rates = {}, .failed = {}, .time = iso_time(std::chrono::system_clock::now()), .remembered = false};
  const auto deadline = std::chrono::steady_clock::now() + kCalibrationTime;
  Kernels right;
  for (const Kernel* const kernel : wanted) {
    if (const auto failure = kernels::self_test(*kernel)) {
      found.failed.push_back({std::string(kernel->name), "failed its self-test: " + *failure});
      warn(request, fmt::format("kernel {} failed its self-test and is left out: {}", kernel->name, *failure));
    } else {
      right.push_back(kernel);
    }
  }
  found.rates = machine.measure(device::kernel_uses(right), deadline);
  const auto choice = device::choose_kernels(found.rates);
  if (!choice) return std::nullopt;
  found.choice = *choice;
  return found;
}

void remember(const CpuMachine& machine, const DeviceRequest& request, const CpuKernels& found) {
  Calibration calibration{.key = key_of(machine), .time = found.time, .speeds = {}};
  for (const KernelRate& rate : found.rates) {
    calibration.speeds.push_back({std::string(rate.use.kernel->name), rate.use.midstates, rate.hashes_per_second});
  }
  if (auto kept = remember_calibration(*request.state, calibration); !kept) {
    warn(request,
         fmt::format("the measured rates of the kernels are not remembered: {}", printable(kept.error().message())));
  }
}

bool passes(const KernelChoice& choice) {
  const Kernel& single = *choice.single.use.kernel;
  const Kernel& rolling = *choice.rolling.use.kernel;
  return !kernels::self_test(single) && (&single == &rolling || !kernels::self_test(rolling));
}

/// The user's number of midstates in the place of the measured one.
void apply_midstates(KernelChoice& choice, const DeviceRequest& request) {
  if (!request.midstates) return;
  if (*request.midstates == 1) {
    choice.rolling = choice.single;
  } else if (*request.midstates != choice.rolling.use.midstates) {
    choice.rolling = {{choice.rolling.use.kernel, *request.midstates}, 0};
  }
}

}  // namespace

CpuMachine this_cpu(std::optional<unsigned> cpu) {
  return {.name = device::cpu_name(),
          .features = kernels::detect_cpu_features(),
          .kernels = kernels::kernels(),
          .measure = [cpu](std::span<const KernelUse> uses, std::chrono::steady_clock::time_point deadline) {
            std::vector<KernelRate> rates;
            std::jthread([&] {
              if (cpu) static_cast<void>(device::pin_this_thread(*cpu));
              const auto now = [] { return std::chrono::steady_clock::now(); };
              rates = device::measure_rates(uses, device::measure_on_this_cpu(), now, deadline);
            }).join();
            return rates;
          }};
}

Result<CpuKernels> find_cpu_kernels(const CpuMachine& machine, const DeviceRequest& request) {
  Kernels wanted = usable_kernels(machine);
  if (!request.kernel.empty()) {
    const auto kernel = named_kernel(machine, request.kernel);
    if (!kernel) return kernel.error();
    wanted = {*kernel};
    // There is nothing to choose.
    if (request.midstates || (*kernel)->max_midstates == 1) {
      if (const auto failure = kernels::self_test(**kernel)) {
        return fail(Errc::kDevice, fmt::format("kernel {} failed its self-test: {}", (*kernel)->name, *failure));
      }
      const KernelRate only{{*kernel, 1}, 0};
      CpuKernels found{.choice = {only, only}, .rates = {}, .failed = {}, .time = {}, .remembered = false};
      apply_midstates(found.choice, request);
      return found;
    }
  }

  std::optional<CpuKernels> found = remembered(machine, request, wanted);
  if (found && !passes(found->choice)) found.reset();  // the calibration finds out which, and says so
  if (!found) {
    found = calibrated(machine, request, wanted);
    if (!found) return fail(Errc::kDevice, "no kernel passes its self-test on this CPU");
    // Rates of one kernel alone say nothing of the others.
    if (request.kernel.empty() && request.state) remember(machine, request, *found);
  }
  apply_midstates(found->choice, request);
  return *std::move(found);
}

}  // namespace lode::app
