// Work to measure a kernel with, in slices of the length that is asked for.
//
// Used by one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "kernels/core/scan_job.h"

namespace lode::device {

/// A job on a target that is next to never met. Any words do: the work is the same for all. `midstates`:
/// 1 .. kMaxMidstates.
kernels::ScanJob made_up_job(std::uint32_t midstates) noexcept;

/// Finds out how many nonces take as long as a slice, from what the slices before took.
class SlicePacer {
 public:
  /// What a run did. No nonces: it failed.
  struct Ran {
    std::uint64_t nonces = 0;
    std::chrono::nanoseconds taken{1};  ///< at least one
  };

  /// `step`: runs are multiples of this many nonces (at least 1).
  explicit SlicePacer(std::uint64_t step) noexcept : step_(step) {}

  /// Calls `run(nonces)`, which returns a Ran, for about `slice`. Returns nonces a second; 0 if a run failed.
  template <class Run>
  double run(std::chrono::nanoseconds slice, Run&& run) {
    // Not met before: steps that double until they take long enough to tell.
    for (std::uint64_t nonces = step_; per_nanosecond_ == 0; nonces *= 2) {
      const Ran ran = run(nonces);
      if (ran.nonces == 0) return 0;
      if (ran.taken >= slice / 4) note(ran);
    }
    const auto wanted = static_cast<std::uint64_t>(per_nanosecond_ * static_cast<double>(slice.count()));
    const Ran ran = run(std::max<std::uint64_t>(wanted / step_, 1) * step_);
    if (ran.nonces == 0) return 0;
    note(ran);
    return per_nanosecond_ * 1e9;
  }

 private:
  void note(const Ran& ran) noexcept {
    per_nanosecond_ = static_cast<double>(ran.nonces) / static_cast<double>(ran.taken.count());
  }

  std::uint64_t step_;
  double per_nanosecond_ = 0;  ///< nonces, in the last slice
};

}  // namespace lode::device
