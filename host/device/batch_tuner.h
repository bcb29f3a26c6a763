// Chooses how many nonces to scan in one go, so that a go takes about as long as wanted and finds about one hit at the
// most: on an easy target (regtest: every second hash) a long batch would only pile up hits of the same block.
//
// Used by one thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace lode::device {

/// How many of the `midstates` that a device wants a job of this limit (ScanJob::limit) should carry. A nonce is hashed
/// with all of them before anybody looks, and where every few hashes are a hit the first one makes the rest worthless.
std::uint32_t fitting_midstates(std::uint32_t limit, std::uint32_t midstates) noexcept;

class BatchTuner {
 public:
  /// `wanted`: how long a batch should take. `step`: batches are multiples of this many nonces (lanes of the kernel).
  /// `most_hits`: how many hits a batch may expect.
  BatchTuner(std::chrono::nanoseconds wanted, std::uint32_t step, double most_hits = 1);

  /// Nonces for the next batch, at least one step. `limit` is the job's (ScanJob::limit).
  [[nodiscard]] std::uint64_t batch(std::uint32_t limit, std::uint32_t midstates) const noexcept;

  /// What a batch took. One that was cut short still tells the rate.
  void record(std::uint64_t hashes, std::chrono::nanoseconds elapsed) noexcept;

 private:
  std::chrono::nanoseconds wanted_;
  std::uint32_t step_;
  double most_hits_;
  double hashes_per_nanosecond_;
};

}  // namespace lode::device
