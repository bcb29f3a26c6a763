// Parts of a job that nobody works on because the device they were for has failed. Whoever is done with his own part
// takes one; so does the device when it is back. Without this the headers of a failed device's lane would stay untried
// until the next job, which matters where a job has few of them (a pool that leaves nothing but the nonce to roll).
//
// Shared by the workers of a pool; any thread.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "host/work/roll_space.h"

namespace lode::device {

/// A part of a lane: what is left of a unit, and all units after it.
struct LanePart {
  work::RollSpace space;
  std::optional<work::WorkUnit> unit = {};
  kernels::NonceRange left = {};  ///< of the unit

  [[nodiscard]] work::Generation generation() const noexcept { return space.job().generation; }
};

class OrphanedWork {
 public:
  /// What is older is forgotten.
  void put(std::unique_ptr<LanePart> part) {
    const std::lock_guard lock(mutex_);
    std::erase_if(parts_, [&](const auto& one) { return one->generation() < part->generation(); });
    parts_.push_back(std::move(part));
  }

  /// A part of the job of that generation, null if there is none. It is the caller's then.
  std::unique_ptr<LanePart> take(work::Generation generation) {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(parts_.begin(), parts_.end(), [&](const auto& one) { return one->generation() == generation; });
    if (found == parts_.end()) return nullptr;
    std::unique_ptr<LanePart> part = std::move(*found);
    parts_.erase(found);
    return part;
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<LanePart>> parts_;
};

}  // namespace lode::device
