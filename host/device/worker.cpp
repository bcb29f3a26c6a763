#include "host/device/worker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/device/batch_tuner.h"
#include "host/device/thread_priority.h"
#include "host/work/verifier.h"

namespace lode::device {
namespace {

/// How long a scan call may take: rates are counted after each, and a device checks for new work far more often.
constexpr std::chrono::milliseconds kBatchDuration{50};

/// How long a worker that found a block waits to be told what comes next before it goes on. It takes microseconds; only
/// a block that comes to nothing is not answered.
constexpr std::chrono::milliseconds kBlockTaken{100};

constexpr work::Generation kEveryGeneration = std::numeric_limits<work::Generation>::max();

}  // namespace

Worker::Worker(std::unique_ptr<Device> device, work::Lane lane, std::uint32_t index, WorkerHooks hooks)
    : device_(std::move(device)), lane_(lane), index_(index), hooks_(std::move(hooks)), thread_([this] { run(); }) {}

Worker::~Worker() {
  stop();
}

void Worker::assign(std::shared_ptr<const work::Job> job) {
  // An idle order voids everything assigned so far; a job voids what came before it.
  const work::Generation valid_from = job ? job->generation : newest_.load() + 1;
  if (job) newest_.store(job->generation);
  mailbox_.put(std::move(job));
  device_->abort_before(valid_from);
}

void Worker::stop() {
  stopping_.store(true);
  mailbox_.close();
  device_->abort_before(kEveryGeneration);
  if (thread_.joinable()) thread_.join();
}

std::optional<work::Candidate> Worker::next_candidate() {
  work::Candidate candidate;
  if (!ring_.pop(candidate)) return std::nullopt;
  return candidate;
}

std::optional<Error> Worker::take_fault() {
  const std::lock_guard lock(fault_mutex_);
  return std::exchange(fault_, std::nullopt);
}

void Worker::run() {
  yield_to_others();
  device_->enter_thread();
  std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
  std::optional<Mail> mail = mailbox_.take();
  while (mail)
    mail = *mail ? work_on(*mail, hits) : mailbox_.take();
}

std::optional<Worker::Mail> Worker::work_on(const Mail& job, std::vector<kernels::Hit>& hits) {
  work::RollSpace space(job, lane_, fitting_midstates(job->work->share_target.top_word(), device_->info().midstates));
  BatchTuner tuner(kBatchDuration, 1);
  bool first = true;
  while (const std::optional<work::WorkUnit> unit = space.next()) {
    kernels::NonceRange left = unit->scan.range;
    while (left.count > 0) {
      if (std::optional<Mail> mail = mailbox_.try_take()) return mail;
      if (stopping_.load()) return std::nullopt;

      const auto begin = std::chrono::steady_clock::now();
      if (std::exchange(first, false) && hooks_.first_scan) hooks_.first_scan(job->generation, begin);
      const std::uint64_t batch = tuner.batch(unit->scan.limit, unit->scan.midstate_count);
      const auto result = device_->scan(unit->scan, {left.first, std::min(left.count, batch)}, hits);
      if (!result) {
        fault(result.error());
        while (mailbox_.take()) {
        }
        return std::nullopt;
      }
      const std::uint64_t hashes = result->nonces * unit->scan.midstate_count;
      tuner.record(hashes, std::chrono::steady_clock::now() - begin);
      hashes_.fetch_add(hashes, std::memory_order_relaxed);
      const std::span<const kernels::Hit> found = std::span(hits).first(result->hits);
      report(*unit, found);
      left.first += static_cast<std::uint32_t>(result->nonces);
      left.count -= result->nonces;
      if (found_block(*job, *unit, found)) {
        if (std::optional<Mail> mail = mailbox_.take_within(kBlockTaken)) return mail;
      }
    }
  }
  return mailbox_.take();  // every header of the lane was tried; wait for other work
}

void Worker::report(const work::WorkUnit& unit, std::span<const kernels::Hit> hits) {
  if (hits.empty()) return;
  for (const kernels::Hit& hit : hits) {
    const work::Candidate candidate{.generation = unit.scan.generation, .roll = unit.roll_of(hit), .worker = index_};
    // A full ring: the io thread is behind. Wait for it rather than lose a hit, unless the hit is worth nothing by now.
    while (!ring_.push(candidate)) {
      if (stopping_.load() || newest_.load() != unit.scan.generation) break;
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

void Worker::fault(Error error) {
  {
    const std::lock_guard lock(fault_mutex_);
    fault_ = std::move(error);
  }
  hooks_.notify();
}

}  // namespace lode::device
