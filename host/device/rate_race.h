// Which of several ways to do the same work is the fastest. They run in short slices that take turns, so that what
// happens to the machine meanwhile (clock, heat, other programs) happens to all; what is compared are ratios within a
// turn. CPU kernels (cpu_calibration.h) and GPU settings (gpu_tuning.h) are compared so.
//
// The clock and the running are handed in. Pure but for them; any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>

namespace lode::device {

using ReadClock = std::function<std::chrono::steady_clock::time_point()>;

/// Works as the entrant of that number for about `slice` and returns how many hashes a second that were. 0: it cannot
/// run any more, and is not asked again in this race.
using MeasureEntrant = std::function<double(std::size_t entrant, std::chrono::nanoseconds slice)>;

/// Two quick looks at each entrant, in turn. rates[i] becomes the better of entrant i's (nothing but a disturbance
/// makes it slower), 0 if it failed.
void take_looks(std::span<const std::size_t> entrants, const MeasureEntrant& measure, std::chrono::nanoseconds slice,
                std::span<double> rates);

/// The entrants take turns until `deadline`, one turn at least. rates[i] becomes the median of what entrant i did in a
/// turn compared with the first of those that did not fail; 0 if it failed.
void take_turns(std::span<const std::size_t> entrants, const MeasureEntrant& measure, std::chrono::nanoseconds slice,
                const ReadClock& now, std::chrono::steady_clock::time_point deadline, std::span<double> rates);

/// The first whose rate times `margin` (1 or more) is the best rate or above it, of those that `counts(i)`. So the
/// order decides between rates that differ by no more than noise. Nothing if no rate that counts is above 0.
template <class Counts>
std::optional<std::size_t> first_of_the_best(std::span<const double> rates, double margin, Counts&& counts) {
  double best = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (counts(i)) best = std::max(best, rates[i]);
  }
  if (best <= 0) return std::nullopt;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (counts(i) && rates[i] * margin >= best) return i;
  }
  return std::nullopt;
}

}  // namespace lode::device
