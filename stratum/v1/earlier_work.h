// Remembers the work of a pool's earlier connections, so that a block which comes late is told from one of another
// pool.
//
// Belongs to one pool; one thread. Memory is bounded, and the work itself is not kept alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "host/work/share.h"

namespace lode::stratum::v1 {

class EarlierWork {
 public:
  static constexpr std::size_t kMost = 256;

  /// `mask`: of the version bits that could be rolled.
  void add(const std::shared_ptr<const work::WorkTemplate>& work, std::uint32_t mask) {
    if (issued_.size() == kMost) issued_.pop_front();
    issued_.push_back({work, mask});
  }

  /// The mask of the share's work; nothing if that is not of an earlier connection.
  [[nodiscard]] std::optional<std::uint32_t> mask_of(const work::Share& share) const {
    for (const Issued& issued : issued_) {
      if (share.job && issued.work.lock() == share.job->work) return issued.mask;
    }
    return std::nullopt;
  }

 private:
  struct Issued {
    std::weak_ptr<const work::WorkTemplate> work;
    std::uint32_t mask = 0;
  };
  std::deque<Issued> issued_;
};

}  // namespace lode::stratum::v1
