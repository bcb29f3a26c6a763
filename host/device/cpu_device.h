// One CPU thread as a device: runs a kernel of kernels/cpu in slices short enough for a new tip to take over in time.
#pragma once

#include <atomic>
#include <string>

#include "host/device/batch_tuner.h"
#include "host/device/device.h"
#include "kernels/cpu/kernel.h"

namespace lode::device {

/// The processor's own name ("AMD EPYC 9655 96-Core Processor"), or "CPU" where it does not tell.
std::string cpu_name();

class CpuDevice final : public Device {
 public:
  /// `kernel` must be usable on this CPU and outlive the device (the built-in ones live for ever).
  explicit CpuDevice(const kernels::Kernel& kernel);

  [[nodiscard]] const DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override;
  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit> hits) override;
  void abort_before(std::uint64_t generation) noexcept override;

 private:
  const kernels::Kernel& kernel_;
  DeviceInfo info_;
  BatchTuner slice_;
  std::atomic<std::uint64_t> oldest_valid_{0};
};

}  // namespace lode::device
