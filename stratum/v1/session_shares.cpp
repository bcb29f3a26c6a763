#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "host/base/hex.h"
#include "host/work/header_builder.h"
#include "stratum/v1/session.h"

namespace lode::stratum::v1 {
namespace {

/// Shares found before the worker is authorized, and shares that await an answer.
constexpr std::size_t kMaxHeld = 256;
constexpr std::size_t kMaxUnanswered = 4096;
/// A worker that the pool has forgotten is authorized again, at most this often.
constexpr std::chrono::seconds kAuthorizeAgain{60};

std::uint32_t height_of(const work::Share& share) {
  return share.is_block && share.job ? share.job->work->height : 0;
}

/// Whether the pool says that it has what was sent.
bool has_it(ShareVerdict verdict) {
  return verdict == ShareVerdict::kAccepted || verdict == ShareVerdict::kDuplicate;
}

void note_error(work::ShareOutcome& outcome, const PeerError& error) {
  constexpr std::int64_t kLowest = std::numeric_limits<int>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<int>::max();
  outcome.code = static_cast<int>(std::clamp(error.code, kLowest, kHighest));
  outcome.reason = error.text;
}

}  // namespace

const Session::Issued* Session::find_issued(const work::Share& share) const {
  if (!share.job) return nullptr;
  const auto it = std::find_if(issued_.begin(), issued_.end(),
                               [&](const Issued& issued) { return issued.work == share.job->work; });
  return it == issued_.end() ? nullptr : &*it;
}

bool Session::has_issued(const work::Share& share) const {
  return find_issued(share) != nullptr;
}

std::optional<Session::Fault> Session::fault_of(const work::Share& share, const Issued& issued) const {
  if (share.is_block) return std::nullopt;  // goes out whatever is thought of it: the pool takes it if it can
  const work::WorkTemplate& work = *issued.work;
  const work::Roll& roll = share.roll;
  if (issued.is_void) return Fault{ShareVerdict::kStale, "a newer job made it void"};
  if (!is_within_mask(roll.version, work.version, work.version_mask & mask_)) {
    return Fault{ShareVerdict::kStale, "it rolls version bits that the pool has taken back"};
  }
  if (roll.time < work.time || roll.time - work.time > work.time_roll_limit) {
    return Fault{ShareVerdict::kRejected, "its time is outside what its job allows"};
  }
  if (!work.share_target.is_met_by(share.hash)) {
    return Fault{ShareVerdict::kLowDifficulty, "it does not meet its job's target"};
  }
  if (applies_difficulty_at_once() && !next_target_.is_met_by(share.hash)) {
    return Fault{ShareVerdict::kLowDifficulty, "the pool has raised the difficulty since"};
  }
  return std::nullopt;
}

Outputs Session::submit(const work::Share& share, TimePoint now) {
  const Issued* issued = find_issued(share);
  if (over_ || issued == nullptr) {
    hold_back(share, ShareVerdict::kStale, "its job is not of this connection", now);
  } else if (const auto fault = fault_of(share, *issued)) {
    hold_back(share, fault->verdict, fault->why, now);
  } else if (!memory_.ledger.note_result(issued->work->previous_block, share.hash) ||
             memory_.open_blocks.knows(share.hash)) {  // found once more by a run that went on in the same session
    hold_back(share, ShareVerdict::kDuplicate, "it was sent before", now);
  } else {
    if (share.is_block) memory_.open_blocks.add(submission_of(share, issued->mask));
    if (authorized_) {
      send_share(share, *issued, now);
    } else if (held_shares_.size() < kMaxHeld) {
      held_shares_.push_back(share);
    } else {
      hold_back(share, ShareVerdict::kUnanswered, "too many shares wait for the worker to be authorized", now);
    }
  }
  return take();
}

Outputs Session::submit_earlier(const Submission& block, TimePoint now) {
  memory_.open_blocks.add(block);
  emit(ShareResult{.verdict = ShareVerdict::kUnanswered,
                   .outcome = {.kind = outcome_kind(ShareVerdict::kUnanswered),
                               .reason = "not sent yet: its job is of an earlier connection",
                               .hash = block.hash,
                               .was_block = true,
                               .height = block.height,
                               .took = now - block.found}});
  if (authorized_ && !over_) send_open_blocks(now);
  return take();
}

std::uint32_t Session::mask_for(const Submission& share) const noexcept {
  // A block may be older than the mask that is in force.
  return is_within_mask(share.version, share.job_version, mask_) ? mask_ : share.mask;
}

std::string Session::encode_submit(const Submission& share, std::int64_t id) const {
  boost::json::array params{options_.user, share.job_id, to_hex(share.extranonce2), fmt::format("{:08x}", share.time),
                            fmt::format("{:08x}", share.nonce)};
  if (version_rolling_) {
    const std::uint32_t bits = submitted_bits(share.version, share.job_version, mask_for(share), memory_.bits_form);
    params.emplace_back(fmt::format("{:08x}", bits));
  }
  return encode_request(id, "mining.submit", std::move(params));
}

void Session::send_share(const work::Share& share, const Issued& issued, TimePoint now) {
  const Submission submission = submission_of(share, issued.mask);
  const std::int64_t id = ++last_id_;
  sent_shares_.emplace(id,
                       SentShare{share, now, version_rolling_ && (issued.work->version & mask_for(submission)) != 0});
  send(encode_submit(submission, id));
  if (share.is_block) memory_.open_blocks.note_sent(share.hash, id, now);
  if (sent_shares_.size() <= kMaxUnanswered) return;
  const SentShare oldest = sent_shares_.begin()->second;
  sent_shares_.erase(sent_shares_.begin());
  report(oldest.share, ShareVerdict::kUnanswered, nullptr, oldest.sent, now);
}

void Session::send_open_blocks(TimePoint now) {
  while (const Submission* block = memory_.open_blocks.next_to_send(now)) {
    const std::int64_t id = ++last_id_;
    emit(Warning{fmt::format("block {} at height {} is sent again: the pool has not said that it has it",
                             block->hash.to_display(), block->height)});
    send(encode_submit(*block, id));
    memory_.open_blocks.note_sent(block->hash, id, now);
  }
}

void Session::send_held_shares(TimePoint now) {
  std::vector<work::Share> held = std::exchange(held_shares_, {});
  std::stable_partition(held.begin(), held.end(), [](const work::Share& share) { return share.is_block; });
  for (const work::Share& share : held) {
    const Issued* issued = find_issued(share);
    if (issued == nullptr) {
      hold_back(share, ShareVerdict::kStale, "its job was forgotten", now);
    } else if (const auto fault = fault_of(share, *issued)) {  // things may have changed while it waited
      hold_back(share, fault->verdict, fault->why, now);
    } else {
      send_share(share, *issued, now);
    }
  }
}

void Session::report(const work::Share& share, ShareVerdict verdict, const Reply* reply, std::optional<TimePoint> sent,
                     TimePoint now) {
  ShareResult result{.verdict = verdict,
                     .outcome = {.kind = outcome_kind(verdict),
                                 .hash = share.hash,
                                 .was_block = share.is_block,
                                 .height = height_of(share),
                                 .settled = share.is_block && has_it(verdict),
                                 .took = now - share.found},
                     .sent = sent.has_value()};
  if (sent) result.latency = now - *sent;
  const Issued* issued = find_issued(share);
  result.outcome.unexplained =
      reply != nullptr && verdict == ShareVerdict::kStale && issued != nullptr && !issued->is_void;
  if (reply != nullptr && reply->error) note_error(result.outcome, *reply->error);
  if (verdict != ShareVerdict::kAccepted && result.outcome.reason.empty()) {
    result.outcome.reason = verdict == ShareVerdict::kUnanswered ? "no answer" : "the pool gave no reason";
  }
  emit(std::move(result));
}

void Session::hold_back(const work::Share& share, ShareVerdict verdict, std::string_view why, TimePoint now) {
  const bool kept = share.is_block && verdict == ShareVerdict::kUnanswered;
  ShareResult result{.verdict = verdict,
                     .outcome = {.kind = outcome_kind(verdict),
                                 .reason = fmt::format("{}: {}", kept ? "not sent yet" : "not sent", why),
                                 .hash = share.hash,
                                 .was_block = share.is_block,
                                 .height = height_of(share),
                                 .held_back = true,
                                 .took = now - share.found}};
  emit(std::move(result));
}

void Session::on_share_reply(const SentShare& sent, const Reply& reply, TimePoint now) {
  const ShareVerdict verdict = judge_share_reply(reply);
  report(sent.share, verdict, &reply, sent.sent, now);
  if (sent.share.is_block) note_block_answer(sent.share.hash, verdict, now);
  if (verdict == ShareVerdict::kUnauthorized && (!authorized_again_ || now >= *authorized_again_ + kAuthorizeAgain)) {
    authorized_again_ = now;
    ask_authorize(now);
  }
  learn(sent, verdict, now);
}

void Session::learn(const SentShare& sent, ShareVerdict verdict, TimePoint now) {
  if (verdict == ShareVerdict::kAccepted) {
    if (sent.has_job_bits) memory_.bits_form_proved = true;
    return;
  }
  if (verdict != ShareVerdict::kLowDifficulty) return;
  // A block may miss what its job asks of shares.
  if (!sent.share.job->work->share_target.is_met_by(sent.share.hash)) return;
  if (!next_target_.is_met_by(sent.share.hash)) {
    // It met what its job asks for, and not what was asked for later: that counts for running jobs too.
    if (options_.difficulty_timing != DifficultyTiming::kLearn || memory_.difficulty_at_once) return;
    memory_.difficulty_at_once = true;
    emit(Warning{"the pool applies a new difficulty to the job that runs: so will lode"});
    apply_difficulty_now(now);
    return;
  }
  if (learn_of_suggestion(now)) return;
  if (!sent.has_job_bits || memory_.bits_form_proved) return;
  // The pool hashed another header: it puts version bits together in the other way.
  memory_.bits_form =
      memory_.bits_form == VersionBitsForm::kMasked ? VersionBitsForm::kChange : VersionBitsForm::kMasked;
}

bool Session::learn_of_suggestion(TimePoint now) {
  const auto target = agreed_target();
  if (!target || !(*target < next_target_)) return false;
  memory_.judges_by_suggestion = true;
  next_target_ = *target;
  emit(Warning{
      fmt::format("the pool names no difficulty and refuses shares of the usual first one: it seems to mean the "
                  "suggested {:g}, and gets shares of that",
                  target->difficulty())});
  apply_difficulty_now(now);
  return true;
}

void Session::expire_shares(TimePoint now) {
  while (!sent_shares_.empty() && now >= sent_shares_.begin()->second.sent + options_.limits.share) {
    const SentShare late = sent_shares_.begin()->second;
    sent_shares_.erase(sent_shares_.begin());
    report(late.share, ShareVerdict::kUnanswered, nullptr, late.sent, now);
    if (late.share.is_block) memory_.open_blocks.note_silence(late.share.hash, now);
    if (last_heard_ <= late.sent) return finish_silent(now);
  }
}

void Session::finish_silent(TimePoint now) {
  finish(fail(Errc::kTimeout, fmt::format("the pool has been silent for {} s since a share was sent",
                                          options_.limits.share.count() / 1000)),
         now);
}

void Session::note_block_answer(const chain::Hash256& hash, ShareVerdict verdict, TimePoint now) {
  if (has_it(verdict)) {
    memory_.open_blocks.close(hash);
  } else if (verdict == ShareVerdict::kUnauthorized) {  // says nothing about the block
    memory_.open_blocks.note_silence(hash, now);
  } else {
    memory_.open_blocks.note_refusal(hash, now);
  }
}

void Session::on_block_reply(const Submission& block, TimePoint sent, const Reply& reply, TimePoint now) {
  const ShareVerdict verdict = judge_share_reply(reply);
  // Under another extranonce1 the pool has looked at another header.
  const bool same_header = block.extranonce1 == extranonce_.prefix;
  ShareResult result{.verdict = verdict,
                     .outcome = {.kind = outcome_kind(verdict),
                                 .hash = block.hash,
                                 .was_block = true,
                                 .height = block.height,
                                 .settled = same_header && has_it(verdict),
                                 .again = true,
                                 .took = now - block.found},
                     .sent = true,
                     .latency = now - sent};
  if (reply.error) note_error(result.outcome, *reply.error);
  emit(std::move(result));
  note_block_answer(block.hash, verdict, now);
}

void Session::look_for_blocks(const work::WorkTemplate& work, TimePoint now) {
  for (const auto& [block, in_chain] : memory_.open_blocks.look_at(work.previous_block, work.height, now)) {
    emit(ShareResult{.verdict = in_chain ? ShareVerdict::kAccepted : ShareVerdict::kStale,
                     .outcome = {.kind = outcome_kind(in_chain ? ShareVerdict::kAccepted : ShareVerdict::kStale),
                                 .reason = in_chain ? "it is in the chain" : "its height is buried",
                                 .hash = block.hash,
                                 .was_block = true,
                                 .height = block.height,
                                 .settled = true,
                                 .again = true,
                                 .took = now - block.found},
                     .sent = true});
  }
}

void Session::expire_blocks(TimePoint now) {
  while (const auto late = memory_.open_blocks.overdue(now - options_.limits.share)) {
    memory_.open_blocks.note_silence(late->hash, now);
    if (last_heard_ <= late->sent) return finish_silent(now);
  }
  if (authorized_) send_open_blocks(now);
}

}  // namespace lode::stratum::v1
