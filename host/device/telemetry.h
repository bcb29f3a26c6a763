// What a GPU tells about its health, and who can be asked for it. Plain data; each value is absent where the GPU, its
// driver or the system does not tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lode::device {

struct Telemetry {
  std::optional<int> celsius;               ///< of the GPU's core
  std::optional<double> watts;              ///< of the whole board
  std::optional<std::uint32_t> core_mhz;    ///< clock of the multiprocessors
  std::optional<std::uint32_t> memory_mhz;  ///< clock of the memory
  std::vector<std::string> slowed_by;       ///< why the clock is lower than it could be: "power limit", "heat"
};

/// Reads sensors; changes no setting. Any thread.
class TelemetrySource {
 public:
  virtual ~TelemetrySource() = default;

  /// Nothing at all where the GPU at that PCI address ("0000:65:00.0") is not known or no longer answers. May take
  /// some milliseconds.
  virtual std::optional<Telemetry> read(const std::string& pci_bus_id) = 0;

  /// The driver's own version, such as "580.65.06"; empty: it does not tell.
  virtual std::string driver_version() { return {}; }
};

}  // namespace lode::device
