#include "host/device/worker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/device/batch_tuner.h"
#include "host/device/thread_priority.h"
#include "host/work/verifier.h"

namespace lode::device {
namespace {

/// How long a worker that found a block waits to be told what comes next before it goes on. It takes microseconds; only
/// a block that comes to nothing is not answered.
constexpr std::chrono::milliseconds kBlockTaken{100};

/// How often a worker that has nothing left to do looks whether another's device has failed.
constexpr std::chrono::milliseconds kOrphanInterval{500};

constexpr work::Generation kEveryGeneration = std::numeric_limits<work::Generation>::max();

}  // namespace

Worker::Worker(std::unique_ptr<Device> device, work::Lane lane, std::uint32_t index, WorkerHooks hooks,
               std::shared_ptr<OrphanedWork> orphans, RestartPolicy policy)
    : device_(std::move(device)),
      lane_(lane),
      index_(index),
      hooks_(std::move(hooks)),
      orphans_(std::move(orphans)),
      policy_(std::move(policy)),
      hits_(kernels::kMinHitCapacity),
      thread_([this] { run(); }) {}

Worker::~Worker() {
  stop();
}

void Worker::assign(std::shared_ptr<const work::Job> job) {
  // An idle order voids everything assigned so far; a job voids what came before it.
  const bool replaces = !job || job->replaces;
  const work::Generation valid_from = job ? job->generation : newest_.load() + 1;
  if (job) newest_.store(job->generation);
  if (replaces) oldest_valid_.store(valid_from);
  mailbox_.put(std::move(job));
  if (replaces) {
    device_->abort_before(valid_from);
  } else {
    device_->finish_before(valid_from);
  }
}

void Worker::stop() {
  stopping_.store(true);
  mailbox_.close();
  device_->abort_before(kEveryGeneration);
  if (thread_.joinable()) thread_.join();
}

std::optional<work::Candidate> Worker::next_candidate() {
  work::Candidate candidate;
  if (ring_.pop(candidate)) return candidate;
  const std::lock_guard lock(blocks_mutex_);
  if (blocks_.empty()) return std::nullopt;
  candidate = blocks_.front();
  blocks_.pop_front();
  return candidate;
}

std::optional<DeviceNews> Worker::next_news() {
  const std::lock_guard lock(news_mutex_);
  if (news_.empty()) return std::nullopt;
  std::optional<DeviceNews> news(std::move(news_.front()));
  news_.pop_front();
  return news;
}

bool Worker::distrust(Error reason) {
  if (!device_->can_restart()) return false;
  const std::lock_guard lock(news_mutex_);
  distrust_ = std::move(reason);
  distrusted_.store(true);
  return true;
}

std::optional<Error> Worker::take_distrust() {
  if (!distrusted_.load()) return std::nullopt;
  const std::lock_guard lock(news_mutex_);
  distrusted_.store(false);
  return std::exchange(distrust_, std::nullopt);
}

std::uint32_t Worker::midstates_for(const work::Job& job) const {
  return fitting_midstates(work::wanted_target(job).top_word(), device_->info().midstates);
}

std::unique_ptr<LanePart> Worker::lane_of(const std::shared_ptr<const work::Job>& job) const {
  return std::make_unique<LanePart>(LanePart{.space = work::RollSpace(job, lane_, midstates_for(*job))});
}

std::uint64_t Worker::hashes_for(std::size_t source) const {
  const std::lock_guard lock(served_mutex_);
  return source < served_.size() ? served_[source] : 0;
}

void Worker::count(std::size_t source, std::uint64_t hashes) {
  hashes_.fetch_add(hashes, std::memory_order_relaxed);
  const std::lock_guard lock(served_mutex_);
  if (source >= served_.size()) served_.resize(source + 1);
  served_[source] += hashes;
}

std::unique_ptr<LanePart> Worker::resume(const Mail& job) {
  const auto found = std::find_if(left_off_.begin(), left_off_.end(),
                                  [&](const LanePart& p) { return p.space.job().work == job->work; });
  if (found == left_off_.end()) return lane_of(job);
  if (found->left.count == 0 && found->space.exhausted()) return nullptr;
  auto part = std::make_unique<LanePart>(*found);
  part->space.continue_as(job, midstates_for(*job));
  if (part->unit) {
    part->unit->scan.generation = job->generation;
    part->unit->scan.limit = work::wanted_target(*job).top_word();
  }
  return part;
}

void Worker::remember(const LanePart& part) {
  if (part.space.nonces().first != work::lane_range(lane_).first) return;  // another's, who knows himself where he was
  std::erase_if(left_off_, [&](const LanePart& p) { return p.space.job().source == part.space.job().source; });
  left_off_.push_back(part);
}

void Worker::run() {
  yield_to_others();
  device_->enter_thread();
  std::optional<Mail> mail = mailbox_.take();
  while (mail)
    mail = *mail ? work_on(*mail) : mailbox_.take();
}

std::optional<Worker::Mail> Worker::work_on(const Mail& job) {
  std::unique_ptr<LanePart> part = left_to_others_ == job->generation ? orphans_->take(job->generation) : resume(job);
  while (true) {
    while (part) {
      const bool done = work_through(*job, *part);
      remember(*part);
      if (!done) {
        if (!failure_) return std::exchange(mail_, std::nullopt);
        leave_to_others(std::move(part));
        return recover(job);
      }
      part = orphans_->take(job->generation);
    }
    // Every header that was left was tried.
    std::optional<Mail> mail = mailbox_.take_within(kOrphanInterval);
    if (mail || mailbox_.closed()) return mail;
    part = orphans_->take(job->generation);
  }
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): it does not follow unique_ptr through the move

bool Worker::work_through(const work::Job& job, LanePart& part) {
  BatchTuner tuner(device_->info().batch, 1);
  bool first = true;
  while (true) {
    if (part.left.count == 0) {
      part.unit = part.space.next();
      if (!part.unit) return true;
      part.left = part.unit->scan.range;
    }
    const work::WorkUnit& unit = *part.unit;
    while (part.left.count > 0) {
      if ((mail_ = mailbox_.try_take()) || stopping_.load()) return false;
      if ((failure_ = take_distrust())) return false;

      const auto begin = std::chrono::steady_clock::now();
      if (std::exchange(first, false) && hooks_.first_scan) hooks_.first_scan(job.generation, begin);
      const std::uint64_t batch = tuner.batch(unit.scan.limit, unit.scan.midstate_count);
      const auto result = device_->scan(unit.scan, {part.left.first, std::min(part.left.count, batch)}, hits_);
      if (!result) {
        failure_ = result.error();
        return false;
      }
      const std::uint64_t hashes = result->nonces * unit.scan.midstate_count;
      tuner.record(hashes, std::chrono::steady_clock::now() - begin);
      count(job.source, hashes);
      const std::span<const kernels::Hit> found = std::span(hits_).first(result->hits);
      report(job, unit, found);
      part.left.first += static_cast<std::uint32_t>(result->nonces);
      part.left.count -= result->nonces;
      if (found_block(job, unit, found) && (mail_ = mailbox_.take_within(kBlockTaken))) return false;
    }
  }
}

std::optional<Worker::Mail> Worker::recover(Mail job) {
  if (std::chrono::steady_clock::now() - works_since_ > policy_.forgiven_after) failures_ = 0;
  while (true) {
    Error error = *std::exchange(failure_, std::nullopt);
    if (++failures_ > policy_.delays.size() || !device_->can_restart()) {
      tell({.kind = DeviceNews::Kind::kLeftOut, .error = std::move(error)});
      // Whatever comes now is for the others.
      while (mailbox_.take()) {
      }
      return std::nullopt;
    }
    const std::chrono::milliseconds delay = policy_.delays[failures_ - 1];
    tell({.kind = DeviceNews::Kind::kFailed, .error = std::move(error), .restart_in = delay});
    if (!wait_out(delay, job)) return std::nullopt;
    if (const auto restarted = device_->restart(); !restarted) {
      failure_ = restarted.error();
      continue;
    }
    static_cast<void>(take_distrust());  // that was said of results from before
    works_since_ = std::chrono::steady_clock::now();
    tell({.kind = DeviceNews::Kind::kBack});
    return job;
  }
}

bool Worker::wait_out(std::chrono::milliseconds delay, Mail& newest) {
  const auto end = std::chrono::steady_clock::now() + delay;
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) return !mailbox_.closed();
    if (const std::optional<Mail> mail = mailbox_.take_within(end - now)) {
      newest = *mail;
      if (newest) leave_to_others(resume(newest));
    } else if (mailbox_.closed()) {
      return false;
    }
  }
}

void Worker::leave_to_others(std::unique_ptr<LanePart> part) {
  if (!part) return;
  left_to_others_ = part->generation();
  orphans_->put(std::move(part));
}

void Worker::keep_block(const work::Job& job, const work::Candidate& candidate) {
  if (work::verify(job, candidate.roll).kind != work::Verdict::Kind::kBlock) return;
  const std::lock_guard lock(blocks_mutex_);
  if (blocks_.size() < kMostBlocks) blocks_.push_back(candidate);
}

void Worker::report(const work::Job& job, const work::WorkUnit& unit, std::span<const kernels::Hit> hits) {
  if (hits.empty()) return;
  for (const kernels::Hit& hit : hits) {
    const work::Candidate candidate{.generation = unit.scan.generation, .roll = unit.roll_of(hit), .worker = index_};
    // A full ring: the io thread is behind. Wait for it rather than lose a hit, unless the hit is worth nothing by now.
    while (!ring_.push(candidate)) {
      if (stopping_.load() || unit.scan.generation < oldest_valid_.load()) {
        keep_block(job, candidate);
        break;
      }
      hooks_.notify();
      std::this_thread::yield();
    }
  }
  hooks_.notify();
}

bool Worker::found_block(const work::Job& job, const work::WorkUnit& unit, std::span<const kernels::Hit> hits) {
  return job.work->body != nullptr && std::any_of(hits.begin(), hits.end(), [&](const kernels::Hit& hit) {
           return work::verify(job, unit.roll_of(hit)).kind == work::Verdict::Kind::kBlock;
         });
}

void Worker::tell(DeviceNews news) {
  {
    const std::lock_guard lock(news_mutex_);
    news_.push_back(std::move(news));
  }
  hooks_.notify();
}

}  // namespace lode::device
