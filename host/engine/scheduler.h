// Decides what is hashed: whose work, and whether any at all.
//
// Every source runs all the time; the first in order that has work is used, the others stand by with theirs at hand, so
// that failing over, and returning, takes no more than handing over a job. Or they take turns (balance), each by its
// quota of the hashes; then a turn lasts until look_again(), unless its source has nothing more to give. Work on a
// block that was just found here stops at once and stays stopped until its fate is known.
//
// Io thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/log.h"
#include "host/engine/events.h"
#include "host/engine/quota_balance.h"
#include "host/engine/source_health.h"
#include "host/work/job_book.h"
#include "host/work/source.h"

namespace lode::engine {

/// How sources take turns.
struct Balance {
  std::vector<double> quotas;                            ///< one a source, > 0
  std::function<std::uint64_t(std::size_t)> hashes_for;  ///< hashes done so far for a source
};

/// What sources are given time for.
struct SourcePatience {
  /// A better source than the one in use is returned to once it has been well for so long.
  std::chrono::steady_clock::duration return_after{};
  /// At the start a source is waited for, while a worse one has work already, unless an attempt has failed.
  std::chrono::steady_clock::duration first_work{};
  /// A source may work on a lower height than a node does.
  std::chrono::steady_clock::duration behind = std::chrono::milliseconds(4500);
};

class Scheduler final : public work::SourceListener {
 public:
  /// Gives the job to the devices; null: they idle.
  using Assign = std::function<void(const std::shared_ptr<const work::Job>&)>;
  /// Takes what became of a share.
  using Judge = std::function<void(work::WorkSource&, const work::ShareOutcome&)>;

  /// With `balance` no source is better than another, and none is waited for.
  Scheduler(std::vector<work::WorkSource*> sources, Assign assign, Judge judge, EventListener& events, Log log,
            SourcePatience patience = {}, std::optional<Balance> balance = {});

  void on_connected(work::WorkSource& source) override;
  void on_work(work::WorkSource& source, std::shared_ptr<const work::WorkTemplate> work) override;
  void on_withdrawn(work::WorkSource& source, const Error& reason) override;
  void on_share(work::WorkSource& source, const work::ShareOutcome& outcome) override;
  void on_lost(work::WorkSource& source, const Error& reason) override;

  /// To be called whenever a source answers (again), and when a node's work goes back to a lower height: it may be
  /// another process than before.
  void call_when_connected(std::function<void(const work::WorkSource&)> call) { connected_ = std::move(call); }

  /// A source's run() ended by itself: it can never work.
  void on_ended(work::WorkSource& source, const Error& reason);

  /// Whether work of this source waits: the node behind it is given blocks that it has lost, and what it builds on will
  /// change.
  void hold_source(work::WorkSource& source, bool held);

  /// A block on `parent` was found here: no more work on that parent until its fate is known, whatever became of an
  /// earlier block on it.
  void hold_parent(const chain::Hash256& parent);
  /// A block on the parent is in the chain, ours or another: work on the parent is wasted. Unless a source says that it
  /// builds on it again, or its latest work some seconds later does, which is not older than the block.
  void close_parent(const chain::Hash256& parent);
  /// The block was turned down, or nobody answers: work on its parent goes on.
  void reopen_parent(const chain::Hash256& parent);

  /// A block for a pool was found on `parent`: from now on only shares are wanted of work on it. The pool has the
  /// say whether it takes a block that is no share; many of them would be no better than one.
  void note_pool_block(const chain::Hash256& parent);
  [[nodiscard]] bool has_pool_block(const chain::Hash256& parent) const;

  /// Whether a block on this job's parent was found here already, so that another of its results is worth nothing.
  [[nodiscard]] bool is_solved(const work::Job& job) const;

  /// To be called several times per second: leaves a source that has been behind for too long.
  void look_at_tips();

  /// To be called every second or so: returns to sources that have been well for long enough, or gives the turn to the
  /// source that is owed most.
  void look_again();

  /// Reopens parents whose block has had no answer for `patience`: the nodes are out of reach for longer.
  void reopen_overdue(std::chrono::steady_clock::duration patience);

  /// No more jobs are handed out (a count is reached or about to be), or they are again.
  void pause();
  void resume();

  [[nodiscard]] const work::JobBook& book() const noexcept { return book_; }
  /// The job the devices work on; null when they idle.
  [[nodiscard]] const std::shared_ptr<const work::Job>& current() const noexcept { return current_; }
  /// Whether any source has ever given work that may be used. One that refuses the credentials after that has not.
  [[nodiscard]] bool ever_reached() const noexcept;
  /// Counts sources that gave nothing to hash within `waited` as lost, so that each is named with its obstacle.
  void lose_silent(std::chrono::seconds waited);
  [[nodiscard]] const SourceHealth& health(std::size_t source) const { return slots_.at(source).health; }
  /// Whether every source has ended for good.
  [[nodiscard]] bool all_ended() const noexcept;

 private:
  struct Slot {
    work::WorkSource* source = nullptr;
    SourceHealth health{};
    bool held = false;
    std::shared_ptr<const work::WorkTemplate> told{};  ///< of the last JobStarted
  };

  /// A block on this parent was found here.
  struct Parent {
    bool closed = false;  ///< a block on it is in the chain; otherwise the fate of ours is open
    std::chrono::steady_clock::time_point since;
  };

  /// Whether a slot's work is worth hashing, not yet (the fate of a block found on its parent is open), or not at all.
  enum class Worth { kWork, kWait, kNothing };
  [[nodiscard]] Worth worth_of(const work::WorkTemplate& work, std::chrono::steady_clock::time_point received) const;
  [[nodiscard]] Worth worth_of(const Slot& slot) const;

  [[nodiscard]] std::size_t index_of(const Slot& slot) const noexcept;
  Slot& slot_of(const work::WorkSource& source);
  /// Whether a source that has no work yet may still have the first.
  [[nodiscard]] bool is_waited_for(const Slot& slot) const;
  [[nodiscard]] static bool has_work(const Slot& slot) {
    return slot.health.is_connected() && slot.health.work() && !slot.held;
  }
  /// The node, if any, that has been on a greater height than this source for long enough.
  [[nodiscard]] const Slot* node_ahead_of(const Slot& slot) const;
  /// Finds who is behind, and tells it once.
  void compare_tips();
  /// Whether its work is not wanted now: it is unwell, and another source with work is not.
  [[nodiscard]] bool is_passed_over(const Slot& slot) const;
  /// Whether a source may take over from another that has work too.
  [[nodiscard]] bool is_steady(const Slot& slot) const;
  void lose(Slot& slot, const Error& reason, bool for_good);
  /// Picks what should be worked on now and hands it over if that is a change.
  void choose();
  void choose_by_order();
  void choose_by_quota();
  /// Accounts for what was hashed until now, and takes stock of who can be worked for from now on.
  void account();
  /// Lets the others know what an own node builds on.
  void pass_on_tip(const Slot& node);
  void put_to_work(std::size_t source, Slot& slot);
  void idle();
  /// Tells once that devices have idled for some seconds for want of work, and why.
  void tell_of_idleness();
  [[nodiscard]] std::string trouble_of(const Slot& slot) const;

  std::vector<Slot> slots_;
  std::function<void(const work::WorkSource&)> connected_;
  Assign assign_;
  Judge judge_;
  SourcePatience patience_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool ever_worked_ = false;
  std::optional<Balance> balance_;
  std::optional<QuotaBalance> quotas_;
  std::vector<bool> has_work_;  ///< by source, since the last account()
  bool turn_over_ = true;
  EventListener& events_;
  Log log_;
  work::JobBook book_;
  std::shared_ptr<const work::Job> current_;
  std::map<chain::Hash256, Parent> parents_;  ///< that get no work
  std::deque<chain::Hash256> pool_parents_;   ///< of the last blocks for pools
  std::chrono::steady_clock::time_point idle_since_ = std::chrono::steady_clock::now();
  bool idleness_told_ = false;
  bool paused_ = false;
};

}  // namespace lode::engine
