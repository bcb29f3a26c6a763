// What a device holds of an NVIDIA GPU: the primary context, the kernels, streams and buffers. The epoch is a word of
// host memory that running kernels read over the bus.
//
// Threads: see gpu_session.h. The context follows the caller of enter().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "host/base/result.h"
#include "host/device/cuda_driver.h"
#include "host/device/cuda_gpu.h"
#include "host/device/gpu_session.h"
#include "kernels/core/scan_job.h"
#include "kernels/cuda/images.h"
#include "kernels/gpu/scan_params.h"

namespace lode::device {

/// A kernel and how it is launched. What is not given is as the kernel was tuned for (kernels/cuda/tunings.h).
struct CudaKernelUse {
  kernels::cuda::Image image;
  /// 1 or more; nothing, or more than there is room for: as many as a multiprocessor has room for.
  std::optional<std::uint32_t> blocks_per_multiprocessor = {};
  /// 1 or more, see kernels::gpu::cut().
  std::optional<std::uint32_t> hashes_per_thread = {};
};

/// The kernels that a session loads: for jobs of one midstate and for jobs of more.
struct CudaKernels {
  CudaKernelUse single;
  CudaKernelUse rolling;
};

/// How a kernel is launched on a GPU where nothing else is asked for.
struct CudaLaunchShape {
  std::uint32_t blocks_per_multiprocessor = 0;  ///< as many as there is room for
  std::uint32_t hashes_per_thread = 0;
};

class CudaSession final : public GpuSession {
 public:
  /// Error: kDevice, among others where the image has no code for this GPU.
  static Result<CudaLaunchShape> launch_shape(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                              const kernels::cuda::Image& image);

  /// Error: kDevice.
  static Result<std::unique_ptr<GpuSession>> open(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                  const CudaKernels& kernels);

  /// Also resets the context if the last call that failed says that it is dead.
  ~CudaSession() override;

  void abandon() noexcept override { abandoned_ = true; }
  Result<void> enter() override;
  [[nodiscard]] std::uint32_t epoch() const noexcept override;
  void advance_epoch() noexcept override;
  [[nodiscard]] std::uint64_t hashes_between_looks(std::uint32_t midstates) const noexcept override;
  void prepare(const kernels::ScanJob& job) noexcept override;
  Result<void> launch(std::size_t slot, kernels::NonceRange range, std::uint32_t epoch,
                      std::uint32_t hit_capacity) override;
  Result<bool> finished(std::size_t slot) override;
  [[nodiscard]] kernels::gpu::Outcome outcome(std::size_t slot) const noexcept override;
  [[nodiscard]] std::span<const kernels::gpu::HitSlot> hits(std::size_t slot) const noexcept override;

 private:
  /// A kernel on this GPU.
  struct Function {
    CudaModule module = nullptr;
    CudaFunction function = nullptr;
    std::uint32_t threads = 0;            ///< in a block
    std::uint32_t blocks = 0;             ///< of the whole GPU, all of them run at the same time
    std::uint32_t hashes_per_thread = 0;  ///< see kernels::gpu::cut()
    std::uint32_t poll_interval = 1;      ///< chunks
  };
  struct Slot {
    CudaStream stream = nullptr;
    CudaEvent done = nullptr;
    CudaAddress counters = 0;
    kernels::gpu::ScanCounters* counters_copy = nullptr;  ///< pinned
    kernels::gpu::HitSlot* hits = nullptr;                ///< pinned and mapped
    CudaAddress hits_address = 0;
    kernels::gpu::Chunks chunks;
    std::uint32_t hit_capacity = 0;
  };

  CudaSession(std::shared_ptr<CudaDriver> driver, CudaGpu gpu);
  /// Makes the GPU's context the calling thread's.
  Result<void> attach();
  Result<void> build(const CudaKernels& kernels);
  Result<void> load(Function& to, const CudaKernelUse& use);
  Result<void> build_slot(Slot& slot);
  template <class T>
  Result<void> allocate_mapped(T*& memory, CudaAddress& address, std::size_t count);
  Result<void> check(CudaStatus status, const char* call);
  template <std::uint32_t kMidstates>
  Result<void> start(Slot& slot, const Function& function, kernels::gpu::ScanParams<kMidstates>& params);
  void release() noexcept;

  std::shared_ptr<CudaDriver> driver_;
  CudaGpu gpu_;
  CudaStatus last_status_ = CudaStatus::kSuccess;  ///< of the last call that failed
  CudaContext context_ = nullptr;
  Function single_;
  Function rolling_;
  std::array<Slot, kSlots> slots_{};
  kernels::gpu::Mailbox* mailbox_ = nullptr;  ///< pinned and mapped
  CudaAddress mailbox_address_ = 0;
  std::uint32_t midstates_ = 0;  ///< of the prepared job
  kernels::gpu::ScanParamsM1 single_params_;
  kernels::gpu::ScanParamsMn rolling_params_;
  bool abandoned_ = false;
};

}  // namespace lode::device
