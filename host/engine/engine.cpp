#include "host/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "host/engine/rate_meter.h"
#include "host/engine/scheduler.h"
#include "host/engine/share_submitter.h"
#include "host/engine/source_tally.h"
#include "host/engine/submitter.h"
#include "host/engine/worker_pool.h"
#include "host/net/task_group.h"
#include "host/work/block_assembly.h"
#include "host/work/verifier.h"

namespace lode::engine {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

/// A source that is behind is to be left within 5 s.
constexpr std::chrono::milliseconds kLookInterval{250};
constexpr int kLooksPerSample = 4;
constexpr int kSamplesPerRateEvent = 10;
constexpr std::chrono::seconds kRateSpan{10};
constexpr std::chrono::seconds kSteadyRateSpan{60};

/// How long work on the parent of a found block waits for the block's fate. Then the nodes are out of reach for longer,
/// and hashing on (for a node that is not) is worth more than avoiding a block of equal height.
constexpr std::chrono::seconds kFateAwaited{10};

/// Bytes of a block whose check takes less time than waking a thread for it.
constexpr std::size_t kCheckedAtOnce = 4096;

/// Candidates of each worker that are looked at before other things have their turn. One takes about 2 microseconds.
constexpr std::size_t kCandidatesAtOnce = 128;

constexpr std::chrono::minutes kWarningInterval{1};

/// Wrong results in a row after which a device is not believed any more.
constexpr int kHardwareErrorsAllowed = 5;

/// Difficulty of the target that a hash would just meet.
double difficulty_of(const chain::Hash256& hash) {
  return chain::Target::from_le_bytes(hash.bytes).difficulty();
}

}  // namespace

class Engine::Impl final : public SubmitterListener {
 public:
  Impl(asio::any_io_executor executor, EngineOptions options, EngineParts parts, Log log)
      : executor_(std::move(executor)),
        options_(std::move(options)),
        parts_(std::move(parts)),
        log_(std::move(log)),
        scheduler_(
            parts_.sources, [this](const std::shared_ptr<const work::Job>& job) { assign(job); },
            [this](work::WorkSource& source, const work::ShareOutcome& outcome) { on_share(source, outcome); },
            *parts_.listener, log_, SourcePatience{options_.return_after, options_.first_work}, balance()),
        submitter_(executor_, parts_.sinks, parts_.journal, *this, log_),
        tally_(parts_.sources),
        shares_(executor_, checker_.get_executor(),
                {.sources = parts_.sources,
                 .blocks = parts_.pool_blocks,
                 .totals = &totals_,
                 .tally = &tally_,
                 .listener = parts_.listener},
                log_),
        source_tasks_(executor_),
        tasks_(executor_),
        stop_signal_(executor_, asio::steady_timer::time_point::max()) {
    scheduler_.call_when_connected([this](const work::WorkSource& source) {
      for (work::BlockSink* sink : parts_.sinks)
        if (sink->name() == source.name()) submitter_.restore(*sink);
    });
    for (net::TaskGroup* tasks : {&source_tasks_, &tasks_}) {
      tasks->on_failure([this] { finish(StopReason::kAsked); });
    }
  }

  asio::awaitable<StopReason> run() {
    started_ = Clock::now();
    if (!start_workers()) co_return StopReason::kNoDevice;
    submitter_.resume();
    for (work::WorkSource* source : parts_.sources)
      source_tasks_.spawn(run_source(*source));
    tasks_.spawn(tick());
    tasks_.spawn(watch_time());
    while (!stop_reason_)
      co_await stop_signal_.async_wait(asio::as_tuple(asio::use_awaitable));

    workers_->stop();
    while (collect()) {  // what they found last
    }
    const auto deadline = Clock::now() + options_.submit_grace;
    co_await submitter_.finish(deadline);
    co_await shares_.finish(deadline);
    for (work::WorkSource* source : parts_.sources)
      source->stop();
    co_await source_tasks_.join();
    tasks_.cancel();
    co_await tasks_.join();
    checker_.join();
    sample();
    emit(Stopped{.totals = totals(),
                 .seconds = seconds(),
                 .sources = source_counters(),
                 .blocks_pending = submitter_.pending()});
    co_return *stop_reason_;
  }

  void finish(StopReason reason) {
    if (stop_reason_) return;
    stop_reason_ = reason;
    scheduler_.pause();  // at once: until run() goes on, more work could come and be solved
    stop_signal_.cancel();
  }

  [[nodiscard]] Snapshot snapshot() const {
    Snapshot shown;
    shown.totals = totals();
    shown.sources = source_counters();
    shown.seconds = seconds();
    shown.best_difficulty = best_difficulty_;
    shown.blocks_pending = submitter_.pending();
    if (workers_) {
      shown.rate_10s = workers_->rate(kRateSpan);
      shown.rate_60s = workers_->rate(kSteadyRateSpan);
      shown.rate_15min = workers_->rate(RateMeter::kHistory);
    }
    if (const auto& job = scheduler_.current()) {
      shown.source = job->work->source;
      shown.height = job->work->height;
      shown.network_difficulty = job->work->network_target.difficulty();
      shown.is_for_shares = job->work->is_for_shares();
      if (shown.rate_60s > 0) {
        shown.expected_seconds_to_block = job->work->network_target.expected_hashes() / shown.rate_60s;
        shown.expected_seconds_to_share = job->work->share_target.expected_hashes() / shown.rate_60s;
      }
    }
    return shown;
  }

  void on_restore_begun(const work::BlockSink& sink) override { hold(sink, true); }
  void on_restored(const chain::Hash256& previous_block) override { scheduler_.close_parent(previous_block); }
  void on_restore_ended(const work::BlockSink& sink) override { hold(sink, false); }

  void on_block_fate(const BlockFate& fate) override {
    const work::FoundBlock& block = fate.block;
    if (fate.outcome.kind == work::BlockOutcome::Kind::kAccepted) {
      ++totals_.blocks_accepted;
      emit(BlockAccepted{.hash = block.hash,
                         .height = block.height,
                         .sink = fate.sink,
                         .milliseconds = std::chrono::duration<double, std::milli>(fate.took).count(),
                         .resent = fate.resent});
      if (count_reached()) finish(StopReason::kAsked);
      scheduler_.close_parent(block.previous_block);
    } else {
      const bool stale = fate.outcome.kind == work::BlockOutcome::Kind::kStale;
      ++(stale ? totals_.blocks_stale : totals_.blocks_rejected);
      emit(BlockRejected{.hash = block.hash,
                         .height = block.height,
                         .sink = fate.sink,
                         .reason = fate.outcome.reason,
                         .detail = fate.outcome.detail,
                         .stale = stale});
      // Late: another block stands on the parent. More blocks on it would be late as well.
      if (stale) {
        scheduler_.close_parent(block.previous_block);
      } else {
        scheduler_.reopen_parent(block.previous_block);
      }
    }
    if (!stop_reason_ && !enough_on_the_way()) scheduler_.resume();
  }

 private:
  bool start_workers() {
    std::vector<std::unique_ptr<device::Device>> fit;
    std::vector<std::pair<std::size_t, Error>> to_restart;
    for (auto& device : parts_.devices) {
      const auto tested = device->self_test();
      if (!tested) {
        log_.error("{}: {}", device->info().id, tested.error().message());
        if (!device->can_restart()) {
          emit(DeviceFault{.device = device->info().id, .reason = tested.error().message()});
          continue;
        }
        to_restart.emplace_back(fit.size(), tested.error());
      }
      fit.push_back(std::move(device));
    }
    if (fit.empty()) return false;
    errors_in_a_row_.assign(fit.size(), 0);
    workers_.emplace(
        std::move(fit), [this] { request_collect(); }, parts_.first_scan);
    // As if they had failed while they worked: restarted and tested again, later and later, while the others go on.
    for (auto& [index, error] : to_restart)
      workers_->distrust(index, std::move(error));
    return true;
  }

  void hold(const work::BlockSink& sink, bool held) {
    for (work::WorkSource* source : parts_.sources)
      if (source->name() == sink.name()) scheduler_.hold_source(*source, held);
  }

  asio::awaitable<void> run_source(work::WorkSource& source) {
    const Error ended = co_await source.run(scheduler_);
    if (stop_reason_) co_return;
    scheduler_.on_ended(source, ended);
    if (scheduler_.all_ended()) finish(StopReason::kNoSource);
  }

  asio::awaitable<void> tick() {
    asio::steady_timer timer(executor_);
    Clock::time_point next = Clock::now();
    for (int looks = 0;; ++looks) {
      if (looks % kLooksPerSample == 0) {
        each_second(looks / kLooksPerSample + 1);
      } else {
        scheduler_.look_at_tips();
      }
      next += kLookInterval;
      timer.expires_at(next);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  void each_second(int samples) {
    sample();
    scheduler_.reopen_overdue(kFateAwaited);
    scheduler_.look_again();
    if (samples % kSamplesPerRateEvent != 0) return;
    const double rate = workers_->rate(kRateSpan);
    emit(Rate{.hashes_per_second = rate, .devices = workers_->device_rates(), .sources = source_counters()});
    for (work::WorkSource* source : parts_.sources)
      source->note_hash_rate(rate);
  }

  asio::awaitable<void> watch_time() {
    asio::steady_timer timer(executor_);
    if (!options_.stop_after || *options_.stop_after > options_.connect_timeout) {
      timer.expires_at(started_ + options_.connect_timeout);
      co_await timer.async_wait(asio::use_awaitable);
      if (!scheduler_.ever_reached()) {
        scheduler_.lose_silent(options_.connect_timeout);
        finish(StopReason::kNoSource);
        co_return;
      }
    }
    if (!options_.stop_after) co_return;
    timer.expires_at(started_ + std::chrono::duration_cast<Clock::duration>(*options_.stop_after));
    co_await timer.async_wait(asio::use_awaitable);
    finish(StopReason::kAsked);
  }

  /// Worker threads: have collect() run soon, once.
  void request_collect() {
    if (collect_requested_.exchange(true)) return;
    asio::post(executor_, [this] {
      collect_requested_.store(false);
      if (collect()) request_collect();
    });
  }

  /// Whether some are left. Where devices find more than can be looked at, everything else must have its turn too.
  bool collect() {
    const auto now = Clock::now();
    const bool left =
        workers_->collect(kCandidatesAtOnce, [&](const work::Candidate& candidate) { judge(candidate, now); });
    for (const auto& [index, news] : workers_->news())
      tell(index, news);
    return left;
  }

  void judge(const work::Candidate& candidate, Clock::time_point now) {
    const auto job = scheduler_.book().find(candidate.generation);
    if (!job) return warn_of_forgotten(candidate, now);
    const bool for_shares = job->work->is_for_shares();
    // The first block on a parent is the one that counts: on an easy target every worker finds some at once.
    if (!for_shares && (scheduler_.is_solved(*job) || enough_on_the_way())) return;
    const work::Verdict verdict = work::verify(*job, candidate.roll);
    using Kind = work::Verdict::Kind;
    if (verdict.kind == Kind::kHardwareError) {
      hardware_error(candidate.worker);
      return;
    }
    errors_in_a_row_[candidate.worker] = 0;
    best_difficulty_ = std::max(best_difficulty_, difficulty_of(verdict.hash));
    const bool is_block = verdict.kind == Kind::kBlock;
    if (for_shares && (is_block || verdict.kind == Kind::kShare)) {
      const work::WorkTemplate& work = *job->work;
      if (is_block && !work.share_target.is_met_by(verdict.hash) && scheduler_.has_pool_block(work.previous_block)) {
        return;
      }
      shares_.submit({.job = job, .roll = candidate.roll, .hash = verdict.hash, .is_block = is_block, .found = now},
                     scheduler_.book().is_current(candidate.generation), workers_->info(candidate.worker).id);
      if (is_block) scheduler_.note_pool_block(work.previous_block);
    } else if (is_block) {
      block_found(*job, candidate, now);
    }
  }

  void warn_of_forgotten(const work::Candidate& candidate, Clock::time_point now) {
    if (now < next_warning_) return;
    next_warning_ = now + kWarningInterval;
    log_.warn("{}: results came for work that was replaced so often that it is forgotten; they are dropped",
              workers_->info(candidate.worker).id);
  }

  void on_share(const work::WorkSource& source, const work::ShareOutcome& outcome) {
    shares_.on_answer(source, outcome);
    if (options_.stop_after_shares && totals_.shares_accepted >= *options_.stop_after_shares) {
      finish(StopReason::kAsked);
    }
  }

  void block_found(const work::Job& job, const work::Candidate& candidate, Clock::time_point now) {
    auto block = work::assemble_block(*job.work, candidate.roll);
    if (!block) {
      log_.error("a winning header could not be made into a block: {}", block.error().message());
      return;
    }
    ++totals_.blocks_found;
    tally_.block_found(job.source);
    const chain::Hash256 parent = job.work->previous_block;
    submitter_.submit(*block, now);
    scheduler_.hold_parent(parent);
    if (enough_on_the_way()) scheduler_.pause();
    emit(BlockFound{.hash = block->hash, .height = block->height, .device = workers_->info(candidate.worker).id});
    // Source and verifier have checked its parts; the whole is checked beside the sending, a large one on a thread of
    // its own. The nodes are the judges: a fault found here does not hold the block back, it tells people what to look
    // for.
    if (block->serialized->size() <= kCheckedAtOnce) {
      check_whole(*block);
    } else {
      asio::post(checker_, [this, found = *std::move(block)] { check_whole(found); });
    }
  }

  void check_whole(const work::FoundBlock& found) const {
    if (const auto sound = work::check_found_block(found); !sound) {
      log_.error("block {} breaks a rule, as lode sees it: {}", found.hash.to_display(), sound.error().message());
    }
  }

  void hardware_error(std::uint32_t worker) {
    if (!workers_->serves(worker))
      return;  // it was dropped for this; what is left in its ring is looked at for blocks only
    ++totals_.hardware_errors;
    const std::string& device = workers_->info(worker).id;
    log_.warn("{}: wrong result (hardware error)", device);
    emit(HardwareError{.device = device, .count = totals_.hardware_errors});
    if (++errors_in_a_row_[worker] >= kHardwareErrorsAllowed) {
      constexpr const char* kReason = "wrong results, one after another";
      errors_in_a_row_[worker] = 0;
      if (!workers_->distrust(worker, fail(Errc::kDevice, kReason))) drop_device(worker, kReason);
    }
  }

  void tell(std::size_t index, const device::DeviceNews& news) {
    const std::string& device = workers_->info(index).id;
    switch (news.kind) {
      case device::DeviceNews::Kind::kFailed: {
        const double seconds = std::chrono::duration<double>(news.restart_in).count();
        log_.error("{}: stopped working: {}; it is restarted in {} s", device, news.error.message(), seconds);
        emit(DeviceFault{.device = device, .reason = news.error.message(), .restart_in = seconds});
        break;
      }
      case device::DeviceNews::Kind::kLeftOut:
        drop_device(index, news.error.message());
        break;
      case device::DeviceNews::Kind::kBack:
        log_.info("{}: works again", device);
        emit(DeviceBack{.device = device});
        break;
    }
  }

  void drop_device(std::size_t index, const std::string& reason) {
    const std::string& device = workers_->info(index).id;
    log_.error("{}: out of service: {}", device, reason);
    emit(DeviceFault{.device = device, .reason = reason});
    workers_->retire(index);
    if (workers_->usable() == 0) finish(StopReason::kNoDevice);
  }

  void assign(const std::shared_ptr<const work::Job>& job) {
    if (workers_) workers_->assign(job);
    if (!job) return;
    if (!job->work->is_for_shares() && job->work->height > 0) submitter_.note_tip(job->work->height - 1);
    shares_.look_for_blocks(*job->work);
    if (count_reached()) finish(StopReason::kAsked);
  }

  void sample() { workers_->sample(Clock::now()); }

  [[nodiscard]] bool count_reached() const {
    return options_.stop_after_blocks && totals_.blocks_accepted >= *options_.stop_after_blocks;
  }

  /// So many blocks are accepted or on their way that another could exceed what was asked for.
  [[nodiscard]] bool enough_on_the_way() const {
    return options_.stop_after_blocks && totals_.blocks_accepted + submitter_.pending() >= *options_.stop_after_blocks;
  }

  [[nodiscard]] Totals totals() const {
    Totals now = totals_;
    if (workers_) now.hashes = workers_->hashes();
    return now;
  }

  [[nodiscard]] std::vector<SourceCounters> source_counters() const {
    std::vector<SourceCounters> all = tally_.counters();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const SourceHealth& health = scheduler_.health(i);
      all[i].connected = health.is_connected();
      all[i].state = state_name(health.state(Clock::now()));
      all[i].trouble = health.trouble(Clock::now());
      if (workers_) all[i].hashes = workers_->hashes_for(i);
    }
    return all;
  }

  /// How the scheduler shares out the hashes; nothing: it does not.
  [[nodiscard]] std::optional<Balance> balance() {
    if (options_.quotas.empty()) return std::nullopt;
    return Balance{.quotas = options_.quotas, .hashes_for = [this](std::size_t source) {
                     return workers_ ? workers_->hashes_for(source) : std::uint64_t{0};
                   }};
  }

  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  void emit(const Event& event) { parts_.listener->on_event(event); }

  asio::any_io_executor executor_;
  EngineOptions options_;
  EngineParts parts_;
  Log log_;
  Clock::time_point started_ = Clock::now();
  std::atomic<bool> collect_requested_{false};
  std::optional<WorkerPool> workers_;
  Scheduler scheduler_;
  Submitter submitter_;
  asio::thread_pool checker_{1};
  Totals totals_;
  SourceTally tally_;
  ShareSubmitter shares_;
  double best_difficulty_ = 0;
  Clock::time_point next_warning_{};  ///< of forgotten work
  std::vector<int> errors_in_a_row_;  ///< by worker
  std::optional<StopReason> stop_reason_;
  net::TaskGroup source_tasks_;     ///< end when their source is stopped
  net::TaskGroup tasks_;            ///< end when cancelled
  asio::steady_timer stop_signal_;  ///< never expires; cancelled by finish()
};

Engine::Engine(asio::any_io_executor executor, EngineOptions options, EngineParts parts, Log log)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), std::move(parts), std::move(log))) {}

Engine::~Engine() = default;

asio::awaitable<StopReason> Engine::run() {
  return impl_->run();
}

void Engine::stop() {
  impl_->finish(StopReason::kAsked);
}

Snapshot Engine::snapshot() const {
  return impl_->snapshot();
}

}  // namespace lode::engine
