// Finds how to run a GPU's kernels: what an earlier run measured, or what is measured now. The same for every API.
//
// Start-up, main thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "host/app/calibration_file.h"
#include "host/app/device_backend.h"
#include "host/base/result.h"
#include "host/device/gpu_device.h"
#include "host/device/gpu_tuning.h"

namespace lode::app {

/// A GPU as far as the choice depends on it. What cannot be tried in the time is left out.
struct GpuTuner {
  device::GpuIdentity identity;
  CalibrationKey key;  ///< see calibration_key()
  /// What is tried for jobs of one midstate, or of several. Error: kDevice.
  std::function<Result<device::GpuTuningPlan>(bool rolling)> plan;
  /// Whether this program can run a setting that was remembered: the names come from a file.
  std::function<bool(const std::string& setting)> knows;
  device::OpenGpuTrial open;
  device::ReadWatts watts;  ///< may be empty
  device::ReadClock now = [] { return std::chrono::steady_clock::now(); };
  std::chrono::milliseconds budget{4'000};  ///< for each kind of job
};

/// What decides whether a measurement holds: the GPU's model, its driver, this program, and what its kernels are made
/// from.
CalibrationKey calibration_key(const std::string& gpu, const std::string& driver, const std::string& kernels);

struct GpuSettings {
  KernelSpeed single;       ///< for jobs of one midstate; `kernel` is the setting's name
  KernelSpeed rolling;      ///< and of several
  std::string time;         ///< of the measurement, ISO 8601 UTC
  bool remembered = false;  ///< by an earlier run
};

/// Nothing if no measurement is remembered that holds; a file that cannot be read is warned about.
std::optional<GpuSettings> remembered_settings(const GpuTuner& tuner, const DeviceRequest& request);

struct GpuSearch {
  GpuSettings chosen;
  std::vector<TunedSetting> tried;
};

/// Searches, and remembers what was chosen if there is a state folder. `with_power`: also what each setting that may be
/// chosen takes, which is more than a second for each. Error: kDevice, nothing could be measured.
Result<GpuSearch> search_settings(const GpuTuner& tuner, const DeviceRequest& request, bool with_power);

/// Remembered, or else searched for if what comes out can be remembered or a new measurement is asked for. Nothing: use
/// what is expected to be the fastest.
std::optional<GpuSettings> find_settings(const GpuTuner& tuner, const DeviceRequest& request);

/// As `lode devices` shows it.
CalibrationInfo calibration_of(const GpuSettings& settings);

}  // namespace lode::app
