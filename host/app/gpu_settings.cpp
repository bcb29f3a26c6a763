#include "host/app/gpu_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/app/events_json.h"
#include "host/app/number_format.h"
#include "host/app/text.h"
#include "host/app/version.h"

namespace lode::app {
namespace {

std::string describe(const KernelSpeed& speed) {
  return fmt::format("{} at M = {}: {}", speed.kernel, speed.midstates, format_rate(speed.hashes_per_second));
}

TunedSetting setting_of(const device::GpuCandidateRate& rate) {
  TunedSetting setting{.kernel = rate.candidate.name,
                       .midstates = rate.candidate.midstates,
                       .hashes_per_second = rate.hashes_per_second,
                       .left_out = rate.left_out};
  if (rate.power) {
    setting.watts = rate.power->watts;
    setting.joules_per_terahash = rate.power->joules_per_terahash;
  }
  return setting;
}

/// Searches for one kind of job and adds what was tried.
Result<KernelSpeed> search(const GpuTuner& tuner, bool rolling, bool with_power, std::vector<TunedSetting>& tried) {
  const auto plan = tuner.plan(rolling);
  if (!plan) return plan.error();
  device::GpuTuning tuning = device::tune_gpu(*plan, tuner.open, tuner.now, tuner.now() + tuner.budget);
  if (!tuning.best) {
    const std::string reason = tuning.rates.empty() ? "there is nothing to try" : tuning.rates.front().left_out;
    return fail(Errc::kDevice, reason);
  }
  if (with_power && tuner.watts && tuner.watts()) device::add_power(tuning, tuner.open, tuner.now, tuner.watts);
  for (std::size_t i = 0; i < tuning.rates.size(); ++i) {
    tried.push_back(setting_of(tuning.rates[i]));
    tried.back().chosen = i == *tuning.best;
  }
  const device::GpuCandidateRate& best = tuning.rates[*tuning.best];
  return KernelSpeed{.kernel = best.candidate.name,
                     .midstates = best.candidate.midstates,
                     .hashes_per_second = best.hashes_per_second};
}

void remember(const GpuTuner& tuner, const DeviceRequest& request, const GpuSettings& settings) {
  if (!request.state) return;
  const Calibration calibration{.key = tuner.key, .time = settings.time, .speeds = {settings.single, settings.rolling}};
  if (const auto kept = remember_calibration(*request.state, calibration); !kept) {
    warn(request, fmt::format("{}: the settings that were found are not remembered: {}", tuner.identity.id,
                              printable(kept.error().message())));
  }
}

}  // namespace

CalibrationKey calibration_key(const std::string& gpu, const std::string& driver, const std::string& kernels) {
  return {.device = gpu, .features = driver, .program = fmt::format("{} {}", version(), commit()), .kernels = kernels};
}

std::optional<GpuSettings> remembered_settings(const GpuTuner& tuner, const DeviceRequest& request) {
  if (!request.state) return std::nullopt;
  const auto calibrations = load_calibrations(*request.state);
  if (!calibrations) {
    warn(request, printable(calibrations.error().message()));
    return std::nullopt;
  }
  const auto fitting = std::ranges::find(*calibrations, tuner.key, &Calibration::key);
  if (fitting == calibrations->end()) return std::nullopt;
  const auto find = [&](bool rolling) -> const KernelSpeed* {
    const auto found = std::ranges::find_if(fitting->speeds, [&](const KernelSpeed& speed) {
      return (speed.midstates > 1) == rolling && tuner.knows(speed.kernel);
    });
    return found == fitting->speeds.end() ? nullptr : &*found;
  };
  const KernelSpeed* const single = find(false);
  const KernelSpeed* const rolling = find(true);
  if (single == nullptr || rolling == nullptr) return std::nullopt;
  return GpuSettings{.single = *single, .rolling = *rolling, .time = fitting->time, .remembered = true};
}

Result<GpuSearch> search_settings(const GpuTuner& tuner, const DeviceRequest& request, bool with_power) {
  GpuSearch found;
  found.chosen.time = iso_time(std::chrono::system_clock::now());
  for (const bool rolling : {false, true}) {
    auto speed = search(tuner, rolling, with_power, found.tried);
    if (!speed) return fail(Errc::kDevice, fmt::format("{}: {}", tuner.identity.id, speed.error().message()));
    (rolling ? found.chosen.rolling : found.chosen.single) = *std::move(speed);
  }
  remember(tuner, request, found.chosen);
  return found;
}

std::optional<GpuSettings> find_settings(const GpuTuner& tuner, const DeviceRequest& request) {
  if (!request.recalibrate) {
    if (!request.state) return std::nullopt;
    if (auto remembered = remembered_settings(tuner, request)) return remembered;
  }
  note(request, fmt::format("{}: looking for the fastest settings of {}, up to {} s; this is done once for a GPU and "
                            "its driver",
                            tuner.identity.id, printable(tuner.identity.name),
                            std::chrono::ceil<std::chrono::seconds>(2 * tuner.budget).count()));
  const auto found = search_settings(tuner, request, false);
  if (!found) {
    warn(request,
         fmt::format("{}; the settings that are expected to be the fastest are used", found.error().message()));
    return std::nullopt;
  }
  note(request,
       fmt::format("{}: {}; {}", tuner.identity.id, describe(found->chosen.single), describe(found->chosen.rolling)));
  return found->chosen;
}

CalibrationInfo calibration_of(const GpuSettings& settings) {
  return {.single = settings.single,
          .rolling = settings.rolling,
          .speeds = {settings.single, settings.rolling},
          .time = settings.time,
          .remembered = settings.remembered};
}

}  // namespace lode::app
