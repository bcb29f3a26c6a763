// Finds the kernels to hash with on a CPU: what the user named, what an earlier run measured, or what is measured now.
//
// Start-up, main thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/app/device_backend.h"
#include "host/device/cpu_calibration.h"
#include "kernels/cpu/kernel.h"

namespace lode::app {

/// The machine as far as the choice depends on it; tests make up their own.
struct CpuMachine {
  std::string name;
  kernels::CpuFeatures features;
  std::span<const kernels::Kernel> kernels;  ///< in the order in which they are expected to be fast
  /// Gives each use a rate, and comes to an end soon after `deadline`.
  std::function<std::vector<device::KernelRate>(std::span<const device::KernelUse>,
                                                std::chrono::steady_clock::time_point deadline)>
      measure;
};

/// This one. Measures on a thread tied to `cpu`.
CpuMachine this_cpu(std::optional<unsigned> cpu);

struct FailedKernel {
  std::string name;
  std::string reason;
};

struct CpuKernels {
  device::KernelChoice choice;            ///< with rates of 0 where a kernel was named and nothing measured
  std::vector<device::KernelRate> rates;  ///< what the choice was made from
  std::vector<FailedKernel> failed;       ///< left out because of their self-test
  std::string time;                       ///< of the measurement, ISO 8601 UTC
  bool remembered = false;                ///< the measurement was made by an earlier run
};

/// Kernels that are chosen have passed their self-test just now. Errors: kOutOfRange (no kernel of the name asked for),
/// kDevice (this CPU cannot run it, or no kernel is right).
Result<CpuKernels> find_cpu_kernels(const CpuMachine& machine, const DeviceRequest& request);

}  // namespace lode::app
