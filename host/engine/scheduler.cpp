#include "host/engine/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace lode::engine {
namespace {

/// Closed parents that are remembered. A source that still offers one of them is a block or two behind, not a thousand.
constexpr std::size_t kRememberedParents = 1024;

/// Pools are on one parent each, and on the next a moment later.
constexpr std::size_t kRememberedPoolParents = 64;

/// Devices that idle for so long are worth a word: a block of one's own interrupts them for less.
constexpr std::chrono::seconds kIdlenessTold{3};

/// A source whose latest word is a closed parent for this long after the block was accepted is no straggler: it means
/// it.
constexpr std::chrono::seconds kStragglersLast{3};

}  // namespace

Scheduler::Scheduler(std::vector<work::WorkSource*> sources, Assign assign, Judge judge, EventListener& events, Log log,
                     SourcePatience patience, std::optional<Balance> balance)
    : assign_(std::move(assign)),
      judge_(std::move(judge)),
      patience_(patience),
      balance_(std::move(balance)),
      events_(events),
      log_(std::move(log)) {
  for (work::WorkSource* source : sources)
    slots_.push_back({.source = source});
  if (!balance_) return;
  if (balance_->quotas.size() != slots_.size()) throw std::logic_error("a balance needs one quota a source");
  quotas_.emplace(balance_->quotas);
  has_work_.assign(slots_.size(), false);
}

std::size_t Scheduler::index_of(const Slot& slot) const noexcept {
  return static_cast<std::size_t>(&slot - slots_.data());
}

Scheduler::Slot& Scheduler::slot_of(const work::WorkSource& source) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.source == &source; });
  if (slot == slots_.end()) throw std::logic_error("a source that is not the scheduler's");
  return *slot;
}

void Scheduler::on_connected(work::WorkSource& source) {
  if (!slot_of(source).health.connect()) return;
  log_.info("{}: connected", source.name());
  events_.on_event(SourceConnected{.source = source.name()});
  if (connected_) connected_(source);
}

void Scheduler::on_work(work::WorkSource& source, std::shared_ptr<const work::WorkTemplate> work) {
  Slot& slot = slot_of(source);
  // Where it stands by or is not its turn, nothing else says that what was hashed for it is void.
  if (work->clean && work != slot.health.work()) book_.retire_source(index_of(slot));
  if (work->parent_again) {
    std::erase_if(parents_, [&](const auto& p) { return p.first == work->previous_block && p.second.closed; });
  }
  // A node that was killed may be back before its loss is noticed.
  const auto& before = slot.health.work();
  if (connected_ && before && !work->is_for_shares() && work->height < before->height) connected_(source);
  slot.health.give_work(std::move(work), std::chrono::steady_clock::now());
  choose();
  pass_on_tip(slot);
}

void Scheduler::pass_on_tip(const Slot& node) {
  // Where nodes differ, the first in order is believed.
  const auto first = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return has_work(slot) && !slot.health.work()->is_for_shares();
  });
  if (first == slots_.end() || &*first != &node) return;
  for (const Slot& slot : slots_) {
    if (&slot != &node) slot.source->note_node_tip(node.health.work()->height, node.health.work()->previous_block);
  }
}

void Scheduler::on_withdrawn(work::WorkSource& source, const Error& reason) {
  slot_of(source).health.withdraw_work(reason);
  log_.error("{}: its work is not usable: {}", source.name(), reason.message());
  choose();
}

const Scheduler::Slot* Scheduler::node_ahead_of(const Slot& slot) const {
  if (!has_work(slot) || slot.health.work()->height == 0) return nullptr;
  const auto since = std::chrono::steady_clock::now() - patience_.behind;
  const auto node = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& other) {
    return has_work(other) && !other.health.work()->is_for_shares() &&
           other.health.work()->height > slot.health.work()->height && other.health.tip_since() <= since;
  });
  return node == slots_.end() ? nullptr : &*node;
}

void Scheduler::compare_tips() {
  for (Slot& slot : slots_) {
    const bool known = slot.health.is_behind();
    const Slot* node = node_ahead_of(slot);
    const auto now = std::chrono::steady_clock::now();
    if (node == nullptr) {
      slot.health.note_behind({}, now);
      continue;
    }
    slot.health.note_behind(fmt::format("its work is for height {}, while {} is at {}", slot.health.work()->height,
                                        node->source->name(), node->health.work()->height),
                            now);
    if (known) continue;
    log_.warn("{}: {}: sources that are not behind are preferred", slot.source->name(), slot.health.trouble(now));
  }
}

bool Scheduler::is_passed_over(const Slot& slot) const {
  const auto now = std::chrono::steady_clock::now();
  return slot.health.state(now) == SourceState::kUnwell &&
         std::any_of(slots_.begin(), slots_.end(), [&](const Slot& other) {
           return other.health.state(now) == SourceState::kWorking && worth_of(other) == Worth::kWork;
         });
}

void Scheduler::on_share(work::WorkSource& source, const work::ShareOutcome& outcome) {
  const auto refusals = slot_of(source).health.note_answer(outcome, std::chrono::steady_clock::now());
  if (refusals) {
    log_.warn("{}: refuses share after share, the last {} with: {} ({}); other sources are preferred for {} s",
              source.name(), refusals->count, outcome.reason, refusals->likely_cause, refusals->pause.count());
    choose();
  }
  judge_(source, outcome);
}

void Scheduler::on_lost(work::WorkSource& source, const Error& reason) {
  lose(slot_of(source), reason, false);
}

void Scheduler::on_ended(work::WorkSource& source, const Error& reason) {
  lose(slot_of(source), reason, true);
}

void Scheduler::lose(Slot& slot, const Error& reason, bool for_good) {
  const bool is_news = slot.health.lose(reason, for_good);
  choose();
  if (!is_news) return;
  log_.warn("{}: {}{}", slot.source->name(), reason.message(), for_good ? " (not tried again)" : "");
  events_.on_event(SourceLost{.source = slot.source->name(),
                              .reason = reason.message(),
                              .for_good = for_good,
                              .refused = reason.is(Errc::kUnauthorized)});
}

void Scheduler::hold_source(work::WorkSource& source, bool held) {
  slot_of(source).held = held;
  choose();
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

void Scheduler::note_pool_block(const chain::Hash256& parent) {
  if (has_pool_block(parent)) return;
  pool_parents_.push_back(parent);
  if (pool_parents_.size() > kRememberedPoolParents) pool_parents_.pop_front();
  choose();
}

bool Scheduler::has_pool_block(const chain::Hash256& parent) const {
  return std::find(pool_parents_.begin(), pool_parents_.end(), parent) != pool_parents_.end();
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
    if (slot.health.has_ended() || slot.health.is_reached()) continue;
    const std::string limit = " within " + std::to_string(waited.count()) + " s";
    const std::string& withdrawn = slot.health.withdrawn();
    if (slot.health.is_connected()) {
      lose(slot, fail(Errc::kTimeout, withdrawn.empty() ? "no work" + limit : withdrawn), false);
    } else if (!slot.health.has_failed()) {
      lose(slot, fail(Errc::kTimeout, "no answer" + limit), false);
    }
  }
}

bool Scheduler::ever_reached() const noexcept {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.health.is_reached(); });
}

bool Scheduler::all_ended() const noexcept {
  return std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.health.has_ended(); });
}

bool Scheduler::is_steady(const Slot& slot) const {
  return std::chrono::steady_clock::now() - slot.health.well_since() >= patience_.return_after;
}

bool Scheduler::is_waited_for(const Slot& slot) const {
  return !ever_worked_ && !slot.health.has_ended() && !slot.health.has_failed() &&
         std::chrono::steady_clock::now() - started_ < patience_.first_work;
}

void Scheduler::look_at_tips() {
  choose();
}

void Scheduler::look_again() {
  turn_over_ = true;
  choose();
  tell_of_idleness();
}

void Scheduler::tell_of_idleness() {
  if (current_ || paused_ || idleness_told_ || std::chrono::steady_clock::now() - idle_since_ < kIdlenessTold) return;
  idleness_told_ = true;
  std::string reason;
  for (const Slot& slot : slots_)
    reason += (reason.empty() ? "" : "; ") + slot.source->name() + ": " + trouble_of(slot);
  log_.warn("no work to hash: {}", reason);
  events_.on_event(NoWork{.reason = std::move(reason)});
}

std::string Scheduler::trouble_of(const Slot& slot) const {
  if (slot.held) return "it is being checked for lost blocks, which are sent to it again";
  if (!has_work(slot)) return slot.health.trouble(std::chrono::steady_clock::now());
  return worth_of(slot) == Worth::kWait ? "a block was found for its work, and has no answer yet"
                                        : "its work is for a block that was found";
}

void Scheduler::choose() {
  compare_tips();
  if (balance_) account();
  if (paused_) return idle();
  if (balance_) {
    choose_by_quota();
  } else {
    choose_by_order();
  }
}

void Scheduler::account() {
  std::vector<std::uint64_t> done(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i)
    done[i] = balance_->hashes_for(i);
  quotas_->account(done, has_work_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    has_work_[i] = has_work(slot) && worth_of(slot) == Worth::kWork && !is_passed_over(slot);
  }
}

void Scheduler::choose_by_quota() {
  const bool goes_on = !turn_over_ && current_ && has_work_[current_->source];
  const auto next = goes_on ? current_->source : quotas_->next(has_work_);
  if (!next) return idle();
  turn_over_ = false;
  put_to_work(*next, slots_[*next]);
}

void Scheduler::choose_by_order() {
  std::optional<std::size_t> unsteady;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!has_work(slot)) {
      if (is_waited_for(slot)) return idle();
      continue;
    }
    const Worth worth = worth_of(slot);
    if (worth == Worth::kNothing || is_passed_over(slot)) continue;
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
  const auto closed = parent->second.since;
  const bool means_it = received > closed && std::chrono::steady_clock::now() - closed > kStragglersLast;
  return means_it ? Worth::kWork : Worth::kNothing;
}

Scheduler::Worth Scheduler::worth_of(const Slot& slot) const {
  return worth_of(*slot.health.work(), slot.health.work_since());
}

bool Scheduler::is_solved(const work::Job& job) const {
  return worth_of(*job.work, job.received) != Worth::kWork;
}

void Scheduler::put_to_work(std::size_t source, Slot& slot) {
  const std::shared_ptr<const work::WorkTemplate> work = slot.health.work();
  const bool shares_only =
      work->is_for_shares() && work->share_target < work->network_target && has_pool_block(work->previous_block);
  const bool goes_on = current_ && current_->work == work;
  if (goes_on && current_->shares_only == shares_only) return;
  const bool is_turn = balance_ && current_ && current_->source != source && has_work_[current_->source];
  if (current_ && current_->source != source && !balance_) log_.info("working for {} now", slot.source->name());
  ever_worked_ = true;
  idleness_told_ = false;
  current_ = book_.add(source, work, slot.health.work_since(),
                       is_turn ? work::JobBook::Before::kStands : work::JobBook::Before::kVoid, shares_only);
  assign_(current_);
  // With every turn the same work comes again; people need it once.
  if (std::exchange(slot.told, work) == work && (balance_ || goes_on)) return;
  events_.on_event(JobStarted{
      .source = work->source,
      .height = work->height,
      .clean = work->clean,
      .transactions = work->body ? work->body->transaction_count : 0,
      .network_difficulty = work->network_target.difficulty(),
      .share_difficulty = work->is_for_shares() ? std::optional(work->share_target.difficulty()) : std::nullopt});
}

void Scheduler::idle() {
  if (!current_) return;
  current_ = nullptr;
  idle_since_ = std::chrono::steady_clock::now();
  assign_(nullptr);
}

}  // namespace lode::engine
