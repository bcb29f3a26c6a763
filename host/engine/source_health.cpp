#include "host/engine/source_health.h"

#include <algorithm>
#include <utility>

namespace lode::engine {
namespace {

/// Shares in a row that a source may refuse before it counts as unwell, and for how long it does at first.
constexpr int kRefusalsAllowed = 16;
constexpr std::chrono::seconds kFirstUnwell{60};
constexpr std::chrono::seconds kLongestUnwell{3600};

bool is_refusal(const work::ShareOutcome& outcome) noexcept {
  using Kind = work::ShareOutcome::Kind;
  return outcome.kind == Kind::kRejected || outcome.kind == Kind::kLowDifficulty || outcome.kind == Kind::kDuplicate ||
         (outcome.kind == Kind::kStale && outcome.unexplained);
}

/// Of refusals without end, by what the source calls the last.
std::string_view likely_cause(work::ShareOutcome::Kind kind) noexcept {
  switch (kind) {
    case work::ShareOutcome::Kind::kLowDifficulty:
      return "it hashes another header or means another difficulty; try --no-version-rolling, and go without "
             "--suggest-difficulty";
    case work::ShareOutcome::Kind::kDuplicate:
      return "it seems to give the same work to several miners; give each a worker name of its own (--user)";
    case work::ShareOutcome::Kind::kStale:
      return "it calls shares of its newest job late, as if it did not know the job; it may have lost its node";
    default:
      return "see the reason it gives, and check the worker name (--user)";
  }
}

}  // namespace

std::string_view state_name(SourceState state) noexcept {
  switch (state) {
    case SourceState::kConnecting:
      return "connecting";
    case SourceState::kWithoutWork:
      return "without work";
    case SourceState::kWorking:
      return "working";
    case SourceState::kUnwell:
      return "unwell";
    case SourceState::kEnded:
      break;
  }
  return "ended";
}

bool SourceHealth::connect() {
  if (std::exchange(connected_, true)) return false;
  last_error_.clear();
  return true;
}

void SourceHealth::give_work(std::shared_ptr<const work::WorkTemplate> work, TimePoint now) {
  if (work_ == nullptr) well_since_ = now;
  if (work_ == nullptr || work_->previous_block != work->previous_block) tip_since_ = now;
  work_ = std::move(work);
  work_since_ = now;
  withdrawn_.clear();
  reached_ = true;
}

void SourceHealth::withdraw_work(const Error& reason) {
  withdrawn_ = reason.message();
  work_ = nullptr;
}

bool SourceHealth::lose(const Error& reason, bool for_good) {
  const bool was_connected = std::exchange(connected_, false);
  ended_ = for_good;
  if (reason.is(Errc::kUnauthorized)) reached_ = false;
  work_ = nullptr;
  withdrawn_.clear();
  const bool is_new = reason.message() != last_error_;
  last_error_ = reason.message();
  return was_connected || for_good || is_new;
}

std::optional<SourceHealth::Refusals> SourceHealth::note_answer(const work::ShareOutcome& outcome, TimePoint now) {
  // A block's answer, and that of a share that was not sent, have reasons of their own.
  if (outcome.again || outcome.was_block || outcome.held_back) return std::nullopt;
  if (outcome.kind == work::ShareOutcome::Kind::kAccepted) {
    refusals_ = times_unwell_ = 0;
    unwell_until_ = {};
  }
  if (!is_refusal(outcome) || ++refusals_ < kRefusalsAllowed) return std::nullopt;
  refusals_ = 0;
  const auto pause = std::min(kFirstUnwell * (1 << std::min(times_unwell_++, 10)), kLongestUnwell);
  unwell_until_ = now + pause;
  return Refusals{.count = kRefusalsAllowed, .pause = pause, .likely_cause = likely_cause(outcome.kind)};
}

void SourceHealth::note_behind(std::string why, TimePoint now) {
  if (is_behind() && why.empty()) well_since_ = now;
  behind_ = std::move(why);
}

SourceState SourceHealth::state(TimePoint now) const noexcept {
  if (ended_) return SourceState::kEnded;
  if (!connected_) return SourceState::kConnecting;
  if (work_ == nullptr) return SourceState::kWithoutWork;
  return now < unwell_until_ || is_behind() ? SourceState::kUnwell : SourceState::kWorking;
}

std::string SourceHealth::trouble(TimePoint now) const {
  switch (state(now)) {
    case SourceState::kEnded:
    case SourceState::kConnecting:
      return last_error_.empty() ? "no answer yet" : last_error_;
    case SourceState::kWithoutWork:
      return withdrawn_.empty() ? "it has sent no work" : withdrawn_;
    case SourceState::kUnwell:
      return is_behind() ? behind_ : "it refuses share after share";
    case SourceState::kWorking:
      break;
  }
  return {};
}

}  // namespace lode::engine
