// A unit of the engine's bookkeeping: a template that was put into work, under the number it got there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "host/work/work_template.h"

namespace lode::work {

/// Grows by one with every job put into work, never reused within a run; 0 is no job.
using Generation = std::uint64_t;

/// Immutable; shared as shared_ptr<const Job>.
struct Job {
  Generation generation = 0;
  std::size_t source = 0;  ///< which of the engine's sources issued it, and so gets its shares
  std::shared_ptr<const WorkTemplate> work;
  std::chrono::steady_clock::time_point received;
  /// What was worked on before is void: devices drop it at once. Otherwise they finish the part of a batch that they
  /// are in.
  bool replaces = true;
  /// A block on the same parent was found already, so results that are blocks but no shares are not wanted any more.
  bool shares_only = false;
};

/// The target of a job's results: the easier of the share target and the network's. Only where blocks are easier than
/// shares does it matter which.
inline const chain::Target& wanted_target(const Job& job) noexcept {
  const WorkTemplate& work = *job.work;
  return !job.shares_only && work.share_target < work.network_target ? work.network_target : work.share_target;
}

}  // namespace lode::work
