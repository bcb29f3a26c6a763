// The fastest way to run the kernels of one GPU, found by trying: which variant of the kernel, launched how, with how
// many midstates. Every API's backend makes its own candidates; the search is the same.
//
// First each candidate is tested with known answers and gets a quick look, one property after the other, so that far
// fewer are tried than there are combinations. Then the good ones take turns until the time is over (rate_race.h).
// One that fails or faults is left out, and so is one that would keep newer work waiting for too long. The clock and
// the running are handed in. Start-up, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.h"
#include "host/device/gpu_device.h"
#include "host/device/gpu_session.h"
#include "host/device/rate_race.h"

namespace lode::device {

/// One way to run a kernel. The backend knows it again by its name.
struct GpuCandidate {
  std::string name;             ///< "light blocks=4": no two of a plan have the same one and the same midstates
  std::uint32_t midstates = 1;  ///< M, how many versions its jobs carry
  OpenGpuSession open;          ///< a session that runs jobs of so many midstates this way
  /// What is compiled when the first candidate with it is opened, which takes its time; empty: nothing is.
  std::string program = {};
};

/// What is tried for one kind of job.
struct GpuTuningPlan {
  /// In the order in which they are expected to be fast: the first one is what is used where nothing is measured.
  std::vector<GpuCandidate> first;
  /// Each is asked, in order, for more: the best so far, changed in one property. May return candidates that were tried
  /// already; these are passed over.
  std::vector<std::function<std::vector<GpuCandidate>(const GpuCandidate& best)>> refinements = {};
};

/// What a GPU takes from the wall for a rate, measured over more than a second.
struct GpuPower {
  double watts = 0;
  double joules_per_terahash = 0;
};

struct GpuCandidateRate {
  GpuCandidate candidate;
  double hashes_per_second = 0;        ///< 0: not measured
  std::string left_out = {};           ///< why it must not be chosen; empty: it may be
  std::optional<GpuPower> power = {};  ///< see add_power()
};

struct GpuTuning {
  std::vector<GpuCandidateRate> rates;  ///< in the order in which they were tried
  std::optional<std::size_t> best;      ///< of them; nothing: none can be used
};

/// A candidate on its GPU. Used by one thread.
class GpuTrial {
 public:
  virtual ~GpuTrial() = default;
  /// Hashes for about `slice`. Returns hashes a second, more than 0. Error: kDevice, it cannot go on.
  virtual Result<double> run(std::chrono::nanoseconds slice) = 0;
  /// See GpuSession::hashes_between_looks().
  [[nodiscard]] virtual std::uint64_t hashes_between_looks() const = 0;
};

/// Opens a candidate and tests it with known answers. Error: kDevice, one sentence.
using OpenGpuTrial = std::function<Result<std::unique_ptr<GpuTrial>>(const GpuCandidate&)>;

/// Trials on a GPU. Of `options` the midstates are the candidate's, and limits of time are shorter. One that is too hot
/// (max_celsius) is an error. `now` is what slices are timed with.
OpenGpuTrial gpu_trials(GpuIdentity identity, GpuDeviceOptions options, ReadClock now);

/// Newer work waits for a look, for what all threads do between two looks, and once more for that in the launch behind:
/// with this much between two looks it begins within 5 ms.
inline constexpr std::chrono::microseconds kLongestBetweenLooks{2000};

/// Another candidate has to be so much faster than one that is expected to be the fastest, or it is taken for noise.
inline constexpr double kGpuRateMargin = 1.005;

/// Searches until `deadline`; the turn that it ends in comes on top. Once one is measured, no program is begun that
/// might take longer to compile than is left, by the longest so far. Where no candidate lets newer work begin soon
/// enough, the one with the least between two looks is taken.
GpuTuning tune_gpu(const GpuTuningPlan& plan, const OpenGpuTrial& open, const ReadClock& now,
                   std::chrono::steady_clock::time_point deadline);

/// What the GPU takes at this moment; nothing if it does not tell.
using ReadWatts = std::function<std::optional<double>()>;

/// Runs each candidate that may be chosen alone, for long enough that the sensor's mean is of it, and notes the power
/// and what a terahash costs.
void add_power(GpuTuning& tuning, const OpenGpuTrial& open, const ReadClock& now, const ReadWatts& watts);

}  // namespace lode::device
