#include "host/app/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "host/app/planted_work.h"
#include "host/device/batch_tuner.h"

namespace lode::app {
namespace {

using Clock = std::chrono::steady_clock;

/// A scan call takes about so long, so that all devices end close to the deadline; a GPU's longer.
constexpr std::chrono::milliseconds kBatch{2};
/// Hits that a GPU's call has room for. Planted work has more of them than real work, a hundred thousand a second.
constexpr std::size_t kGpuHits = 1 << 18;
/// How often in a row a device may rest, a tenth of a second each time.
constexpr int kMostRests = 600;
constexpr std::chrono::milliseconds kCalibration{10};
/// A pass over the planted range takes this part of the time, so that several are complete.
constexpr double kPassShare = 0.125;
constexpr double kLongestPass = 0.5;  ///< seconds
/// How far below its mean the count of solutions may lie before chance is no explanation (below 1e-11).
constexpr double kDeviations = 7;

/// One device's part of a measurement; everything but the results is used by its thread alone.
class Runner {
 public:
  Runner(std::unique_ptr<device::Device> device, std::uint32_t midstates, std::uint64_t seed)
      : device_(std::move(device)), midstates_(midstates), random_(seed) {
    const std::chrono::milliseconds wanted = device_->info().batch;
    const bool is_slow_to_start = wanted > device::DeviceInfo{}.batch;
    hits_.resize(is_slow_to_start ? kGpuHits : kernels::kMinHitCapacity);
    if (is_slow_to_start) batch_ = device::BatchTuner(wanted, 1, static_cast<double>(kGpuHits) / 4);
  }

  /// Makes the work, long enough for the device's rate.
  void prepare(double seconds) {
    device_->enter_thread();
    if (auto tested = device_->self_test(); !tested) {
      problem_ = tested.error().message();
      return;
    }
    const double pass = std::min(seconds * kPassShare, kLongestPass);
    const auto nonces = static_cast<std::uint64_t>(calibrate() * pass);
    work_.emplace_back(random_, midstates_, static_cast<std::uint32_t>(random_()), nonces);
    // The second crosses the end of the nonces.
    work_.emplace_back(random_, midstates_, static_cast<std::uint32_t>(0 - nonces / 2), nonces);
    first_results_.resize(work_.size());
  }

  void run(Clock::time_point deadline) {
    for (std::size_t pass = 0; ok() && (pass < work_.size() || Clock::now() < deadline); ++pass) {
      run_pass(pass % work_.size(), pass < work_.size(), deadline);
    }
    ended_ = Clock::now();
    if (const auto reading = device_->telemetry()) watts_ = reading->watts;
  }

  /// Checks what was collected.
  void check() {
    double expected = 0;
    std::uint64_t found = 0;
    for (std::size_t i = 0; ok() && i < work_.size(); ++i) {
      const kernels::ScanJob& job = work_[i].job();
      if (auto fault = work_[i].fault(first_results_[i], job.range.count)) problem_ = *std::move(fault);
      expected += static_cast<double>(job.range.count) * midstates_ * (job.limit + 1.0) / 0x1p32;
      found += first_results_[i].size();
    }
    if (ok() && static_cast<double>(found) < expected - kDeviations * std::sqrt(expected)) {
      problem_ = fmt::format("{} solutions where {:.0f} are due: not everything was scanned", found, expected);
    }
  }

  [[nodiscard]] bool ok() const noexcept { return problem_.empty() && !error_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
  [[nodiscard]] std::uint64_t hashes() const noexcept { return hashes_; }
  [[nodiscard]] Clock::time_point ended() const noexcept { return ended_; }
  /// What the device took at the end of the run, if it tells.
  [[nodiscard]] std::optional<double> watts() const noexcept { return watts_; }

 private:
  /// Nonces a second, from a short scan.
  double calibrate() {
    const PlantedWork sample(random_, midstates_, 0, 0);
    kernels::ScanJob job = sample.job();
    job.limit = 0;
    device::BatchTuner tuner(std::chrono::milliseconds(1), 1);
    std::uint64_t nonces = 0;
    const Clock::time_point begin = Clock::now();
    while (Clock::now() < begin + kCalibration) {
      const std::uint64_t batch = tuner.batch(job.limit, midstates_);
      const Clock::time_point start = Clock::now();
      const auto result = device_->scan(job, {static_cast<std::uint32_t>(nonces), batch}, hits_);
      if (!result || result->nonces == 0 || result->nonces > batch) break;  // the first pass will tell
      tuner.record(result->nonces * midstates_, Clock::now() - start);
      nonces += result->nonces;
    }
    return static_cast<double>(nonces) / std::chrono::duration<double>(Clock::now() - begin).count();
  }

  /// The first pass over each work goes to its end, whatever the time; every other must repeat it exactly.
  void run_pass(std::size_t index, bool first, Clock::time_point deadline) {
    const kernels::ScanJob& job = work_[index].job();
    std::vector<PlantedHit> found;
    std::uint64_t done = 0;
    while (done < job.range.count && (first || Clock::now() < deadline)) {
      const kernels::NonceRange batch{static_cast<std::uint32_t>(job.range.first + done),
                                      std::min(job.range.count - done, batch_.batch(job.limit, midstates_))};
      const Clock::time_point begin = Clock::now();
      const auto result = device_->scan(job, batch, hits_);
      if (!result) {
        error_ = result.error();
        return;
      }
      const bool rested = result->nonces == 0 && result->hits == 0 && device_->telemetry().has_value();
      if (rested && ++rests_ <= kMostRests) continue;
      if (!rested) rests_ = 0;
      if (result->nonces == 0 || result->nonces > batch.count || result->hits > hits_.size()) {
        problem_ =
            fmt::format("{} nonces and {} solutions reported for {} nonces", result->nonces, result->hits, batch.count);
        return;
      }
      batch_.record(result->nonces * midstates_, Clock::now() - begin);
      for (std::uint32_t i = 0; i < result->hits; ++i) {
        found.push_back({hits_[i].nonce_word - job.range.first, hits_[i].midstate});
      }
      done += result->nonces;
      hashes_ += result->nonces * midstates_;
    }
    std::ranges::sort(found);
    if (first) {
      first_results_[index] = std::move(found);
    } else if (!repeats(first_results_[index], found, done)) {
      if (auto fault = work_[index].fault(std::move(found), done)) {
        problem_ = *std::move(fault);
      } else {
        problem_ = "two scans of the same range differ";
      }
    }
  }

  /// Whether `found` is what the first pass found in the first `nonces`. Both are in order.
  static bool repeats(const std::vector<PlantedHit>& first, const std::vector<PlantedHit>& found,
                      std::uint64_t nonces) {
    const auto end = std::ranges::lower_bound(first, nonces, {}, &PlantedHit::offset);
    return std::ranges::equal(first.begin(), end, found.begin(), found.end());
  }

  std::unique_ptr<device::Device> device_;
  const std::uint32_t midstates_;
  std::mt19937_64 random_;
  std::vector<kernels::Hit> hits_;
  std::vector<PlantedWork> work_;
  std::vector<std::vector<PlantedHit>> first_results_;  ///< by work
  device::BatchTuner batch_{kBatch, 1};
  int rests_ = 0;
  std::uint64_t hashes_ = 0;
  Clock::time_point ended_{};
  std::optional<double> watts_;
  std::string problem_;
  std::optional<Error> error_;
};

}  // namespace

Result<Measurement> measure(Devices devices, std::uint32_t midstates, std::chrono::duration<double> duration) {
  std::vector<std::unique_ptr<Runner>> runners;
  runners.reserve(devices.size());
  std::random_device seed;
  for (auto& device : devices)
    runners.push_back(std::make_unique<Runner>(std::move(device), midstates, (std::uint64_t{seed()} << 32) | seed()));

  Clock::time_point start;
  {
    std::barrier ready(static_cast<std::ptrdiff_t>(runners.size()), [&start]() noexcept { start = Clock::now(); });
    std::vector<std::jthread> threads;
    threads.reserve(runners.size());
    for (const auto& runner : runners) {
      threads.emplace_back([&, one = runner.get()] {
        one->prepare(duration.count());
        ready.arrive_and_wait();
        one->run(start + std::chrono::duration_cast<Clock::duration>(duration));
        one->check();
      });
    }
  }

  Measurement total;
  total.verified = true;
  if (!runners.empty()) total.watts = 0;
  Clock::time_point end = start;
  for (const auto& runner : runners) {
    if (runner->error()) return *runner->error();
    total.hashes += runner->hashes();
    end = std::max(end, runner->ended());
    if (total.watts && runner->watts()) {
      *total.watts += *runner->watts();
    } else {
      total.watts.reset();
    }
    if (!runner->ok() && total.verified) {
      total.verified = false;
      total.problem = runner->problem();
    }
  }
  total.seconds = std::chrono::duration<double>(end - start).count();
  return total;
}

}  // namespace lode::app
