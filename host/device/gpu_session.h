// All that a device holds on its GPU: context, kernels, queues and buffers. One implementation an API (cuda_session.h,
// opencl_session.h). After a fault the whole session is thrown away and a new one opened.
//
// Used by the thread that drives the device; only advance_epoch() may be called from elsewhere. Two launches can be in
// flight, each in a slot of its own: the second one starts as the first one ends, so the GPU is never idle between
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "host/base/result.h"
#include "kernels/core/scan_job.h"
#include "kernels/gpu/scan_params.h"

namespace lode::device {

class GpuSession {
 public:
  static constexpr std::size_t kSlots = 2;
  /// Hits that a launch can report; see kernels::gpu::Outcome::overflowed.
  static constexpr std::uint32_t kHitCapacity = 16384;
  static_assert(kHitCapacity >= kernels::kMaxMidstates, "a single nonce must fit");

  GpuSession() = default;
  /// Frees everything. No launch may be running.
  virtual ~GpuSession() = default;
  GpuSession(const GpuSession&) = delete;
  GpuSession& operator=(const GpuSession&) = delete;

  /// The GPU does not end what it runs, so every call that frees something would wait for it for ever: all is left to
  /// the end of the process.
  virtual void abandon() noexcept = 0;

  /// Makes the calling thread the session's. Cheap.
  virtual Result<void> enter() = 0;

  /// The epoch of launches that are to run now; a launch of another one ends soon.
  [[nodiscard]] virtual std::uint32_t epoch() const noexcept = 0;

  /// Ends what runs: within milliseconds. Any thread.
  virtual void advance_epoch() noexcept = 0;

  /// How many hashes the whole GPU does between two looks for newer work, in jobs of so many midstates; with the rate
  /// that tells how long an abort takes. 0: not known.
  [[nodiscard]] virtual std::uint64_t hashes_between_looks(std::uint32_t midstates) const noexcept {
    static_cast<void>(midstates);
    return 0;
  }

  /// What launches of this job have in common. Before launch().
  virtual void prepare(const kernels::ScanJob& job) noexcept = 0;

  /// Starts scanning the part of the prepared job in a slot that has nothing in flight. At most `hit_capacity` hits.
  /// Error: kDevice; something may be in flight all the same.
  virtual Result<void> launch(std::size_t slot, kernels::NonceRange range, std::uint32_t epoch,
                              std::uint32_t hit_capacity) = 0;

  /// Whether a slot's launch is over. Never waits. Error: kDevice, the session is good for nothing any more.
  virtual Result<bool> finished(std::size_t slot) = 0;

  /// Of a finished launch.
  [[nodiscard]] virtual kernels::gpu::Outcome outcome(std::size_t slot) const noexcept = 0;
  [[nodiscard]] virtual std::span<const kernels::gpu::HitSlot> hits(std::size_t slot) const noexcept = 0;
};

/// Opens a session, for the first time or again after a fault. Error: kDevice, one sentence.
using OpenGpuSession = std::function<Result<std::unique_ptr<GpuSession>>()>;

}  // namespace lode::device
