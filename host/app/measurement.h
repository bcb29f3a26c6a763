// Measures the hash rate of devices working at the same time, one thread each, on planted work.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "host/app/device_backend.h"

namespace lode::app {

struct Measurement {
  std::uint64_t hashes = 0;  ///< headers, over all devices
  double seconds = 0;        ///< from the common start to the end of the last device's last scan
  bool verified = false;
  std::string problem;          ///< of the first device that was wrong; empty when verified
  std::optional<double> watts;  ///< of all boards at the end; nothing: a device does not tell, as CPUs do not

  [[nodiscard]] double hashes_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(hashes) / seconds : 0;
  }
  [[nodiscard]] std::optional<double> joules_per_terahash() const noexcept {
    if (!watts || hashes == 0) return std::nullopt;
    return *watts / (hashes_per_second() / 1e12);
  }
};

/// Runs for about `duration`, longer where one pass over the planted range takes longer. Blocks. Errors: kDevice when a
/// device fails to scan at all; wrong results are told in the Measurement.
Result<Measurement> measure(Devices devices, std::uint32_t midstates, std::chrono::duration<double> duration);

}  // namespace lode::app
