// Continuous scanning with solutions that are known to be there: none may be missed, whatever interrupts the scan.
//
// Used by one thread; it starts another one that aborts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/device/gpu_device.h"

namespace lode::bench {

struct PlantedResult {
  std::uint64_t planted = 0;
  std::uint64_t missed = 0;
  std::uint64_t wrong = 0;   ///< hits that are none, by the CPU
  std::uint64_t aborts = 0;  ///< scans cut short by newer work, the rest of which was scanned again
  std::uint64_t scans = 0;
  double hashes = 0;
  std::string fault;  ///< of the GPU; empty: none

  [[nodiscard]] bool good() const noexcept { return planted > 0 && missed == 0 && wrong == 0 && fault.empty(); }
};

/// Scans for so many seconds, one device after the other, with 1 to 64 midstates, ranges of about `nonces` x midstates
/// hashes that hold one solution each at a random place. With `aborts`, newer work comes every few milliseconds and the
/// rest of the range is taken up again.
PlantedResult scan_planted(std::span<const std::unique_ptr<device::GpuDevice>> devices, double seconds,
                           std::uint64_t hashes, bool aborts);

}  // namespace lode::bench
