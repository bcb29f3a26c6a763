// What a device backend is to the program, and the list of those that it is built with.
//
// To add one: write its file and give it one line in builtins.cpp. Start-up, main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"
#include "host/device/device.h"
#include "host/device/thread_plan.h"

namespace lode::app {

/// A device of a backend whose devices are numbered in platforms: "opencl:1.0".
struct PlatformDevice {
  std::uint32_t platform = 0;
  std::uint32_t device = 0;

  friend bool operator==(const PlatformDevice&, const PlatformDevice&) = default;
};

/// A GPU that another backend has opened.
struct TakenGpu {
  std::string id;          ///< see DeviceInfo::id
  std::string name;        ///< see DeviceInfo::name
  std::string pci_bus_id;  ///< empty: unknown
};

/// What the user wants of a backend.
struct DeviceRequest {
  unsigned threads = 0;                               ///< CPU threads; 0: the default (thread_plan.h)
  std::string kernel = {};                            ///< empty: the fastest
  device::CpuAffinity affinity = {};                  ///< of CPU threads
  std::optional<std::uint32_t> midstates = {};        ///< versions a job has (1: none are rolled); nothing: the best
  std::optional<std::filesystem::path> state = {};    ///< where measurements are remembered; nothing: nowhere
  bool recalibrate = false;                           ///< measure anew, whatever is remembered
  std::function<void(const std::string&)> warn = {};  ///< may be empty; may be called from devices' threads
  std::function<void(const std::string&)> note = {};  ///< the same, for what is as it should be
  std::vector<std::uint32_t> indices = {};            ///< which of a numbered backend's devices
  std::vector<PlatformDevice> platform_devices = {};  ///< and which in platforms; both empty: all
  std::vector<TakenGpu> taken = {};                   ///< GPUs that are not to be used once more
  std::optional<int> max_celsius = {};                ///< a GPU that is hotter rests
};

/// Says it to the one who asked, if there is a way.
inline void warn(const DeviceRequest& request, const std::string& text) {
  if (request.warn) request.warn(text);
}
inline void note(const DeviceRequest& request, const std::string& text) {
  if (request.note) request.note(text);
}

using Devices = std::vector<std::unique_ptr<device::Device>>;

/// A kernel as `lode devices` shows it.
struct KernelInfo {
  std::string name;
  std::string description;
  std::string unusable;            ///< why it cannot be used here; empty: it can
  bool is_default = false;         ///< for jobs with version rolling, such as nodes give
  bool is_single_default = false;  ///< for jobs without
};

/// How fast a kernel is on one thread.
struct KernelSpeed {
  std::string kernel;
  std::uint32_t midstates = 1;
  double hashes_per_second = 0;
};

/// What was measured to choose kernels.
struct CalibrationInfo {
  KernelSpeed single;               ///< chosen for jobs without version rolling
  KernelSpeed rolling;              ///< and for those with it
  std::vector<KernelSpeed> speeds;  ///< all
  std::string time;                 ///< when that was, ISO 8601 UTC
  bool remembered = false;          ///< not now, but by an earlier run
};

/// What OpenCL tells of a device in the place of a compute capability.
struct OpenClInfo {
  std::string type;              ///< "GPU", "CPU", "accelerator"
  std::string platform;          ///< its name
  std::string platform_version;  ///< "OpenCL 3.0 ..."
  std::string version;           ///< of OpenCL on the device
  unsigned compute_units = 0;
  std::uint64_t local_memory = 0;  ///< bytes
  std::size_t max_group_size = 0;  ///< work-items
  std::string used_as;             ///< another backend's name for it, which is preferred: "cuda:0"
};

/// One way to run a device's kernels that was tried to find the fastest.
struct TunedSetting {
  std::string kernel;  ///< and how it is launched: "light blocks=4 hashes=64"
  std::uint32_t midstates = 1;
  double hashes_per_second = 0;      ///< 0: not measured
  std::optional<double> watts = {};  ///< of the whole board; nothing: not measured
  std::optional<double> joules_per_terahash = {};
  bool chosen = false;        ///< for jobs of one version, or of several
  std::string left_out = {};  ///< why it cannot be chosen; empty: it can
};

/// What was tried on a device.
struct DeviceTuning {
  std::string id;
  std::string name;
  std::string pci_bus_id = {};  ///< empty: unknown
  std::vector<TunedSetting> settings = {};
};

/// What is shown of a GPU in the place of threads and cores.
struct GpuInfo {
  std::string pci_bus_id;    ///< empty: unknown
  std::uint64_t memory = 0;  ///< bytes
  std::string capability;    ///< "9.0"
  unsigned multiprocessors = 0;
  std::string driver;  ///< CUDA: the newest version that it supports, "13.0"; OpenCL: its own version
  std::optional<device::Telemetry> telemetry;
  std::optional<OpenClInfo> opencl = {};  ///< where it is there, capability and multiprocessors are not
};

/// A device as `lode devices` shows it.
struct DeviceDescription {
  std::string id;
  std::string name;
  unsigned threads = 0;        ///< used by default
  std::vector<unsigned> cpus;  ///< that these are tied to, in their order; empty: to none
  std::string topology;        ///< how cores are recognised; empty: they are not
  std::vector<std::string> features;
  std::vector<KernelInfo> kernels;
  std::optional<CalibrationInfo> calibration;
  std::optional<GpuInfo> gpu = {};
};

struct DeviceBackend {
  std::string_view name;      ///< as --devices takes it: "cpu"
  bool numbered = false;      ///< has several devices, "cuda:0": GPUs
  bool in_platforms = false;  ///< which are numbered in platforms too, "opencl:1.0"
  /// Null: not in this build.
  std::vector<DeviceDescription> (*describe)(const DeviceRequest& request) = nullptr;
  /// Null: not in this build. Errors: kOutOfRange for a kernel name nobody knows and for CPUs that cannot be had,
  /// kDevice when there is no usable device.
  Result<Devices> (*open)(const DeviceRequest& request) = nullptr;
  /// Measures every way to run the kernels, and remembers the fastest. Takes its time: a minute for a GPU. Null: there
  /// is nothing to choose from. Errors as of open.
  Result<std::vector<DeviceTuning>> (*tune)(const DeviceRequest& request) = nullptr;
  /// Why this machine has no device of the kind that is used unless it is named; nothing: it has. Null: it always has.
  std::optional<std::string> (*why_absent)() = nullptr;
};

/// In the order in which they are asked for GPUs.
std::span<const DeviceBackend> device_backends();

}  // namespace lode::app
