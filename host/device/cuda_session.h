// All that a CUDA device holds on its GPU: the primary context, the kernels, streams and buffers. After a fault the
// whole session is thrown away and a new one opened.
//
// Used by the thread that drives the device; only mailbox words cross threads. Two launches can be in flight, each in a
// slot of its own: the second one's blocks start as the first one's end, so the GPU is never idle between them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "host/base/result.h"
#include "host/device/cuda_driver.h"
#include "host/device/cuda_gpu.h"
#include "kernels/core/scan_job.h"
#include "kernels/cuda/images.h"
#include "kernels/cuda/scan_params.h"

namespace lode::device {

/// The kernels that a session loads: for jobs of one midstate and for jobs of more.
struct CudaKernels {
  kernels::cuda::Image single;
  kernels::cuda::Image rolling;
};

class CudaSession {
 public:
  static constexpr std::size_t kSlots = 2;
  /// Hits that a launch can report; see kernels::cuda::Outcome::overflowed.
  static constexpr std::uint32_t kHitCapacity = 16384;
  static_assert(kHitCapacity >= kernels::kMaxMidstates, "a single nonce must fit");

  /// Error: kDevice. `last_status` has the driver's answer then, and after any other function that fails.
  static Result<std::unique_ptr<CudaSession>> open(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                   const CudaKernels& kernels, CudaStatus& last_status);

  /// Frees everything, and resets the context if the last status says that it is dead. No launch may be running.
  ~CudaSession();
  CudaSession(const CudaSession&) = delete;
  CudaSession& operator=(const CudaSession&) = delete;

  /// The GPU does not end what it runs, so every call that frees something would wait for it for ever: all is left to
  /// the end of the process.
  void abandon() noexcept { abandoned_ = true; }

  /// Makes the calling thread the session's. Cheap.
  Result<void> enter();

  /// The epoch that running scans compare theirs with; in host memory, lives as long as the session.
  [[nodiscard]] std::uint32_t& epoch() const noexcept { return mailbox_->epoch; }

  /// What launches of this job have in common. Before launch().
  void prepare(const kernels::ScanJob& job) noexcept;

  /// Starts scanning the part of the prepared job in a slot that has nothing in flight. At most `hit_capacity` hits.
  Result<void> launch(std::size_t slot, kernels::NonceRange range, std::uint32_t epoch, std::uint32_t hit_capacity);

  /// Whether a slot's launch is over. Never waits.
  Result<bool> finished(std::size_t slot);

  /// Of a finished launch.
  [[nodiscard]] kernels::cuda::Outcome outcome(std::size_t slot) const noexcept;
  [[nodiscard]] std::span<const kernels::cuda::HitSlot> hits(std::size_t slot) const noexcept;

 private:
  /// A kernel on this GPU.
  struct Function {
    CudaModule module = nullptr;
    CudaFunction function = nullptr;
    std::uint32_t threads = 0;            ///< in a block
    std::uint32_t blocks = 0;             ///< as many as the GPU runs at the same time
    std::uint32_t hashes_per_thread = 0;  ///< see kernels::cuda::cut()
    std::uint32_t poll_interval = 1;      ///< chunks
  };
  struct Slot {
    CudaStream stream = nullptr;
    CudaEvent done = nullptr;
    CudaAddress counters = 0;
    kernels::cuda::ScanCounters* counters_copy = nullptr;  ///< pinned
    kernels::cuda::HitSlot* hits = nullptr;                ///< pinned and mapped
    CudaAddress hits_address = 0;
    kernels::cuda::Chunks chunks;
    std::uint32_t hit_capacity = 0;
  };

  CudaSession(std::shared_ptr<CudaDriver> driver, CudaGpu gpu, CudaStatus& last_status);
  Result<void> build(const CudaKernels& kernels);
  Result<void> load(Function& to, const kernels::cuda::Image& image);
  Result<void> build_slot(Slot& slot);
  template <class T>
  Result<void> allocate_mapped(T*& memory, CudaAddress& address, std::size_t count);
  Result<void> check(CudaStatus status, const char* call);
  template <std::uint32_t kMidstates>
  Result<void> start(Slot& slot, const Function& function, kernels::cuda::ScanParams<kMidstates>& params);
  void release() noexcept;

  std::shared_ptr<CudaDriver> driver_;
  CudaGpu gpu_;
  CudaStatus& last_status_;
  CudaContext context_ = nullptr;
  Function single_;
  Function rolling_;
  std::array<Slot, kSlots> slots_{};
  kernels::cuda::Mailbox* mailbox_ = nullptr;  ///< pinned and mapped
  CudaAddress mailbox_address_ = 0;
  std::uint32_t midstates_ = 0;  ///< of the prepared job
  kernels::cuda::ScanParamsM1 single_params_;
  kernels::cuda::ScanParamsMn rolling_params_;
  bool abandoned_ = false;
};

}  // namespace lode::device
