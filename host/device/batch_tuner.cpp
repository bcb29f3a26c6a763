#include "host/device/batch_tuner.h"

#include <algorithm>
#include <bit>

namespace lode::device {
namespace {

/// Before anything was measured: slow enough (1 MH/s) for the first batch not to overstay on any machine.
constexpr double kFirstGuess = 1e-3;

/// Batches shorter than this tell more of the clock than of the kernel.
constexpr std::chrono::nanoseconds kShortestToLearnFrom{2000};

/// How many a nonce with all its midstates is. A kernel's step is up to 32 nonces.
constexpr double kExpectedHitsOfNonce = 1.0 / 64;

}  // namespace

std::uint32_t fitting_midstates(std::uint32_t limit, std::uint32_t midstates) noexcept {
  const double most = kExpectedHitsOfNonce * 4294967296.0 / (static_cast<double>(limit) + 1.0);
  if (most >= midstates) return midstates;
  return std::bit_floor(std::max<std::uint32_t>(static_cast<std::uint32_t>(most), 1));
}

BatchTuner::BatchTuner(std::chrono::nanoseconds wanted, std::uint32_t step, double most_hits)
    : wanted_(wanted),
      step_(std::max<std::uint32_t>(step, 1)),
      most_hits_(most_hits),
      hashes_per_nanosecond_(kFirstGuess) {}

std::uint64_t BatchTuner::batch(std::uint32_t limit, std::uint32_t midstates) const noexcept {
  const double by_time = hashes_per_nanosecond_ * static_cast<double>(wanted_.count());
  const double by_hits = most_hits_ * 4294967296.0 / (static_cast<double>(limit) + 1.0);
  const double nonces = std::min(by_time, by_hits) / static_cast<double>(std::max<std::uint32_t>(midstates, 1));
  const auto steps = static_cast<std::uint64_t>(nonces / static_cast<double>(step_));
  return std::max<std::uint64_t>(steps, 1) * step_;
}

void BatchTuner::record(std::uint64_t hashes, std::chrono::nanoseconds elapsed) noexcept {
  if (elapsed < kShortestToLearnFrom) return;
  const double measured = static_cast<double>(hashes) / static_cast<double>(elapsed.count());
  // A batch that the kernel was preempted in says too little; follow upwards at once, downwards slowly.
  hashes_per_nanosecond_ =
      measured > hashes_per_nanosecond_ ? measured : 0.75 * hashes_per_nanosecond_ + 0.25 * measured;
}

}  // namespace lode::device
