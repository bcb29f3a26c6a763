// Something that hashes: one CPU thread, one GPU. The interface that every backend implements.
//
// A device is owned and driven by one worker thread; only abort_before(), finish_before() and telemetry() may be called
// from elsewhere.
// What crosses with the work is trivially copyable, so that a device can live in another process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "host/base/result.h"
#include "host/device/telemetry.h"
#include "kernels/core/scan_job.h"

namespace lode::device {

struct DeviceInfo {
  std::string id;                    ///< as --devices takes it: "cpu", "cuda:0"; the threads of a CPU share theirs
  std::string name;                  ///< "AMD EPYC 9655", "NVIDIA H100 80GB HBM3"
  std::string kernel;                ///< as --kernel takes it; for jobs that carry `midstates` versions
  std::uint32_t midstates = 1;       ///< how many versions a job should carry for this device (M)
  std::string single_kernel = {};    ///< for jobs that carry one; often the same
  std::optional<unsigned> cpu = {};  ///< the CPU that the device's thread is tied to
  std::string pci_bus_id = {};       ///< of a GPU, "0000:65:00.0"; empty: unknown
  /// How long a scan call had best be: rates are counted after each, and between two of them a GPU may be idle.
  std::chrono::milliseconds batch{50};
};

class Device {
 public:
  virtual ~Device() = default;

  [[nodiscard]] virtual const DeviceInfo& info() const noexcept = 0;

  /// Called once on the thread that is going to call scan(), before it does: ties the thread to where the device wants
  /// it. Where the system refuses, the thread runs anywhere.
  virtual void enter_thread() noexcept {}

  /// Runs the kernel on known answers. Called before the device gets work; a failure (kDevice) keeps it out.
  virtual Result<void> self_test() = 0;

  /// Scans `range` with all midstates of `job`, for as long as it takes. Ends early, reporting how far it came, soon
  /// after a hit was found (so that a block does not wait for the rest of its batch; a range in which many are due may
  /// be scanned on), when `hits` is full, when the device has to rest (then after a moment, perhaps without a single
  /// nonce done), or when abort_before() or finish_before() was called with a newer generation (perhaps without one
  /// either). `hits` has at least kMinHitCapacity places. Error: kDevice, the device is unusable until restart()
  /// succeeds.
  virtual Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                           std::span<kernels::Hit> hits) = 0;

  /// Whether restart() can ever succeed.
  [[nodiscard]] virtual bool can_restart() const noexcept { return false; }

  /// After scan() failed: makes the device as new, and tests it. Error: kDevice, it stays unusable; trying again later
  /// may help.
  virtual Result<void> restart() { return fail(Errc::kDevice, "a device of this kind cannot be restarted"); }

  /// The last reading of its sensors, if it has any. Any thread.
  [[nodiscard]] virtual std::optional<Telemetry> telemetry() const { return std::nullopt; }

  /// Jobs of an older generation are void: a running scan of one ends soon (within 1 ms on a CPU, 5 ms on a GPU), a
  /// later one at once. Any thread; never goes back to an older generation.
  virtual void abort_before(std::uint64_t generation) noexcept = 0;

  /// Jobs of an older generation are good still, but newer work waits: a scan of one ends where it costs nothing
  /// (within 1 ms on a CPU, after the launches in flight on a GPU), and what it found counts. As abort_before()
  /// otherwise.
  virtual void finish_before(std::uint64_t /*generation*/) noexcept {}
};

}  // namespace lode::device
