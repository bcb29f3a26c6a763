// A GPU as a device, whatever API drives it (gpu_session.h). A scan is cut into launches of about 50 ms, two of them in
// flight; new work stops both within milliseconds through a word that the running kernels look at.
//
// Between construction and destruction all calls but abort_before(), finish_before() and telemetry() come from one
// thread at a time.
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
#include "host/device/device.h"
#include "host/device/gpu_session.h"
#include "host/device/telemetry.h"
#include "host/device/thermal_guard.h"

namespace lode::device {

/// What a GPU is called.
struct GpuIdentity {
  std::string id;          ///< see DeviceInfo::id
  std::string name;        ///< see DeviceInfo::name
  std::string kernel;      ///< see DeviceInfo::kernel
  std::string pci_bus_id;  ///< as its sensors are asked for; empty: unknown
};

struct GpuDeviceOptions {
  std::uint32_t midstates = 1;                        ///< see DeviceInfo::midstates
  std::optional<int> max_celsius = {};                ///< above it the GPU rests
  std::shared_ptr<TelemetrySource> telemetry = {};    ///< null: there is none
  std::function<void(const std::string&)> warn = {};  ///< may be empty; called on the device's thread
  /// A launch that is not over after this long is a fault.
  std::chrono::milliseconds launch_limit{10'000};
  /// How long a launch that was told to stop may still take.
  std::chrono::milliseconds stop_limit{2'000};
};

class GpuDevice final : public Device {
 public:
  /// Opens a session at once, and another one at each restart(). Error: kDevice, one sentence that names the GPU.
  static Result<std::unique_ptr<GpuDevice>> open(GpuIdentity identity, OpenGpuSession open_session,
                                                 GpuDeviceOptions options);
  ~GpuDevice() override;

  [[nodiscard]] const DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override;
  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit> hits) override;
  [[nodiscard]] bool can_restart() const noexcept override { return true; }
  Result<void> restart() override;
  [[nodiscard]] std::optional<Telemetry> telemetry() const override;
  void abort_before(std::uint64_t generation) noexcept override;
  void finish_before(std::uint64_t generation) noexcept override;

  /// See GpuSession; 0 while there is none.
  [[nodiscard]] std::uint64_t hashes_between_looks(std::uint32_t midstates) const noexcept {
    return session_ ? session_->hashes_between_looks(midstates) : 0;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// A scan call's progress.
  struct Scan;

  GpuDevice(GpuIdentity identity, OpenGpuSession open_session, GpuDeviceOptions options);

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

  GpuIdentity identity_;
  OpenGpuSession open_session_;
  GpuDeviceOptions options_;
  DeviceInfo info_;
  bool hung_ = false;   ///< the GPU does not end what it runs
  bool failed_ = true;  ///< there is no session, or it is good for nothing but being closed
  /// Changed under a mutex, so that abort_before() finds one that is alive, or none.
  std::unique_ptr<GpuSession> session_;
  std::mutex session_mutex_;

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
  std::atomic<std::uint64_t> oldest_wanted_{0};  ///< nothing of an older job is launched
  std::atomic<std::uint64_t> running_{0};        ///< generation of the job that is scanned

  ThermalGuard guard_;
  mutable std::mutex telemetry_mutex_;
  std::optional<Telemetry> telemetry_;
};

}  // namespace lode::device
