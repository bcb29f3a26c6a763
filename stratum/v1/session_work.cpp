#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "stratum/v1/coinbase_view.h"
#include "stratum/v1/param_reader.h"
#include "stratum/v1/session.h"

namespace lode::stratum::v1 {
namespace {

/// How much handed-over work is remembered for its shares. Pools that send megabytes get fewer jobs remembered.
constexpr std::size_t kIssuedJobs = 64;
constexpr std::size_t kIssuedBytes = std::size_t{16} << 20;

/// Headers of one second, as a power of two, up to which the time is moved on: every second, or now and then.
constexpr std::size_t kTinySpace = 48;
constexpr std::size_t kSmallSpace = 60;
constexpr std::chrono::seconds kTinySpacePeriod{1};
constexpr std::chrono::seconds kSmallSpacePeriod{15};

/// In which changes of a running job are counted: a message of a few bytes has a whole job made and every device
/// turned to it.
constexpr std::chrono::seconds kChangesPeriod{10};

std::size_t bytes_of(const work::WorkTemplate& work) noexcept {
  return sizeof(work) + work.coinbase_prefix.size() + work.coinbase_suffix.size() +
         work.merkle_branch.size() * sizeof(chain::Hash256);
}

std::string duration_text(double seconds) {
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} d", seconds / 86'400);
}

}  // namespace

bool Session::applies_difficulty_at_once() const noexcept {
  return options_.difficulty_timing == DifficultyTiming::kAtOnce ||
         (options_.difficulty_timing == DifficultyTiming::kLearn && memory_.difficulty_at_once);
}

void Session::on_notify(const Request& request, TimePoint now) {
  auto notify = parse_notify(request.params);
  if (!notify) {
    on_bad_message(notify.error(), now);
    return;
  }
  if (subscribed_) {
    if (deferred_notify_ && deferred_notify_->clean) notify->clean = true;
    deferred_notify_ = std::move(*notify);
    last_job_ = last_sign_ = now;
    take_deferred_notify(now);
    return;
  }
  if (early_notify_ && early_notify_->clean) notify->clean = true;
  early_notify_ = std::move(*notify);
}

TimePoint Session::next_job_at() const {
  return jobs_taken_until_ - static_cast<std::int64_t>(options_.limits.jobs - 1) * options_.limits.job_pause;
}

void Session::take_deferred_notify(TimePoint now) {
  if (!deferred_notify_ || now < next_job_at()) return;
  jobs_taken_until_ = std::max(jobs_taken_until_, now) + options_.limits.job_pause;
  Notify notify = std::move(*deferred_notify_);
  deferred_notify_.reset();
  take_notify(std::move(notify), now);
}

void Session::take_notify(Notify notify, TimePoint now) {
  last_job_ = last_sign_ = now;
  if (next_extranonce_) {
    extranonce_ = std::move(*next_extranonce_);
    next_extranonce_.reset();
  }
  // A new previous block voids older work, whatever the flag says.
  const bool moved = current_ && current_->notify.previous_block != notify.previous_block;
  const bool clean = notify.clean || moved;
  if (current_) {
    Notify same = notify;
    same.clean = current_->notify.clean;
    if (same == current_->notify && extranonce_ == current_->extranonce && next_target_ == current_->target) {
      // The same job again: what runs goes on, and nothing begins anew. Others may be void by it.
      if (clean) {
        const auto is_of_it = [&](const Issued& issued) {
          return issued.work->job_id == notify.job_id && issued.work->extranonce1 == extranonce_.prefix;
        };
        for (Issued& issued : issued_)
          issued.is_void = issued.is_void || !is_of_it(issued);
      }
      return;
    }
  }
  const chain::Hash256 content = SearchLedger::content_of(notify, extranonce_);
  current_ = Current{.notify = std::move(notify),
                     .extranonce = extranonce_,
                     .content = content,
                     .target = next_target_,
                     .received = now};
  void_namesakes();
  issue(NewWork::Cause::kJob, clean, now);
  warn_of_first_share();
}

void Session::on_difficulty(const Result<chain::Target>& target, TimePoint now) {
  if (!target) {
    on_bad_message(target.error(), now);
    return;
  }
  const bool first = !has_difficulty_;
  has_difficulty_ = true;
  memory_.judges_by_suggestion = false;
  if (!first && *target == next_target_) return;
  next_target_ = *target;
  emit(DifficultyChanged{*target});
  // The first one of all can only be meant for the job that is already there.
  if (first || applies_difficulty_at_once()) apply_difficulty_now(now);
}

void Session::apply_difficulty_now(TimePoint now) {
  if (!current_ || current_->target == next_target_) return;
  if (!may_change(now)) return;
  current_->target = next_target_;
  issue(NewWork::Cause::kDifficulty, false, now);
  warn_of_first_share();
}

std::optional<chain::Target> Session::agreed_target() const {
  if (!suggestion_agreed_ || has_difficulty_) return std::nullopt;
  if (options_.suggest_target) return options_.suggest_target;
  const auto target = chain::Target::from_difficulty(options_.suggest_difficulty.value_or(1));
  return target ? std::optional(*target) : std::nullopt;
}

void Session::on_suggestion_answered(const Reply& reply, TimePoint now) {
  const bool* agreed = reply.result.if_bool();
  suggestion_agreed_ = suggestion_agreed_ || (!reply.error && agreed != nullptr && *agreed);
  const auto target = agreed_target();
  if (!target || !memory_.judges_by_suggestion) return;
  next_target_ = *target;
  apply_difficulty_now(now);
}

void Session::on_set_version_mask(const Request& request, TimePoint now) {
  ParamReader params(request.params, "mining.set_version_mask");
  const boost::json::value* value = params.find(0);
  const auto mask = value == nullptr ? std::nullopt : parse_mask(*value);
  if (!mask) {
    params.fail("mask", "is not a string of hex digits");
    on_bad_message(*params.failure(), now);
    return;
  }
  const bool asked = options_.version_mask != 0 && options_.configure != ConfigureOrder::kNever;
  if (!asked || version_rolling_refused_) return;  // not negotiated: BIP310 gives it no meaning
  version_rolling_ = true;
  on_mask(*mask, now);
}

void Session::on_mask(std::uint32_t answered, TimePoint now) {
  const std::uint32_t mask = clamp_mask(answered, options_.version_mask);
  if (mask == mask_) return;
  if (current_ && !may_change(now)) return;
  mask_ = mask;
  if (current_) issue(NewWork::Cause::kVersionMask, false, now);
}

bool Session::may_change(TimePoint now) {
  if (now - changes_since_ >= kChangesPeriod) {
    changes_since_ = now;
    changes_ = 0;
  }
  if (++changes_ <= options_.limits.changes) return true;
  finish(fail(Errc::kProtocol, "the pool changes difficulty or version bits of its job without end"), now);
  return false;
}

std::uint32_t Session::last_allowed_time(TimePoint now) const {
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - current_->received).count();
  const std::uint64_t last =
      current_->notify.time + static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed, 0)) + options_.time_ahead;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(last, std::numeric_limits<std::uint32_t>::max()));
}

void Session::issue(NewWork::Cause cause, bool clean, TimePoint now) {
  const Notify& notify = current_->notify;
  const std::uint32_t last_time = last_allowed_time(now);
  const bool later = cause == NewWork::Cause::kTime;
  const std::uint32_t from =
      later ? memory_.ledger.next_time(current_->content, last_time).value_or(last_time) : notify.time;
  const SearchStart start =
      memory_.ledger.begin(current_->content, current_->extranonce.extranonce2_size, from, last_time);

  auto work = std::make_shared<work::WorkTemplate>();
  work->source = options_.name;
  work->job_id = notify.job_id;
  work->session_id = memory_.session_id;
  work->clean = clean;
  work->version = notify.version;
  work->version_mask = rollable_mask(mask_, notify.version);
  work->previous_block = notify.previous_block;
  work->time = start.time;
  work->time_roll_limit = last_time - start.time;
  work->bits = notify.bits;
  work->network_target = notify.network_target;
  work->share_target = current_->target;
  work->coinbase_prefix = notify.coinbase_prefix;
  work->extranonce1 = current_->extranonce.prefix;
  work->extranonce2_size = current_->extranonce.extranonce2_size;
  work->first_extranonce2 = start.extranonce2;
  work->coinbase_suffix = notify.coinbase_suffix;
  work->merkle_branch = notify.merkle_branch;
  // A coinbase that cannot be read is the pool's business; the auditor of jobs warns of it.
  if (const auto coinbase = view_coinbase(*work)) work->height = coinbase->height.value_or(0);
  look_for_blocks(*work, now);

  if (clean) void_older_work();
  issued_bytes_ += bytes_of(*work);
  issued_.push_back({.work = work, .mask = mask_, .content = current_->content});
  forget_old_work();
  last_issue_ = now;
  emit(NewWork{std::move(work), cause});
}

void Session::void_older_work() {
  for (Issued& issued : issued_)
    issued.is_void = true;
}

void Session::void_namesakes() {
  // To the pool the name now stands for the new job: what was handed over under it before is judged as that.
  const Notify& notify = current_->notify;
  for (Issued& issued : issued_) {
    if (issued.work->job_id != notify.job_id) continue;
    const bool passes_as_new = issued.content == current_->content && issued.work->version == notify.version &&
                               issued.work->time >= notify.time && issued.work->share_target <= current_->target;
    issued.is_void = issued.is_void || !passes_as_new;
  }
}

void Session::forget_old_work() {
  while (issued_.size() > 1 && (issued_.size() > kIssuedJobs || issued_bytes_ > kIssuedBytes)) {
    issued_bytes_ -= bytes_of(*issued_.front().work);
    issued_.pop_front();
  }
}

void Session::warn_of_first_share() {
  if (hash_rate_ <= 0 || !current_ || current_->target >= warned_target_) return;
  const double seconds = current_->target.expected_hashes() / hash_rate_;
  if (seconds * 1000 <= static_cast<double>(options_.limits.first_share.count())) return;
  warned_target_ = current_->target;
  emit(
      Warning{fmt::format("the pool's difficulty of {:g} is high for {:g} hashes a second: the first share is expected "
                          "in {}",
                          current_->target.difficulty(), hash_rate_, duration_text(seconds))});
}

std::optional<TimePoint> Session::time_roll_deadline() const {
  if (!current_) return std::nullopt;
  const auto version_bits = static_cast<std::size_t>(std::popcount(rollable_mask(mask_, current_->notify.version)));
  const std::size_t space = 32 + version_bits + 8 * current_->extranonce.extranonce2_size;
  if (space > kSmallSpace) return std::nullopt;
  return last_issue_ + (space <= kTinySpace ? kTinySpacePeriod : kSmallSpacePeriod);
}

void Session::expire_work(TimePoint now) {
  const auto deadline = time_roll_deadline();
  if (!deadline || now < *deadline) return;
  if (memory_.ledger.next_time(current_->content, last_allowed_time(now))) {
    issue(NewWork::Cause::kTime, false, now);
  } else {
    last_issue_ = now;  // the time cannot be moved on any more; ask again after another period
  }
}

}  // namespace lode::stratum::v1
