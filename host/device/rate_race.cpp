#include "host/device/rate_race.h"

#include <vector>

namespace lode::device {
namespace {

constexpr int kLooks = 2;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// An entrant and its rates, turn by turn.
struct Lane {
  std::size_t entrant = 0;
  std::vector<double> rates;
  bool failed = false;
};

}  // namespace

void take_looks(std::span<const std::size_t> entrants, const MeasureEntrant& measure, std::chrono::nanoseconds slice,
                std::span<double> rates) {
  std::vector<bool> failed(rates.size(), false);
  for (int look = 0; look < kLooks; ++look) {
    for (const std::size_t entrant : entrants) {
      if (failed[entrant]) continue;
      const double rate = measure(entrant, slice);
      failed[entrant] = rate <= 0;
      rates[entrant] = failed[entrant] ? 0 : std::max(look == 0 ? 0 : rates[entrant], rate);
    }
  }
}

void take_turns(std::span<const std::size_t> entrants, const MeasureEntrant& measure, std::chrono::nanoseconds slice,
                const ReadClock& now, std::chrono::steady_clock::time_point deadline, std::span<double> rates) {
  std::vector<Lane> lanes;
  lanes.reserve(entrants.size());
  for (const std::size_t entrant : entrants)
    lanes.push_back({.entrant = entrant, .rates = {}, .failed = false});
  const auto runs = [](const Lane& lane) { return !lane.failed; };
  do {
    for (Lane& lane : lanes) {
      if (lane.failed) continue;
      const double rate = measure(lane.entrant, slice);
      lane.failed = rate <= 0;
      lane.rates.push_back(rate);
    }
  } while (std::ranges::any_of(lanes, runs) && now() < deadline);

  // All that did not fail ran in every turn.
  const auto reference = std::ranges::find_if(lanes, runs);
  if (reference != lanes.end()) {
    std::vector<double> scales = reference->rates;
    const double scale = median(scales);
    for (const Lane& lane : lanes) {
      if (lane.failed) continue;
      std::vector<double> ratios(lane.rates.size());
      std::ranges::transform(lane.rates, reference->rates, ratios.begin(), std::divides{});
      rates[lane.entrant] = scale * median(ratios);
    }
  }
  for (const Lane& lane : lanes) {
    if (lane.failed) rates[lane.entrant] = 0;
  }
}

}  // namespace lode::device
