#include "bench/gpu/rate_meter.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "bench/gpu/measured.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLaunchSeconds = 0.25;
/// Of the first launch, before the rate is known.
constexpr double kFirstHashes = 1 << 18;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

void RateMeter::sample(RateCase& one, double seconds) {
  if (!one.session) one.session = open_session(*gpu_, one.kernels);
  require(one.session->enter());
  // A header whose only solution is elsewhere: what is measured is hashing.
  const kernels::ScanJob job = planted_job(0, one.midstates, 0);
  one.session->prepare(job);
  double hashes = 0;
  double busy = 0;
  double mhz = 0;
  const auto begin = Clock::now();
  do {
    const double wanted =
        hashes_per_second_ == 0 ? kFirstHashes : hashes_per_second_ * std::min(kLaunchSeconds, seconds);
    const auto nonces = static_cast<std::uint64_t>(std::clamp(wanted / one.midstates, 64.0, 0x1p32));
    // The probe comes first: there may be no room beside a grid that fills the GPU.
    const bool probes = module_ != nullptr && wanted > kFirstHashes;
    if (probes) module_->start_probe(static_cast<std::uint32_t>(std::min(kLaunchSeconds, seconds) * 0.6e9));
    gpu_->driver->measure(true);
    const auto start = Clock::now();
    require(one.session->launch(0, {next_nonce_, nonces}, one.session->epoch(), device::GpuSession::kHitCapacity));
    one.blocks = std::max(one.blocks, gpu_->driver->last_blocks());
    one.threads = gpu_->driver->last_threads();
    await(*one.session, 0);
    double elapsed = seconds_since(start);
    const auto times = gpu_->driver->times();
    gpu_->driver->measure(false);
    if (times && times->size() == 1) elapsed = times->front() / 1000;
    if (probes) mhz = module_->finish_probe();
    next_nonce_ += static_cast<std::uint32_t>(nonces);
    const double done = static_cast<double>(one.session->outcome(0).nonces) * one.midstates;
    const bool first = hashes_per_second_ == 0;
    hashes_per_second_ = done / elapsed;
    if (first && !gpu_->played) continue;  // too short to count
    hashes += done;
    busy += elapsed;
  } while (hashes == 0 || seconds_since(begin) < 0.8 * seconds);
  one.ghs.push_back(hashes / busy / 1e9);
  if (mhz > 0) {
    one.mhz.push_back(mhz);
    one.per_sm_and_clock.push_back(hashes / busy / (gpu_->gpu.multiprocessors * mhz * 1e6));
  }
  if (!gpu_->telemetry) return;
  if (const auto reading = gpu_->telemetry->read(gpu_->gpu.pci_bus_id)) {
    if (reading->watts) one.watts.push_back(*reading->watts);
    if (reading->celsius) one.celsius.push_back(*reading->celsius);
    one.slowed_by.insert(reading->slowed_by.begin(), reading->slowed_by.end());
  }
}

void RateMeter::describe(const RateCase& one, Record& record) const {
  const device::CudaKernelUse& use = one.midstates == 1 ? one.kernels.single : one.kernels.rolling;
  record.add("kernel", use.image.kernel)
      .add("balance", name_of(one.balance))
      .add("midstates", one.midstates)
      .add("blocks_per_sm", static_cast<double>(one.blocks) / gpu_->gpu.multiprocessors)
      .add("threads", one.threads)
      .add("hashes_per_thread", use.hashes_per_thread ? std::to_string(*use.hashes_per_thread) : "tuned")
      .add("samples", one.ghs.size())
      .add("ghs", median(one.ghs))
      .add("ghs_low", quantile(one.ghs, 0))
      .add("ghs_high", quantile(one.ghs, 1));
  if (!one.mhz.empty()) {
    record.add("sm_mhz", median(one.mhz)).add("hashes_per_sm_and_clock", median(one.per_sm_and_clock));
  }
  if (!one.watts.empty()) {
    // A watt for a GH/s is a joule for 10^9 hashes.
    record.add("watts", median(one.watts)).add("joules_per_thash", median(one.watts) / median(one.ghs) * 1000);
  }
  if (!one.celsius.empty()) record.add("celsius", quantile(one.celsius, 1));
  std::string reasons;
  for (const std::string& reason : one.slowed_by)
    reasons += (reasons.empty() ? "" : ", ") + reason;
  record.add("slowed_by", reasons);
}

}  // namespace lode::bench
