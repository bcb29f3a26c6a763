// One CPU thread as a device: runs kernels of kernels/cpu in slices short enough for a new tip to take over in time.
// One kernel may serve jobs of one version and another jobs of many: no kernel is the fastest at both.
#pragma once

#include <atomic>
#include <iosfwd>
#include <optional>
#include <string>

#include "host/device/batch_tuner.h"
#include "host/device/cpu_calibration.h"
#include "host/device/device.h"
#include "kernels/cpu/kernel.h"

namespace lode::device {

/// The processor's own name ("AMD EPYC 9655 96-Core Processor") out of a /proc/cpuinfo. ARM's have none there: then the
/// numbers of maker and part of its cores ("ARM CPU 0x41/0xd0b, 0x41/0xd05"), which tell models apart. "CPU" where
/// there is neither.
std::string cpu_name_of(std::istream& cpuinfo);

/// This machine's.
std::string cpu_name();

class CpuDevice final : public Device {
 public:
  /// `single` is for jobs of one midstate, `rolling` for jobs of more and says how many those should have. The kernels
  /// must be usable on this CPU and outlive the device (the built-in ones live for ever). `cpu`: see DeviceInfo.
  CpuDevice(const kernels::Kernel& single, const KernelUse& rolling, std::optional<unsigned> cpu);

  /// One kernel for all jobs, with as many midstates as it profits from.
  explicit CpuDevice(const kernels::Kernel& kernel) : CpuDevice(kernel, {&kernel, kernel.max_midstates}, {}) {}

  [[nodiscard]] const DeviceInfo& info() const noexcept override { return info_; }
  void enter_thread() noexcept override;
  Result<void> self_test() override;
  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit> hits) override;
  void abort_before(std::uint64_t generation) noexcept override;
  /// The same: whatever ends a scan, it ends between two slices and nothing is lost.
  void finish_before(std::uint64_t generation) noexcept override { abort_before(generation); }

 private:
  /// A kernel with what was learnt of its rate.
  struct Path {
    const kernels::Kernel* kernel;
    BatchTuner slice;
  };
  Path& path_of(const kernels::ScanJob& job) noexcept { return job.midstate_count == 1 ? single_ : rolling_; }

  Path single_;
  Path rolling_;
  DeviceInfo info_;
  std::atomic<std::uint64_t> oldest_valid_{0};
};

}  // namespace lode::device
