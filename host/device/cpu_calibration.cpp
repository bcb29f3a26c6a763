#include "host/device/cpu_calibration.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "host/device/measured_slice.h"

namespace lode::device {
namespace {

constexpr std::uint32_t kMidstateCounts[] = {64, 32, 16, 4};

constexpr std::chrono::microseconds kCpuLook{300};
/// A slice in the turns: about as long as a device's (cpu_device.cpp), short enough for many turns.
constexpr std::chrono::microseconds kCpuSlice{500};
/// A use that was slower than this part of the fastest at the looks will not turn out to be the fastest.
constexpr double kCpuHopeful = 0.75;

bool is_single(const KernelRate& rate) noexcept {
  return rate.use.midstates == 1;
}

bool is_measured(const KernelRate& rate) noexcept {
  return rate.hashes_per_second > 0;
}

bool is_short(const KernelRate& rate) noexcept {
  return step_duration(rate.use, rate.hashes_per_second) <= kLongestStep;
}

std::vector<double> numbers_of(std::span<const KernelRate> rates) {
  std::vector<double> numbers;
  numbers.reserve(rates.size());
  for (const KernelRate& rate : rates)
    numbers.push_back(rate.hashes_per_second);
  return numbers;
}

/// Indices of the uses that the turns are for.
std::vector<std::size_t> hopefuls(std::span<const KernelRate> rates) {
  double best_single = 0;
  double best = 0;
  for (const KernelRate& rate : rates) {
    if (is_single(rate)) best_single = std::max(best_single, rate.hashes_per_second);
    best = std::max(best, rate.hashes_per_second);
  }
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double wanted = is_single(rates[i]) ? best_single : best;
    if (rates[i].hashes_per_second > kCpuHopeful * wanted) indices.push_back(i);
  }
  return indices;
}

}  // namespace

std::chrono::duration<double> step_duration(const KernelUse& use, double hashes_per_second) noexcept {
  return std::chrono::duration<double>(static_cast<double>(use.kernel->streams) * use.midstates / hashes_per_second);
}

std::vector<KernelUse> kernel_uses(std::span<const kernels::Kernel* const> kernels) {
  std::vector<KernelUse> uses;
  for (const kernels::Kernel* const kernel : kernels) {
    for (const std::uint32_t midstates : kMidstateCounts) {
      if (midstates <= kernel->max_midstates) uses.push_back({kernel, midstates});
    }
    uses.push_back({kernel, 1});
  }
  return uses;
}

std::optional<KernelChoice> choose_kernels(std::span<const KernelRate> rates) {
  const std::vector<double> numbers = numbers_of(rates);
  const auto single = first_of_the_best(numbers, kRateMargin, [&](std::size_t i) { return is_single(rates[i]); });
  if (!single) return std::nullopt;
  // One midstate is always allowed: there is nothing shorter.
  const auto rolling = first_of_the_best(numbers, kRateMargin, [&](std::size_t i) {
    return is_measured(rates[i]) && (is_single(rates[i]) || is_short(rates[i]));
  });
  return KernelChoice{.single = rates[*single], .rolling = rates[rolling.value_or(*single)]};
}

std::vector<KernelRate> measure_rates(std::span<const KernelUse> uses, const MeasureUse& measure, const ReadClock& now,
                                      std::chrono::steady_clock::time_point deadline) {
  const MeasureEntrant run = [&](std::size_t use, std::chrono::nanoseconds slice) { return measure(uses[use], slice); };
  std::vector<std::size_t> all(uses.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<double> numbers(uses.size());
  std::vector<KernelRate> rates;
  const auto take_over = [&] {
    rates.clear();
    for (const std::size_t i : all)
      rates.push_back({uses[i], numbers[i]});
  };
  take_looks(all, run, kCpuLook, numbers);
  take_over();
  take_turns(hopefuls(rates), run, kCpuSlice, now, deadline, numbers);
  take_over();
  return rates;
}

MeasureUse measure_on_this_cpu() {
  struct State {
    kernels::ScanJob job = made_up_job(1);
    std::vector<kernels::Hit> hits = std::vector<kernels::Hit>(kernels::kMinHitCapacity);
    std::vector<std::pair<KernelUse, SlicePacer>> pacers;
    std::uint32_t next = 0;
  };
  auto state = std::make_shared<State>();
  return [state](const KernelUse& use, std::chrono::nanoseconds slice) {
    using Clock = std::chrono::steady_clock;
    state->job.midstate_count = use.midstates;
    auto known = std::ranges::find(state->pacers, use, &std::pair<KernelUse, SlicePacer>::first);
    if (known == state->pacers.end()) known = state->pacers.insert(known, {use, SlicePacer(use.kernel->streams)});
    const double nonces = known->second.run(slice, [&](std::uint64_t count) {
      const Clock::time_point begin = Clock::now();
      const auto result = use.kernel->scan(state->job, {state->next, count}, state->hits);
      const std::chrono::nanoseconds taken = std::max(Clock::now() - begin, Clock::duration(1));
      state->next += static_cast<std::uint32_t>(result.nonces);
      return SlicePacer::Ran{result.nonces, taken};
    });
    return nonces * use.midstates;
  };
}

}  // namespace lode::device
