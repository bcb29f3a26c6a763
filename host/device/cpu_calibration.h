// Which kernel, with how many midstates, is the fastest on this CPU: measured, not believed.
//
// The race itself is in rate_race.h; here is who takes part and who wins. The clock and the running are handed in, so
// that all of it can be tested without a machine. Start-up, any one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "host/device/rate_race.h"
#include "kernels/cpu/kernel.h"

namespace lode::device {

/// One way to hash.
struct KernelUse {
  const kernels::Kernel* kernel = nullptr;  ///< lives for ever
  std::uint32_t midstates = 1;              ///< M, how many versions a job carries

  friend bool operator==(const KernelUse&, const KernelUse&) = default;
};

struct KernelRate {
  KernelUse use;
  double hashes_per_second = 0;

  friend bool operator==(const KernelRate&, const KernelRate&) = default;
};

/// What the program works with. `rolling` may be a use with M = 1, where no kernel profits from more.
struct KernelChoice {
  KernelRate single;   ///< for jobs whose version stays as it is
  KernelRate rolling;  ///< for jobs whose version may be rolled

  friend bool operator==(const KernelChoice&, const KernelChoice&) = default;
};

/// A kernel looks at nothing while it takes one step: `streams` nonces with all midstates. Uses whose step takes longer
/// are not chosen, or a new tip would wait for it: 1 ms is what it may take in all.
inline constexpr std::chrono::microseconds kLongestStep{250};

/// How long one step of a use takes at a rate (hashes/s, > 0).
std::chrono::duration<double> step_duration(const KernelUse& use, double hashes_per_second) noexcept;

/// Another use has to be so much faster than one that is expected to be the fastest, or it is taken for noise.
inline constexpr double kRateMargin = 1.02;

/// Everything worth measuring, in the order in which it is expected to be fast: the kernels as given, each with the
/// largest M first. M is 64, 32, 16 and 4, as far as the kernel profits, and 1.
std::vector<KernelUse> kernel_uses(std::span<const kernels::Kernel* const> kernels);

/// The fastest, where those that are expected to be faster (they come first) are not within kRateMargin. Rates of 0
/// are of uses that could not be measured. Nothing if there is no use with M = 1 and a rate.
std::optional<KernelChoice> choose_kernels(std::span<const KernelRate> rates);

/// Hashes with `use` for about the time given and returns how many hashes a second that were; more than 0.
using MeasureUse = std::function<double(const KernelUse& use, std::chrono::nanoseconds slice)>;

/// Rates of all uses, in their order. First a quick look at each; then those that are anywhere near the fastest (uses
/// with M = 1: near the fastest of these) take turns until `deadline`, one turn at least. Their rate is the median of
/// what a use did in a turn compared with the first of them.
std::vector<KernelRate> measure_rates(std::span<const KernelUse> uses, const MeasureUse& measure, const ReadClock& now,
                                      std::chrono::steady_clock::time_point deadline);

/// The MeasureUse of this machine: runs the kernels on a target that is never met, on the calling thread.
MeasureUse measure_on_this_cpu();

}  // namespace lode::device
