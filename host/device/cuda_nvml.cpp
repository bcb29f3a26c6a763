#include "host/device/cuda_nvml.h"

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "host/device/shared_library.h"

namespace lode::device {
namespace {

// NVML's binary interface, of its reference ("NVML API Reference Guide"): the few calls and numbers that are used.
using NvmlDevice = struct NvmlDeviceTag*;
using NvmlStatus = int;
constexpr NvmlStatus kSuccess = 0;
constexpr int kTemperatureGpu = 0;  ///< NVML_TEMPERATURE_GPU
constexpr int kClockSm = 1;         ///< NVML_CLOCK_SM
constexpr int kClockMemory = 2;     ///< NVML_CLOCK_MEM

struct NvmlSymbols {
  NvmlStatus (*init)() = nullptr;
  NvmlStatus (*shutdown)() = nullptr;
  const char* (*error_string)(NvmlStatus) = nullptr;
  NvmlStatus (*by_pci_bus_id)(const char*, NvmlDevice*) = nullptr;
  NvmlStatus (*temperature)(NvmlDevice, int, unsigned*) = nullptr;
  NvmlStatus (*power)(NvmlDevice, unsigned*) = nullptr;
  NvmlStatus (*clock)(NvmlDevice, int, unsigned*) = nullptr;
  NvmlStatus (*slowdown)(NvmlDevice, unsigned long long*) = nullptr;  ///< may be missing
  NvmlStatus (*driver_version)(char*, unsigned) = nullptr;            ///< may be missing
};

class Nvml final : public TelemetrySource {
 public:
  Nvml(SharedLibrary library, const NvmlSymbols& symbols) : library_(std::move(library)), call_(symbols) {}
  ~Nvml() override { call_.shutdown(); }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::optional<Telemetry> read(const std::string& pci_bus_id) override {
    const NvmlDevice device = find(pci_bus_id);
    if (device == nullptr) return std::nullopt;
    Telemetry now;
    unsigned value = 0;
    if (call_.temperature(device, kTemperatureGpu, &value) == kSuccess) now.celsius = static_cast<int>(value);
    if (call_.power(device, &value) == kSuccess) now.watts = value / 1000.0;
    if (call_.clock(device, kClockSm, &value) == kSuccess) now.core_mhz = value;
    if (call_.clock(device, kClockMemory, &value) == kSuccess) now.memory_mhz = value;
    unsigned long long reasons = 0;
    if (call_.slowdown != nullptr && call_.slowdown(device, &reasons) == kSuccess)
      now.slowed_by = slowdown_reasons(reasons);
    return now;
  }

  std::string driver_version() override {
    std::array<char, 80> text{};  // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE
    if (call_.driver_version == nullptr) return {};
    if (call_.driver_version(text.data(), static_cast<unsigned>(text.size())) != kSuccess) return {};
    text.back() = '\0';
    return text.data();
  }

 private:
  NvmlDevice find(const std::string& pci_bus_id) {
    const std::lock_guard lock(mutex_);
    NvmlDevice& device = devices_[pci_bus_id];
    if (device == nullptr && call_.by_pci_bus_id(pci_bus_id.c_str(), &device) != kSuccess) device = nullptr;
    return device;
  }

  SharedLibrary library_;
  NvmlSymbols call_;
  std::mutex mutex_;
  std::map<std::string, NvmlDevice> devices_;  ///< by PCI bus id; null: not found so far
};

}  // namespace

std::vector<std::string> slowdown_reasons(unsigned long long reasons) {
  struct Reason {
    unsigned long long bit;
    const char* text;
  };
  constexpr Reason kReasons[] = {
      {0x04, "power limit"},        // SwPowerCap
      {0x08, "hardware slowdown"},  // HwSlowdown: heat, power brake or voltage, see the next ones
      {0x10, "sync boost"},         // SyncBoost
      {0x20, "heat"},               // SwThermalSlowdown
      {0x40, "heat (hardware)"},    // HwThermalSlowdown
      {0x80, "power brake"},        // HwPowerBrakeSlowdown
  };
  std::vector<std::string> texts;
  for (const Reason& reason : kReasons) {
    if ((reasons & reason.bit) != 0) texts.emplace_back(reason.text);
  }
  return texts;
}

Result<std::shared_ptr<TelemetrySource>> open_nvml(const char* name) {
  SharedLibrary library(name);
  if (!library.is_open()) return fail(Errc::kDevice, "no " + std::string(name));
  NvmlSymbols symbols;
  const bool complete = library.find("nvmlInit_v2", symbols.init) && library.find("nvmlShutdown", symbols.shutdown) &&
                        library.find("nvmlErrorString", symbols.error_string) &&
                        library.find("nvmlDeviceGetHandleByPciBusId_v2", symbols.by_pci_bus_id) &&
                        library.find("nvmlDeviceGetTemperature", symbols.temperature) &&
                        library.find("nvmlDeviceGetPowerUsage", symbols.power) &&
                        library.find("nvmlDeviceGetClockInfo", symbols.clock);
  if (!complete) return fail(Errc::kDevice, std::string(name) + " lacks a function: the driver is too old");
  // The newer name first; a library that has neither just does not tell.
  if (!library.find("nvmlDeviceGetCurrentClocksEventReasons", symbols.slowdown)) {
    static_cast<void>(library.find("nvmlDeviceGetCurrentClocksThrottleReasons", symbols.slowdown));
  }
  static_cast<void>(library.find("nvmlSystemGetDriverVersion", symbols.driver_version));
  if (const NvmlStatus status = symbols.init(); status != kSuccess)
    return fail(Errc::kDevice, "NVML does not start: " + std::string(symbols.error_string(status)));
  return std::shared_ptr<TelemetrySource>(std::make_shared<Nvml>(std::move(library), symbols));
}

}  // namespace lode::device
