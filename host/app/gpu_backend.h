// What the backends of GPUs have in common, whatever API drives them. Start-up, main thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/device_backend.h"
#include "host/base/result.h"
#include "host/device/gpu_device.h"
#include "host/device/telemetry.h"

namespace lode::app {

/// Sensors, and why there are none.
struct GpuSensors {
  std::shared_ptr<device::TelemetrySource> source = {};  ///< null: they cannot be read
  std::string lack = {};                                 ///< why, if it is null; may be empty
};

/// Whether the GPU's temperature can be read, if it is to be limited: a limit that cannot be watched would be a false
/// promise. Error: kDevice, a sentence that begins with `id`.
Result<void> check_temperature_limit(const DeviceRequest& request, const std::string& id, const std::string& pci_bus_id,
                                     const GpuSensors& sensors);

/// Opens so many GPUs, one by one. One that does not open is warned about and left out where others do. Error: the
/// first one's, if none opens.
Result<Devices> open_each(std::size_t count,
                          const std::function<Result<std::unique_ptr<device::GpuDevice>>(std::size_t)>& open,
                          const DeviceRequest& request);

/// Whether two PCI addresses are the same one: drivers write them in either case.
bool same_pci_bus(std::string_view one, std::string_view other);

/// Tells GPUs that another backend uses already from others. One object for all GPUs of a backend.
class TakenGpus {
 public:
  explicit TakenGpus(std::vector<TakenGpu> taken) : taken_(std::move(taken)) {}

  /// What the GPU is used as, such as "cuda:0"; empty: it is not used. By PCI address; where one of the two is unknown,
  /// by name, and each GPU that is used stands for one of those then.
  std::string used_as(const std::string& pci_bus_id, const std::string& name);

 private:
  std::vector<TakenGpu> taken_;
};

}  // namespace lode::app
