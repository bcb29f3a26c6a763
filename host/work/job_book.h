// Gives every template put into work its generation and remembers the recent ones, so that a candidate that arrives
// late still finds the job it belongs to.
//
// Owned by the io thread; no locks.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "host/work/job.h"

namespace lode::work {

class JobBook {
 public:
  /// How many jobs are remembered. A worker answers within a batch, far less than this many jobs.
  static constexpr std::size_t kRemembered = 64;

  /// Whether the work of another source that was hashed until now stays good.
  enum class Before { kVoid, kStands };

  /// Puts a template into work. A clean one retires every older job of its source, and voids what is worked on; so does
  /// one of another source than the job before it, unless the two take turns. A template that is put to work again
  /// retires nothing: it is the same work. `shares_only`: see Job.
  std::shared_ptr<const Job> add(std::size_t source, std::shared_ptr<const WorkTemplate> work,
                                 std::chrono::steady_clock::time_point received, Before before = Before::kVoid,
                                 bool shares_only = false);

  /// The job of a candidate, or null when it was forgotten. One that a device still works on is not.
  [[nodiscard]] std::shared_ptr<const Job> find(Generation generation) const;

  /// Whether results for this job are still wanted. A retired job's block is submitted all the same, its shares are
  /// stale.
  [[nodiscard]] bool is_current(Generation generation) const;

  /// Retires every job of a source, as when it was lost.
  void retire_source(std::size_t source);

 private:
  struct Entry {
    std::shared_ptr<const Job> job;
    bool current = true;
  };
  static constexpr std::size_t kOlder = 4096;

  std::deque<Entry> entries_;
  std::deque<std::pair<Generation, std::weak_ptr<const Job>>> older_;  ///< than those; oldest first
  Generation last_ = 0;
};

}  // namespace lode::work
