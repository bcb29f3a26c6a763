// What was measured of CPUs and GPUs, kept between runs: `calibration.json` in the state folder. One file serves
// machines that share a home folder, an entry each.
//
// Start-up, main thread. Two programs may write at the same time: the last one wins, neither breaks the file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/device_backend.h"
#include "host/base/result.h"

namespace lode::app {

/// What a measurement holds for. Where any of it differs, it says nothing.
struct CalibrationKey {
  std::string device;    ///< the processor's name, or the GPU's
  std::string features;  ///< a CPU's instruction sets, as to_string(CpuFeatures) writes them; a GPU's driver
  std::string program;   ///< version and commit
  std::string kernels;   ///< those that were measured, with their most midstates: "shani_x6/64 scalar/1"

  friend bool operator==(const CalibrationKey&, const CalibrationKey&) = default;
};

struct Calibration {
  CalibrationKey key;
  std::string time;  ///< ISO 8601 UTC
  std::vector<KernelSpeed> speeds;
};

/// Errors: kMalformed for anything that this program would not have written.
Result<std::vector<Calibration>> parse_calibrations(std::string_view text);
std::string format_calibrations(const std::vector<Calibration>& calibrations);

/// All that the folder remembers; nothing when there is no file. Errors: kMalformed, kTooLarge, kStore.
Result<std::vector<Calibration>> load_calibrations(const std::filesystem::path& folder);

/// Adds one to the folder's, in the place of older ones of the same CPU. Makes the folder. A file that cannot be read
/// is replaced. Errors: kStore.
Result<void> remember_calibration(const std::filesystem::path& folder, const Calibration& calibration);

}  // namespace lode::app
