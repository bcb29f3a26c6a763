// An NVIDIA GPU as a device. A scan is cut into launches of about 50 ms, two of them in flight; new work stops both
// within milliseconds through a word in host memory that the running kernels look at.
//
// One CudaDevice owns its GPU's primary context. Between construction and destruction all calls but abort_before() and
// telemetry() come from one thread at a time; the context follows the caller.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/device/batch_tuner.h"
#include "host/device/cuda_driver.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_session.h"
#include "host/device/device.h"
#include "host/device/telemetry.h"
#include "host/device/thermal_guard.h"

namespace lode::device {

struct CudaDeviceOptions {
  std::uint32_t midstates = 1;                        ///< see DeviceInfo::midstates
  std::optional<int> max_celsius = {};                ///< above it the GPU rests
  std::shared_ptr<TelemetrySource> telemetry = {};    ///< null: there is none
  std::function<void(const std::string&)> warn = {};  ///< may be empty; called on the device's thread
  /// A launch that is not over after this long is a fault.
  std::chrono::milliseconds launch_limit{10'000};
  /// How long a launch that was told to stop may still take.
  std::chrono::milliseconds stop_limit{2'000};
};

class CudaDevice final : public Device {
 public:
  /// Error: kDevice, one sentence that names the GPU.
  static Result<std::unique_ptr<CudaDevice>> open(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                  const CudaKernels& kernels, CudaDeviceOptions options);
  ~CudaDevice() override;

  [[nodiscard]] const DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override;
  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit> hits) override;
  [[nodiscard]] bool can_restart() const noexcept override { return true; }
  Result<void> restart() override;
  [[nodiscard]] std::optional<Telemetry> telemetry() const override;
  void abort_before(std::uint64_t generation) noexcept override;

 private:
  using Clock = std::chrono::steady_clock;

  /// A scan call's progress.
  struct Scan;

  CudaDevice(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu, const CudaKernels& kernels,
             CudaDeviceOptions options);

  Result<void> open_session();
  /// Stops what runs and gives everything back.
  void close_session() noexcept;
  /// Waits until nothing is in flight. False: a launch does not end.
  bool drain(Clock::time_point deadline) noexcept;
  void stop_launches() noexcept;

  [[nodiscard]] bool is_void(const kernels::ScanJob& job) const noexcept {
    return job.generation < oldest_valid_.load();
  }
  Result<kernels::ScanResult> scan_now(const kernels::ScanJob& job, kernels::NonceRange range,
                                       std::span<kernels::Hit> hits);
  Result<void> fill(Scan& scan);
  Result<bool> launch_next(Scan& scan);
  Result<void> await_oldest();
  void take_oldest(Scan& scan);
  Error failed(const Error& error);

  void look_at_sensors();
  /// Lets some time pass, less if the job is void.
  void rest(const kernels::ScanJob& job);

  std::shared_ptr<CudaDriver> driver_;
  CudaGpu gpu_;
  CudaKernels kernels_;
  CudaDeviceOptions options_;
  DeviceInfo info_;
  CudaStatus last_status_ = CudaStatus::kSuccess;
  bool hung_ = false;   ///< the GPU does not end what it runs
  bool failed_ = true;  ///< there is no session, or it is good for nothing but being closed
  std::unique_ptr<CudaSession> session_;

  /// A launch in flight, in a slot of the session.
  struct Launch {
    std::size_t slot;
    kernels::NonceRange range;
    std::uint32_t hit_capacity;
    Clock::time_point begin;
  };
  std::vector<Launch> in_flight_;  ///< oldest first
  Clock::time_point last_end_{};   ///< of a launch
  BatchTuner single_;
  BatchTuner rolling_;

  std::atomic<std::uint64_t> oldest_valid_{0};
  std::atomic<std::uint64_t> running_{0};  ///< generation of the job that is scanned
  std::mutex epoch_mutex_;                 ///< guards the pointer, so that nobody writes to memory that was given back
  std::uint32_t* epoch_ = nullptr;         ///< in the session's mailbox

  ThermalGuard guard_;
  mutable std::mutex telemetry_mutex_;
  std::optional<Telemetry> telemetry_;
};

}  // namespace lode::device
