#include "host/device/cpu_calibration.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "host/device/batch_tuner.h"

namespace lode::device {
namespace {

constexpr std::uint32_t kMidstateCounts[] = {64, 32, 16, 4};

/// The quick looks at a use. The better counts: nothing but a disturbance makes it slower.
constexpr int kLooks = 2;
constexpr std::chrono::microseconds kLook{300};
/// A slice in the turns: about as long as a device's (cpu_device.cpp), short enough for many turns.
constexpr std::chrono::microseconds kSlice{500};
/// A use that was slower than this part of the fastest at the looks will not turn out to be the fastest.
constexpr double kHopeful = 0.75;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

bool is_single(const KernelRate& rate) noexcept {
  return rate.use.midstates == 1;
}

bool is_measured(const KernelRate& rate) noexcept {
  return rate.hashes_per_second > 0;
}

bool is_short(const KernelRate& rate) noexcept {
  return step_duration(rate.use, rate.hashes_per_second) <= kLongestStep;
}

/// The first of those that `counts` whose rate is the best but for the margin.
template <class Counts>
std::optional<KernelRate> first_of_the_best(std::span<const KernelRate> rates, Counts&& counts) {
  double best = 0;
  for (const KernelRate& rate : rates) {
    if (counts(rate)) best = std::max(best, rate.hashes_per_second);
  }
  for (const KernelRate& rate : rates) {
    if (counts(rate) && rate.hashes_per_second * kRateMargin >= best) return rate;
  }
  return std::nullopt;
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
    if (rates[i].hashes_per_second > kHopeful * wanted) indices.push_back(i);
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
  const auto single =
      first_of_the_best(rates, [](const KernelRate& rate) { return is_single(rate) && is_measured(rate); });
  if (!single) return std::nullopt;
  // One midstate is always allowed: there is nothing shorter.
  const auto rolling = first_of_the_best(
      rates, [](const KernelRate& rate) { return is_measured(rate) && (is_single(rate) || is_short(rate)); });
  return KernelChoice{.single = *single, .rolling = rolling.value_or(*single)};
}

std::vector<KernelRate> measure_rates(std::span<const KernelUse> uses, const MeasureUse& measure, const ReadClock& now,
                                      std::chrono::steady_clock::time_point deadline) {
  std::vector<KernelRate> rates;
  rates.reserve(uses.size());
  for (const KernelUse& use : uses)
    rates.push_back({use, 0});
  for (int look = 0; look < kLooks; ++look) {
    for (KernelRate& rate : rates)
      rate.hashes_per_second = std::max(rate.hashes_per_second, measure(rate.use, kLook));
  }
  const std::vector<std::size_t> turns = hopefuls(rates);
  if (turns.empty()) return rates;

  std::vector<double> reference;                          // rates of the first, turn by turn
  std::vector<std::vector<double>> ratios(turns.size());  // to it, of each
  do {
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const double rate = measure(uses[turns[i]], kSlice);
      if (i == 0) reference.push_back(rate);
      ratios[i].push_back(rate / reference.back());
    }
  } while (now() < deadline);

  const double scale = median(reference);
  for (std::size_t i = 0; i < turns.size(); ++i)
    rates[turns[i]].hashes_per_second = scale * median(ratios[i]);
  return rates;
}

MeasureUse measure_on_this_cpu() {
  struct State {
    kernels::ScanJob job;
    std::vector<kernels::Hit> hits = std::vector<kernels::Hit>(kernels::kMinHitCapacity);
    std::vector<std::pair<KernelUse, double>> rates;  // hashes a nanosecond, of each use's last slice
    std::uint32_t next = 0;
  };
  auto state = std::make_shared<State>();
  state->job.limit = 0;
  // Any words do: the work is the same for all.
  std::uint32_t word = 0x9e3779b9;
  for (kernels::Midstate& midstate : state->job.midstates) {
    for (std::uint32_t& one : midstate)
      one = word = word * 1664525 + 1013904223;
  }

  return [state](const KernelUse& use, std::chrono::nanoseconds slice) {
    using Clock = std::chrono::steady_clock;
    state->job.midstate_count = use.midstates;
    auto known = std::ranges::find(state->rates, use, &std::pair<KernelUse, double>::first);
    if (known == state->rates.end()) known = state->rates.insert(known, {use, 0.0});

    const auto run = [&](std::uint64_t nonces) {
      const Clock::time_point begin = Clock::now();
      const auto result = use.kernel->scan(state->job, {state->next, nonces}, state->hits);
      const std::chrono::nanoseconds taken = std::max(Clock::now() - begin, Clock::duration(1));
      state->next += static_cast<std::uint32_t>(result.nonces);
      known->second = static_cast<double>(result.nonces) * use.midstates / static_cast<double>(taken.count());
      return taken;
    };
    // Not met before: steps that double until they take long enough to tell.
    const std::uint64_t step = use.kernel->streams;
    if (known->second == 0) {
      for (std::uint64_t nonces = step; run(nonces) < slice / 4; nonces *= 2) {
      }
    }
    const auto wanted = static_cast<std::uint64_t>(known->second * static_cast<double>(slice.count())) / use.midstates;
    run(std::max<std::uint64_t>(wanted / step, 1) * step);
    return known->second * 1e9;
  };
}

}  // namespace lode::device
