#include "host/node/longpoll_gate.h"

#include <algorithm>
#include <utility>

namespace lode::node {

namespace {

/// Differences of clocks that are set differently from run to run mean nothing.
LongpollGate::Clock::duration age_of(const OpenLongpoll& open) {
  const auto age = std::chrono::system_clock::now() - open.sent;
  return std::chrono::duration_cast<LongpollGate::Clock::duration>(
      std::clamp<std::chrono::system_clock::duration>(age, std::chrono::seconds(0), std::chrono::hours(24)));
}

}  // namespace

LongpollGate::LongpollGate(LongpollGateTimes times, std::shared_ptr<LongpollRecord> record, Clock::time_point now)
    : times_(times), record_(std::move(record)) {
  if (!record_) return;
  auto open = record_->load();
  if (!open) return;
  recorded_ = !open->tip;
  left_ = Longpoll{open->tip, std::move(open->id), now - age_of(*open), std::nullopt};
}

bool LongpollGate::has_ended(const Longpoll& longpoll, Clock::time_point now) const {
  if (!longpoll.tip) return false;
  if (now - longpoll.sent >= times_.longest) return true;
  return longpoll.outdated &&
         now >= std::max(longpoll.sent + times_.first_look, *longpoll.outdated) + times_.later_looks;
}

bool LongpollGate::is_open(Clock::time_point now) {
  if (left_ && has_ended(*left_, now)) left_.reset();
  return !left_ && now >= paused_until_;
}

void LongpollGate::saw(const chain::Hash256& tip, std::string_view longpoll_id, Clock::time_point now) {
  if (!left_) return;
  if (!left_->tip) {
    // It waits for the end of this tip or an earlier one, and was sent before now.
    left_ = Longpoll{tip, std::string(longpoll_id), now, std::nullopt};
  } else if (*left_->tip != tip) {
    left_.reset();
  } else if (left_->id != longpoll_id && !left_->outdated) {
    left_->outdated = now;
  }
}

void LongpollGate::sent(const chain::Hash256& tip, std::string_view longpoll_id, Clock::time_point now) {
  waiting_ = Longpoll{tip, std::string(longpoll_id), now, std::nullopt};
  if (!record_ || std::exchange(recorded_, true)) return;
  // For a process that is killed. The tip will have changed by then, so it is not told.
  record_->save({.tip = std::nullopt, .id = {}, .sent = std::chrono::system_clock::now()});
}

void LongpollGate::left() noexcept {
  if (waiting_) left_ = std::exchange(waiting_, std::nullopt);
}

void LongpollGate::starved(Clock::time_point now) {
  left();
  const bool was_calm = now - paused_until_ >= times_.calm;
  pause_ = pause_.count() == 0 || was_calm ? times_.first_pause : std::min(2 * pause_, times_.longest_pause);
  paused_until_ = now + pause_;
}

void LongpollGate::close(Clock::time_point now) {
  left();
  if (!record_) return;
  recorded_ = left_ && !left_->tip;
  if (!left_) return record_->clear();
  const auto age = std::chrono::duration_cast<std::chrono::system_clock::duration>(now - left_->sent);
  record_->save({.tip = left_->tip, .id = left_->id, .sent = std::chrono::system_clock::now() - age});
}

}  // namespace lode::node
