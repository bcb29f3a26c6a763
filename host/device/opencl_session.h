// What a device holds of an OpenCL GPU: a context of its own, programs, queues and buffers.
//
// Each slot has an in-order queue, a third queue carries the epoch to a running kernel. A CPU would not look at that
// queue while all of it runs the kernel; its memory is ours, so there the epoch is a word that is written directly.
// OpenCL does not promise that either way reaches a kernel that runs: a driver that puts it off delays an abort to the
// launch's end, some 50 ms. Launches wait for the epoch's way into the device, so none is ended by mistake.
//
// Threads: see gpu_session.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "host/base/result.h"
#include "host/device/gpu_session.h"
#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"
#include "host/device/opencl_program.h"
#include "kernels/core/scan_job.h"
#include "kernels/gpu/scan_params.h"
#include "kernels/opencl/program.h"

namespace lode::device {

/// A variant of the kernels and how it is launched.
struct OpenClKernelUse {
  kernels::opencl::Variant variant;
  /// Work-groups for each compute unit, 1 or more; nothing: enough to fill any GPU, one on a CPU.
  std::optional<std::uint32_t> groups_per_unit = {};
  /// 1 or more, see kernels::gpu::cut(); nothing: as the variant says.
  std::optional<std::uint32_t> hashes_per_item = {};
};

/// The kernels that a session builds: for jobs of one midstate and for jobs of more.
struct OpenClKernels {
  OpenClKernelUse single;
  OpenClKernelUse rolling;
};

class OpenClSession final : public GpuSession {
 public:
  /// Error: kDevice.
  static Result<std::unique_ptr<GpuSession>> open(std::shared_ptr<OpenClDriver> driver, const OpenClGpu& gpu,
                                                  const OpenClKernels& kernels, const OpenClProgramHelp& help);
  ~OpenClSession() override;

  /// Work-groups of a variant for each compute unit that fill the device, 1 or more.
  static std::uint32_t filling_groups(const OpenClGpu& gpu, const kernels::opencl::Variant& variant) noexcept;

  void abandon() noexcept override { abandoned_ = true; }
  Result<void> enter() override { return {}; }
  [[nodiscard]] std::uint32_t epoch() const noexcept override { return epoch_.load(); }
  void advance_epoch() noexcept override;
  [[nodiscard]] std::uint64_t hashes_between_looks(std::uint32_t midstates) const noexcept override;
  void prepare(const kernels::ScanJob& job) noexcept override;
  Result<void> launch(std::size_t slot, kernels::NonceRange range, std::uint32_t epoch,
                      std::uint32_t hit_capacity) override;
  Result<bool> finished(std::size_t slot) override;
  [[nodiscard]] kernels::gpu::Outcome outcome(std::size_t slot) const noexcept override;
  [[nodiscard]] std::span<const kernels::gpu::HitSlot> hits(std::size_t slot) const noexcept override;

 private:
  /// A kernel on this device.
  struct Function {
    OpenClKernel kernel = nullptr;
    std::uint32_t group_size = 0;
    std::uint32_t unit = 0;             ///< nonces that a work-group does in a step
    std::uint32_t groups = 0;           ///< of a launch, at most
    std::uint32_t hashes_per_item = 0;  ///< see kernels::gpu::cut()
    std::uint32_t poll_interval = 1;    ///< chunks
  };
  struct Slot {
    OpenClQueue queue = nullptr;
    OpenClEvent scanned = nullptr;  ///< the kernel is over
    OpenClEvent done = nullptr;     ///< and its results are here
    OpenClBuffer params = nullptr;
    OpenClBuffer counters = nullptr;
    OpenClBuffer hits = nullptr;
    kernels::gpu::Chunks chunks;
    std::uint32_t hit_capacity = 0;
  };
  /// Memory that the driver reads and writes while commands are in flight.
  struct HostMemory;

  OpenClSession(std::shared_ptr<OpenClDriver> driver, OpenClGpu gpu);
  Result<void> build(const OpenClKernels& kernels, const OpenClProgramHelp& help);
  Result<void> build_programs(const OpenClKernels& kernels, const OpenClProgramHelp& help);
  Result<void> load(Function& to, OpenClProgram program, const OpenClKernelUse& use, const char* name);
  Result<void> build_slot(Slot& slot);
  Result<void> build_mailbox();
  /// Runs each kernel on nothing: a CPU's driver compiles it at that moment only, for seconds that must not be taken
  /// for a launch that does not end.
  Result<void> run_once();
  Result<void> make_buffer(OpenClBuffer& buffer, OpenClMemory memory, std::size_t bytes, void* host = nullptr);
  Result<void> check(OpenClStatus status, const char* call);
  /// With so many bytes of the slot's parameters.
  Result<void> start(std::size_t slot, const Function& function, std::size_t bytes);
  Result<void> put_parameters(std::size_t slot, std::size_t bytes);
  Result<void> put_arguments(const Slot& slot, const Function& function);
  /// Whether what the event stands for is over. Null: nothing, which is.
  Result<bool> is_over(OpenClEvent event, const char* what);
  void forget(OpenClEvent& event) noexcept;
  /// Under epoch_mutex_.
  OpenClStatus write_epoch(std::uint32_t epoch) noexcept;
  void release() noexcept;

  std::shared_ptr<OpenClDriver> driver_;
  OpenClGpu gpu_;
  OpenClStatus last_status_ = OpenClStatus::kSuccess;  ///< of the last call that failed
  OpenClContext context_ = nullptr;
  std::vector<OpenClProgram> programs_;
  Function single_;
  Function rolling_;
  std::array<Slot, kSlots> slots_{};
  std::shared_ptr<HostMemory> memory_;
  std::uint32_t midstates_ = 0;  ///< of the prepared job
  kernels::opencl::ParamsM1 single_params_;
  kernels::opencl::ParamsMn rolling_params_;
  bool abandoned_ = false;

  // The epoch and its way into the device.
  std::atomic<std::uint32_t> epoch_{0};
  std::mutex epoch_mutex_;  ///< for what follows
  OpenClQueue epoch_queue_ = nullptr;
  OpenClBuffer mailbox_ = nullptr;
  std::deque<OpenClEvent> epochs_written_;  ///< as in memory_->epochs, oldest first; after the last the device has it
  OpenClStatus epoch_status_ = OpenClStatus::kSuccess;
};

}  // namespace lode::device
