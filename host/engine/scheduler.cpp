#include "host/engine/scheduler.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace lode::engine {
namespace {

/// Closed parents that are remembered. A source that still offers one of them is a block or two behind, not a thousand.
constexpr std::size_t kRememberedParents = 1024;

/// A template on a closed parent that arrives this long after the block was accepted is no straggler: its node means
/// it.
constexpr std::chrono::seconds kStragglersLast{3};

}  // namespace

Scheduler::Scheduler(std::vector<work::WorkSource*> sources, Assign assign, Judge judge, EventListener& events, Log log,
                     std::chrono::steady_clock::duration return_after)
    : assign_(std::move(assign)),
      judge_(std::move(judge)),
      return_after_(return_after),
      events_(events),
      log_(std::move(log)) {
  for (work::WorkSource* source : sources)
    slots_.push_back({.source = source});
}

Scheduler::Slot& Scheduler::slot_of(const work::WorkSource& source) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.source == &source; });
  if (slot == slots_.end()) throw std::logic_error("a source that is not the scheduler's");
  return *slot;
}

void Scheduler::on_connected(work::WorkSource& source) {
  Slot& slot = slot_of(source);
  ever_reached_ = true;
  if (std::exchange(slot.connected, true)) return;
  slot.connected_since = std::chrono::steady_clock::now();
  slot.last_error.clear();
  log_.info("{}: connected", source.name());
  events_.on_event(SourceConnected{.source = source.name()});
}

void Scheduler::on_work(work::WorkSource& source, std::shared_ptr<const work::WorkTemplate> work) {
  Slot& slot = slot_of(source);
  slot.work = std::move(work);
  slot.received = std::chrono::steady_clock::now();
  choose();
}

void Scheduler::on_withdrawn(work::WorkSource& source, const Error& reason) {
  Slot& slot = slot_of(source);
  log_.error("{}: its work is not usable: {}", source.name(), reason.message());
  slot.work = nullptr;
  choose();
}

void Scheduler::on_share(work::WorkSource& source, const work::ShareOutcome& outcome) {
  judge_(source, outcome);
}

void Scheduler::on_lost(work::WorkSource& source, const Error& reason) {
  lose(slot_of(source), reason, false);
}

void Scheduler::on_ended(work::WorkSource& source, const Error& reason) {
  lose(slot_of(source), reason, true);
}

void Scheduler::lose(Slot& slot, const Error& reason, bool for_good) {
  const bool was_connected = std::exchange(slot.connected, false);
  slot.ended = for_good;
  if (reason.is(Errc::kNotReady)) ever_reached_ = true;
  slot.work = nullptr;
  choose();
  // A source that stays away says the same again and again; people need it once.
  std::string message = reason.message();
  if (was_connected || for_good || message != slot.last_error) {
    log_.warn("{}: {}{}", slot.source->name(), message, for_good ? " (not tried again)" : "");
    events_.on_event(SourceLost{.source = slot.source->name(), .reason = message, .for_good = for_good});
  }
  slot.last_error = std::move(message);
}

void Scheduler::hold_parent(const chain::Hash256& parent) {
  parents_[parent] = {.closed = false, .since = std::chrono::steady_clock::now()};
  choose();
}

void Scheduler::close_parent(const chain::Hash256& parent) {
  const auto now = std::chrono::steady_clock::now();
  parents_[parent] = {.closed = true, .since = now};
  if (parents_.size() > kRememberedParents) {
    std::erase_if(parents_, [&](const auto& entry) {
      return entry.second.closed && now - entry.second.since > 2 * kStragglersLast;
    });
  }
  choose();
}

void Scheduler::reopen_parent(const chain::Hash256& parent) {
  const auto it = parents_.find(parent);
  if (it == parents_.end() || it->second.closed) return;
  parents_.erase(it);
  choose();
}

void Scheduler::reopen_overdue(std::chrono::steady_clock::duration patience) {
  const auto now = std::chrono::steady_clock::now();
  if (std::erase_if(parents_, [&](const auto& p) { return !p.second.closed && now - p.second.since > patience; }) > 0) {
    choose();
  }
}

void Scheduler::pause() {
  paused_ = true;
  choose();
}

void Scheduler::resume() {
  paused_ = false;
  choose();
}

void Scheduler::lose_silent(std::chrono::seconds waited) {
  for (Slot& slot : slots_) {
    if (slot.connected || slot.ended || !slot.last_error.empty()) continue;
    lose(slot, fail(Errc::kTimeout, "no answer within " + std::to_string(waited.count()) + " s"), false);
  }
}

bool Scheduler::all_ended() const noexcept {
  return std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.ended; });
}

bool Scheduler::is_steady(const Slot& slot) const {
  return std::chrono::steady_clock::now() - slot.connected_since >= return_after_;
}

void Scheduler::choose() {
  if (paused_) return idle();
  std::optional<std::size_t> unsteady;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (!slot.connected || slot.work == nullptr) continue;
    const Worth worth = worth_of(*slot.work, slot.received);
    if (worth == Worth::kNothing) continue;
    if (worth == Worth::kWait) return idle();
    // The source in use goes on being used until a better one has proved itself.
    if (current_ && i < current_->source && !is_steady(slot)) {
      if (!unsteady) unsteady = i;
      continue;
    }
    if (unsteady && i > current_->source) break;  // that one is gone, so the best will do
    return put_to_work(i, slot);
  }
  if (unsteady) return put_to_work(*unsteady, slots_[*unsteady]);
  idle();
}

Scheduler::Worth Scheduler::worth_of(const work::WorkTemplate& work,
                                     std::chrono::steady_clock::time_point received) const {
  const auto parent = parents_.find(work.previous_block);
  if (parent == parents_.end()) return Worth::kWork;
  if (!parent->second.closed) return Worth::kWait;
  return received - parent->second.since > kStragglersLast ? Worth::kWork : Worth::kNothing;
}

bool Scheduler::is_solved(const work::Job& job) const {
  return worth_of(*job.work, job.received) != Worth::kWork;
}

void Scheduler::put_to_work(std::size_t source, const Slot& slot) {
  if (current_ && current_->work == slot.work) return;
  if (current_ && current_->source != source) log_.info("working for {} now", slot.source->name());
  current_ = book_.add(source, slot.work, slot.received);
  assign_(current_);
  events_.on_event(JobStarted{.source = slot.work->source,
                              .height = slot.work->height,
                              .clean = slot.work->clean,
                              .transactions = slot.work->body ? slot.work->body->transaction_count : 0,
                              .network_difficulty = slot.work->network_target.difficulty(),
                              .share_difficulty = slot.work->is_for_shares()
                                                      ? std::optional(slot.work->share_target.difficulty())
                                                      : std::nullopt});
}

void Scheduler::idle() {
  if (!current_) return;
  current_ = nullptr;
  assign_(nullptr);
}

}  // namespace lode::engine
