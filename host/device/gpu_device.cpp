#include "host/device/gpu_device.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "kernels/core/known_answers.h"

namespace lode::device {
namespace {

using namespace std::chrono_literals;

/// How long a launch should take. Two are in flight, so the thread that feeds them may be away for this long.
constexpr std::chrono::milliseconds kLaunchDuration{50};

/// How long a scan call should take: at its end the GPU is idle for a part of a millisecond.
constexpr std::chrono::milliseconds kScanDuration{400};

/// Hits that a launch may expect: far enough below the list's size for it never to overflow by chance.
constexpr double kMostHits = GpuSession::kHitCapacity / 4.0;

/// Where fewer hits than this are expected of a scan, one that comes ends it.
constexpr double kFewHits = 2;

/// Between two looks at whether a launch is over.
constexpr std::chrono::microseconds kPollInterval{200};
/// So many looks come first without a pause, for launches that take microseconds.
constexpr int kQuickPolls = 50;

constexpr std::chrono::milliseconds kRest{100};
constexpr std::chrono::milliseconds kRestStep{5};

double expected_hits(const kernels::ScanJob& job, kernels::NonceRange range) noexcept {
  return static_cast<double>(range.count) * job.midstate_count * (static_cast<double>(job.limit) + 1) / 0x1p32;
}

void raise(std::atomic<std::uint64_t>& mark, std::uint64_t to) noexcept {
  std::uint64_t known = mark.load();
  while (known < to && !mark.compare_exchange_weak(known, to)) {
  }
}

}  // namespace

struct GpuDevice::Scan {
  const kernels::ScanJob& job;
  kernels::NonceRange range;
  std::span<kernels::Hit> hits;
  bool stops_at_hit = true;
  std::uint64_t launched = 0;  ///< nonces, from the start of the range
  /// The most nonces of a launch; less after a list overflowed.
  std::uint64_t longest = std::numeric_limits<std::uint64_t>::max();
  bool ending = false;  ///< no more launches
  bool broken = false;  ///< a launch did not do all of its range, what later ones did is not a prefix
  bool overflowed = false;
  kernels::ScanResult result{};
};

Result<std::unique_ptr<GpuDevice>> GpuDevice::open(GpuIdentity identity, OpenGpuSession open_session,
                                                   GpuDeviceOptions options) {
  std::unique_ptr<GpuDevice> device(new GpuDevice(std::move(identity), std::move(open_session), std::move(options)));
  if (const auto opened = device->open_session(); !opened)
    return fail(Errc::kDevice, device->info_.id + ": " + opened.error().message());
  return device;
}

GpuDevice::GpuDevice(GpuIdentity identity, OpenGpuSession open_session, GpuDeviceOptions options)
    : identity_(std::move(identity)),
      open_session_(std::move(open_session)),
      options_(std::move(options)),
      single_(kLaunchDuration, kernels::gpu::kWarpThreads, kMostHits),
      rolling_(kLaunchDuration, kernels::gpu::kWarpThreads, kMostHits),
      guard_(options_.max_celsius, Clock::now()) {
  info_ = {.id = identity_.id,
           .name = identity_.name,
           .kernel = identity_.kernel,
           .midstates = options_.midstates,
           .single_kernel = identity_.kernel,
           .pci_bus_id = identity_.pci_bus_id,
           .batch = kScanDuration};
}

GpuDevice::~GpuDevice() {
  close_session();
}

Result<void> GpuDevice::open_session() {
  auto session = open_session_();
  if (!session) return session.error();
  failed_ = false;
  const std::lock_guard lock(session_mutex_);
  session_ = *std::move(session);
  return {};
}

void GpuDevice::close_session() noexcept {
  if (!session_) return;
  failed_ = true;
  stop_launches();
  if (!hung_ && !drain(Clock::now() + options_.stop_limit)) hung_ = true;
  in_flight_.clear();
  // Kernels that hang may still look at the mailbox, and freeing anything would wait for them.
  if (hung_) session_->abandon();
  const std::lock_guard lock(session_mutex_);
  session_.reset();
}

bool GpuDevice::drain(Clock::time_point deadline) noexcept {
  if (in_flight_.empty()) return true;
  // A dead context answers at once, with its error.
  if (!session_->enter()) return true;
  for (const Launch& launch : in_flight_) {
    while (true) {
      const Result<bool> finished = session_->finished(launch.slot);
      if (!finished || *finished) break;
      if (Clock::now() >= deadline) return false;
      std::this_thread::sleep_for(kPollInterval);
    }
  }
  return true;
}

Result<void> GpuDevice::restart() {
  close_session();
  if (hung_) {
    return fail(Errc::kDevice, "the GPU still runs what it was told to stop; only the end of this process frees it");
  }
  if (const auto opened = open_session(); !opened) return opened;
  return self_test();
}

Result<void> GpuDevice::self_test() {
  if (!session_) return fail(Errc::kDevice, "the GPU is out of service");
  std::optional<Error> error;
  const auto failure =
      kernels::check_known_answers([&](const kernels::ScanJob& job, kernels::NonceRange range,
                                       std::span<kernels::Hit> hits) -> std::optional<kernels::ScanResult> {
        kernels::ScanJob valid = job;  // known answers are never out of date
        valid.generation = std::numeric_limits<std::uint64_t>::max();
        const auto result = scan_now(valid, range, hits);
        if (result) return *result;
        error = result.error();
        return std::nullopt;
      });
  if (error) return fail(Errc::kDevice, "the self-test could not be run: " + error->message());
  if (failure) return fail(Errc::kDevice, "the kernel failed its self-test: " + *failure);
  return {};
}

Result<kernels::ScanResult> GpuDevice::scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                            std::span<kernels::Hit> hits) {
  look_at_sensors();
  if (guard_.resting()) {
    rest(job);
    return kernels::ScanResult{};
  }
  return scan_now(job, range, hits);
}

Result<kernels::ScanResult> GpuDevice::scan_now(const kernels::ScanJob& job, kernels::NonceRange range,
                                                std::span<kernels::Hit> hits) {
  if (failed_) return fail(Errc::kDevice, "the GPU is out of service");
  if (const auto entered = session_->enter(); !entered) return failed(entered.error());
  // From here on abort_before() of a newer generation stops launches; one that came before is seen by is_void().
  running_.store(job.generation);
  session_->prepare(job);
  Scan scan{.job = job, .range = range, .hits = hits, .stops_at_hit = expected_hits(job, range) < kFewHits};
  while (true) {
    if (const auto filled = fill(scan); !filled) return failed(filled.error());
    if (in_flight_.empty()) {
      // An overflow costs time only; it ends the call where something was done before it.
      if (!std::exchange(scan.overflowed, false) || scan.result.nonces > 0 || is_void(job)) break;
      scan.launched = 0;
      scan.ending = scan.broken = false;
      continue;
    }
    if (const auto over = await_oldest(); !over) return failed(over.error());
    take_oldest(scan);
    look_at_sensors();
    if (guard_.resting()) scan.ending = true;
  }
  return scan.result;
}

Result<void> GpuDevice::fill(Scan& scan) {
  while (!scan.ending && in_flight_.size() < GpuSession::kSlots && scan.launched < scan.range.count) {
    const auto launched = launch_next(scan);
    if (!launched) return launched.error();
    if (!*launched) scan.ending = true;
  }
  return {};
}

/// False: the job is void, newer work waits, or there is no room for more hits.
Result<bool> GpuDevice::launch_next(Scan& scan) {
  std::uint64_t room = scan.hits.size() - scan.result.hits;
  for (const Launch& launch : in_flight_)
    room -= std::min<std::uint64_t>(room, launch.hit_capacity);
  const std::uint64_t share = std::min<std::uint64_t>(GpuSession::kHitCapacity, scan.hits.size() / GpuSession::kSlots);
  if (room < share) return false;

  // The epoch is read first: an abort that comes after the job was found to be valid changes it, and ends the launch.
  const std::uint32_t epoch = session_->epoch();
  if (is_void(scan.job) || scan.job.generation < oldest_wanted_.load()) return false;
  const BatchTuner& tuner = scan.job.midstate_count == 1 ? single_ : rolling_;
  const double most = static_cast<double>(share) / 4 * 0x1p32 / (static_cast<double>(scan.job.limit) + 1);
  const auto few_hits = static_cast<std::uint64_t>(std::max(most / scan.job.midstate_count, 1.0));
  const std::uint64_t count = std::min(
      {scan.range.count - scan.launched, scan.longest, few_hits, tuner.batch(scan.job.limit, scan.job.midstate_count)});
  const kernels::NonceRange range{static_cast<std::uint32_t>(scan.range.first + scan.launched), count};
  const std::size_t slot = in_flight_.empty() ? 0 : 1 - in_flight_.front().slot;
  const Launch launch{slot, range, static_cast<std::uint32_t>(share), Clock::now()};
  // It counts as in flight from here on: the call may fail after the kernel was started.
  in_flight_.push_back(launch);
  if (const auto started = session_->launch(slot, range, epoch, launch.hit_capacity); !started) return started.error();
  scan.launched += count;
  return true;
}

Result<void> GpuDevice::await_oldest() {
  const Launch& launch = in_flight_.front();
  const Clock::time_point deadline = std::max(launch.begin, last_end_) + options_.launch_limit;
  for (int polls = 0;; ++polls) {
    const Result<bool> finished = session_->finished(launch.slot);
    if (!finished) return finished.error();
    if (*finished) return {};
    if (polls < kQuickPolls) {
      std::this_thread::yield();
      continue;
    }
    if (Clock::now() >= deadline) {
      return fail(Errc::kDevice, "a launch is not over after " + std::to_string(options_.launch_limit.count()) + " ms");
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

void GpuDevice::take_oldest(Scan& scan) {
  const Launch launch = in_flight_.front();
  in_flight_.erase(in_flight_.begin());
  const Clock::time_point now = Clock::now();
  const kernels::gpu::Outcome outcome = session_->outcome(launch.slot);
  BatchTuner& tuner = scan.job.midstate_count == 1 ? single_ : rolling_;
  tuner.record(outcome.nonces * scan.job.midstate_count, now - std::max(launch.begin, last_end_));
  last_end_ = now;
  if (scan.broken) return;
  if (outcome.overflowed) {
    scan.overflowed = true;
    scan.longest = std::max<std::uint64_t>(launch.range.count / 2, 1);
  } else {
    for (const kernels::gpu::HitSlot& hit : session_->hits(launch.slot))
      scan.hits[scan.result.hits++] = {.nonce_word = hit.nonce_word, .midstate = hit.midstate_plus_one - 1};
    scan.result.nonces += outcome.nonces;
    if (scan.result.hits > 0 && scan.stops_at_hit) scan.ending = true;
  }
  if (outcome.nonces < launch.range.count) {
    scan.broken = scan.ending = true;
    if (!in_flight_.empty()) stop_launches();  // what they do would have to be done again
  }
}

Error GpuDevice::failed(const Error& error) {
  failed_ = true;
  stop_launches();
  return error;
}

void GpuDevice::stop_launches() noexcept {
  const std::lock_guard lock(session_mutex_);
  if (session_) session_->advance_epoch();
}

void GpuDevice::abort_before(std::uint64_t generation) noexcept {
  raise(oldest_valid_, generation);
  if (running_.load() < generation) stop_launches();
}

void GpuDevice::finish_before(std::uint64_t generation) noexcept {
  raise(oldest_wanted_, generation);
}

void GpuDevice::look_at_sensors() {
  const Clock::time_point now = Clock::now();
  if (!options_.telemetry || !guard_.due(now)) return;
  auto reading = options_.telemetry->read(identity_.pci_bus_id);
  const bool rested = guard_.resting();
  guard_.update(reading ? reading->celsius : std::nullopt, now);
  if (guard_.resting() != rested && options_.warn) {
    const std::string why = reading && reading->celsius ? std::to_string(*reading->celsius) + " degrees"
                                                        : std::string("its temperature cannot be read");
    options_.warn(info_.id + ": " + why + (rested ? ": works again" : ": rests until it is cooler"));
  }
  const std::lock_guard lock(telemetry_mutex_);
  telemetry_ = std::move(reading);
}

std::optional<Telemetry> GpuDevice::telemetry() const {
  const std::lock_guard lock(telemetry_mutex_);
  return telemetry_;
}

void GpuDevice::rest(const kernels::ScanJob& job) {
  const Clock::time_point end = Clock::now() + kRest;
  while (Clock::now() < end && !is_void(job))
    std::this_thread::sleep_for(kRestStep);
}

}  // namespace lode::device
