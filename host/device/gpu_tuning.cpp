#include "host/device/gpu_tuning.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "host/device/measured_slice.h"
#include "kernels/gpu/scan_params.h"

namespace lode::device {
namespace {

using namespace std::chrono_literals;

/// An idle GPU takes a moment to get to its clock.
constexpr std::chrono::milliseconds kWarmUp{400};
constexpr std::chrono::milliseconds kGpuLook{20};
constexpr std::chrono::milliseconds kGpuSlice{50};
/// A candidate that was slower than this part of the fastest at the looks will not turn out to be the fastest.
constexpr double kGpuHopeful = 0.95;
/// So many take part in the turns, so that each gets several.
constexpr std::size_t kMostHopefuls = 6;

/// A sensor tells the mean of the last second.
constexpr std::chrono::milliseconds kPowerRun{1300};

/// A scan covers no more.
constexpr std::uint64_t kMostNonces = std::uint64_t{1} << 32;
/// The first that is run of a candidate: next to nothing for a GPU.
constexpr std::uint64_t kFirstNonces = std::uint64_t{1} << 10;

class DeviceTrial final : public GpuTrial {
 public:
  DeviceTrial(std::unique_ptr<GpuDevice> device, std::uint32_t midstates, ReadClock now)
      : device_(std::move(device)), job_(made_up_job(midstates)), now_(std::move(now)) {
    job_.generation = 1;
  }

  Result<double> run(std::chrono::nanoseconds slice) override {
    std::optional<Error> error;
    const double nonces = pacer_.run(slice, [&](std::uint64_t count) {
      const kernels::NonceRange range{next_, std::min(count, kMostNonces)};
      const auto begin = now_();
      const auto result = device_->scan(job_, range, hits_);
      const std::chrono::nanoseconds taken = std::max<std::chrono::nanoseconds>(now_() - begin, 1ns);
      if (!result) {
        error = result.error();
        return SlicePacer::Ran{};
      }
      if (result->nonces == 0) error = fail(Errc::kDevice, "the GPU is too hot to be measured");
      next_ += static_cast<std::uint32_t>(result->nonces);
      return SlicePacer::Ran{result->nonces, taken};
    });
    if (error) return *error;
    return nonces * job_.midstate_count;
  }

  [[nodiscard]] std::uint64_t hashes_between_looks() const override {
    return device_->hashes_between_looks(job_.midstate_count);
  }

 private:
  std::unique_ptr<GpuDevice> device_;
  kernels::ScanJob job_;
  ReadClock now_;
  SlicePacer pacer_{kFirstNonces};
  std::vector<kernels::Hit> hits_ = std::vector<kernels::Hit>(kernels::kMinHitCapacity);
  std::uint32_t next_ = 0;
};

/// The candidates that were met so far, and those of them that are open.
class Field {
 public:
  Field(const OpenGpuTrial& open, const ReadClock& now) : open_(open), now_(now) {}

  /// Indices of those that are new.
  std::vector<std::size_t> add(std::vector<GpuCandidate> candidates) {
    std::vector<std::size_t> added;
    for (GpuCandidate& candidate : candidates) {
      const bool known = std::ranges::any_of(rates_, [&](const GpuCandidateRate& one) {
        return one.candidate.name == candidate.name && one.candidate.midstates == candidate.midstates;
      });
      if (known) continue;
      added.push_back(rates_.size());
      rates_.push_back({.candidate = std::move(candidate)});
      trials_.emplace_back();
    }
    return added;
  }

  /// Hashes a second; 0 if the candidate is out.
  double measure(std::size_t index, std::chrono::nanoseconds slice) {
    if (!rates_[index].left_out.empty()) return 0;
    if (!trials_[index]) {
      const auto begin = now_();
      auto opened = open_(rates_[index].candidate);
      if (compiles(index)) {
        longest_compiling_ = std::max(longest_compiling_, now_() - begin);
        compiled_.insert(rates_[index].candidate.program);
      }
      if (!opened) {
        fall_out(index, opened.error());
        return 0;
      }
      trials_[index] = *std::move(opened);
    }
    const auto rate = trials_[index]->run(slice);
    if (!rate) {
      fall_out(index, rate.error());
      return 0;
    }
    return *rate;
  }

  void close(std::size_t index) { trials_[index].reset(); }

  /// How much of the time opening the candidate may take: drivers that compile need seconds.
  [[nodiscard]] std::chrono::steady_clock::duration expected_opening(std::size_t index) const {
    return compiles(index) ? longest_compiling_ : std::chrono::steady_clock::duration::zero();
  }

  [[nodiscard]] std::uint64_t hashes_between_looks(std::size_t index) const {
    return trials_[index] ? trials_[index]->hashes_between_looks() : 0;
  }

  std::vector<GpuCandidateRate>& rates() { return rates_; }

 private:
  [[nodiscard]] bool compiles(std::size_t index) const {
    const std::string& program = rates_[index].candidate.program;
    return !program.empty() && !compiled_.contains(program);
  }

  /// A fault may have spoilt what every other candidate has on the GPU, so all are opened again when their turn comes.
  /// The one that failed is closed last: it knows how much has to be thrown away.
  void fall_out(std::size_t index, const Error& error) {
    rates_[index].left_out = error.message();
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      if (i != index) trials_[i].reset();
    }
    trials_[index].reset();
  }

  const OpenGpuTrial& open_;
  const ReadClock& now_;
  std::chrono::steady_clock::duration longest_compiling_{};
  std::set<std::string> compiled_;  ///< programs
  std::vector<GpuCandidateRate> rates_;
  std::vector<std::unique_ptr<GpuTrial>> trials_;  ///< null: not open
};

/// One search.
class Search {
 public:
  Search(const GpuTuningPlan& plan, const OpenGpuTrial& open, const ReadClock& now,
         std::chrono::steady_clock::time_point deadline)
      : plan_(plan), now_(now), deadline_(deadline), field_(open, now) {}

  GpuTuning run() {
    look(field_.add(plan_.first));
    for (const auto& refine : plan_.refinements) {
      if (const auto best = fastest()) look(field_.add(refine(field_.rates()[*best].candidate)));
    }
    race();
    for (std::size_t i = 0; i < rates_.size(); ++i)
      field_.rates()[i].hashes_per_second = rates_[i];
    const auto best = choose();
    return {.rates = std::move(field_.rates()), .best = best};
  }

 private:
  /// One after the other, and after those that were best so far: then both ran at about the same time.
  void look(std::vector<std::size_t> entrants) {
    if (entrants.empty()) return;
    rates_.resize(field_.rates().size(), 0.0);
    waits_.resize(rates_.size(), 0.0);
    if (const auto best = fastest()) {
      entrants.insert(entrants.begin(), *best);
    } else {
      warm_up(entrants);
    }
    take_looks(
        entrants,
        [this](std::size_t index, std::chrono::nanoseconds slice) {
          if (out_of_time(index)) return rates_[index];
          return field_.measure(index, slice);
        },
        kGpuLook, rates_);
    for (const std::size_t index : entrants)
      judge(index);
  }

  void warm_up(const std::vector<std::size_t>& entrants) {
    const auto end = std::min(now_() + kWarmUp, deadline_);
    for (const std::size_t index : entrants) {
      while (field_.measure(index, kGpuSlice) > 0) {
        if (now_() >= end) return;
      }
    }
  }

  /// Whether nothing is measured any more, what has to be apart, or compiling this one would take longer than is left.
  /// What was never looked at is out then.
  bool out_of_time(std::size_t index) {
    if (now_() + field_.expected_opening(index) < deadline_ || !fastest()) return false;
    std::string& left_out = field_.rates()[index].left_out;
    if (rates_[index] == 0 && left_out.empty()) left_out = "not measured: there was no time left";
    return true;
  }

  /// After looks at it.
  void judge(std::size_t index) {
    if (rates_[index] <= 0 || waits_[index] > 0) return;
    const std::uint64_t hashes = field_.hashes_between_looks(index);
    waits_[index] = static_cast<double>(hashes) / rates_[index];
    const std::chrono::duration<double> wait(waits_[index]);
    if (wait <= kLongestBetweenLooks) return;
    too_long_.push_back(index);
    field_.close(index);
  }

  [[nodiscard]] bool is_too_long(std::size_t index) const {
    return std::ranges::find(too_long_, index) != too_long_.end();
  }

  /// At the looks, of all that run, whether they may be chosen or not.
  [[nodiscard]] std::optional<std::size_t> fastest() {
    return first_of_the_best(rates_, 1, [this](std::size_t i) { return field_.rates()[i].left_out.empty(); });
  }

  void race() {
    std::vector<std::size_t> entrants;
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      if (rates_[i] > 0 && field_.rates()[i].left_out.empty() && !is_too_long(i)) entrants.push_back(i);
    }
    if (entrants.empty()) return;
    std::ranges::stable_sort(entrants, std::greater{}, [this](std::size_t i) { return rates_[i]; });
    const double least = kGpuHopeful * rates_[entrants.front()];
    std::size_t count = 1;
    while (count < std::min(entrants.size(), kMostHopefuls) && rates_[entrants[count]] > least)
      ++count;
    for (const std::size_t i : std::span(entrants).subspan(count))
      field_.close(i);
    entrants.resize(count);
    std::ranges::sort(entrants);
    take_turns(
        entrants, [this](std::size_t index, std::chrono::nanoseconds slice) { return field_.measure(index, slice); },
        kGpuSlice, now_, deadline_, rates_);
  }

  std::optional<std::size_t> choose() {
    const auto may = [this](std::size_t i) { return field_.rates()[i].left_out.empty() && !is_too_long(i); };
    auto best = first_of_the_best(rates_, kGpuRateMargin, may);
    for (const std::size_t i : too_long_) {
      // Something has to do the work, if only slowly.
      if (!best) best = *std::ranges::min_element(too_long_, {}, [this](std::size_t one) { return waits_[one]; });
      if (i == *best) continue;
      field_.rates()[i].left_out = "newer work would wait: " + std::to_string(static_cast<int>(waits_[i] * 1e6)) +
                                   " us between two looks for it";
    }
    return best;
  }

  const GpuTuningPlan& plan_;
  const ReadClock& now_;
  const std::chrono::steady_clock::time_point deadline_;
  Field field_;
  std::vector<double> rates_;          ///< by index in the field
  std::vector<double> waits_;          ///< seconds between two looks for newer work
  std::vector<std::size_t> too_long_;  ///< whose wait is more than kLongestBetweenLooks
};

}  // namespace

OpenGpuTrial gpu_trials(GpuIdentity identity, GpuDeviceOptions options, ReadClock now) {
  options.launch_limit = 2s;
  options.stop_limit = 1s;
  options.warn = {};
  return [identity = std::move(identity), options = std::move(options),
          now = std::move(now)](const GpuCandidate& candidate) -> Result<std::unique_ptr<GpuTrial>> {
    GpuDeviceOptions with = options;
    with.midstates = candidate.midstates;
    auto device = GpuDevice::open(identity, candidate.open, std::move(with));
    if (!device) return device.error();
    if (const auto tested = (*device)->self_test(); !tested) return tested.error();
    return std::unique_ptr<GpuTrial>(std::make_unique<DeviceTrial>(*std::move(device), candidate.midstates, now));
  };
}

GpuTuning tune_gpu(const GpuTuningPlan& plan, const OpenGpuTrial& open, const ReadClock& now,
                   std::chrono::steady_clock::time_point deadline) {
  return Search(plan, open, now, deadline).run();
}

void add_power(GpuTuning& tuning, const OpenGpuTrial& open, const ReadClock& now, const ReadWatts& watts) {
  for (GpuCandidateRate& rate : tuning.rates) {
    if (rate.hashes_per_second <= 0 || !rate.left_out.empty()) continue;
    const auto trial = open(rate.candidate);
    if (!trial) continue;  // it was right before; its rate stands
    double hashes = 0;
    const auto begin = now();
    auto end = begin;
    while (end < begin + kPowerRun) {
      const auto slice_begin = end;
      const auto ran = (*trial)->run(kGpuSlice);
      if (!ran) break;
      end = now();
      hashes += *ran * std::chrono::duration<double>(end - slice_begin).count();
    }
    const auto reading = watts();
    if (end < begin + kPowerRun || !reading) continue;
    const double per_second = hashes / std::chrono::duration<double>(end - begin).count();
    rate.power = GpuPower{.watts = *reading, .joules_per_terahash = *reading / (per_second / 1e12)};
  }
}

}  // namespace lode::device
