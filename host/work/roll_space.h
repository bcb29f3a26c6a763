// Cuts the search space of one job into disjoint units of work.
//
// The space is (nonce, version bits, extranonce2, time), rolled in that order. It is dealt to lanes by nonce: lane i of
// n owns the i-th n-th of the 2^32 nonce words and walks all versions, extranonces and times on its own. So no two
// lanes can ever get the same header, whatever the sizes of the other fields (an extranonce2 of no bytes included), no
// lane waits for another, and no lock or shared cursor is needed. Within a lane every step is strictly increasing.
//
// One RollSpace belongs to one worker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "host/work/candidate.h"
#include "host/work/job.h"
#include "kernels/core/scan_job.h"

namespace lode::work {

/// Which share of the nonces a worker owns: `index` of `count`.
struct Lane {
  std::uint32_t index = 0;
  std::uint32_t count = 1;  ///< 1 .. 2^16
};

/// A scan job with the rolled fields behind each of its midstates.
struct WorkUnit {
  kernels::ScanJob scan;
  std::uint64_t extranonce2 = 0;
  std::vector<std::uint32_t> versions;  ///< of midstate 0, 1, ...

  /// The rolled fields of a hit of this unit.
  [[nodiscard]] Roll roll_of(const kernels::Hit& hit) const;
};

/// Bits of the version that a template allows to roll and that its version has clear. Bits already set are left alone:
/// pools combine rolled bits with the job's by OR or by XOR, and the two agree only where the job has zeros.
std::uint32_t rollable_bits(const WorkTemplate& work) noexcept;

/// The nonce words of a lane.
kernels::NonceRange lane_range(Lane lane) noexcept;

class RollSpace {
 public:
  /// `midstates`: how many versions (1 .. kMaxMidstates) a unit carries at the most; 1 for kernels that gain nothing.
  RollSpace(std::shared_ptr<const Job> job, Lane lane, std::uint32_t midstates);

  /// The next unit, or nothing when every header of the lane was handed out.
  std::optional<WorkUnit> next();

  [[nodiscard]] const Job& job() const noexcept { return *job_; }

  /// Nonce words of its lane.
  [[nodiscard]] const kernels::NonceRange& nonces() const noexcept { return range_; }

  /// Whether every header was handed out.
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

  /// Goes on under another job of the same template, which got a new generation when it was put to work again.
  /// `midstates`: as at the beginning.
  void continue_as(std::shared_ptr<const Job> job, std::uint32_t midstates) noexcept;

 private:
  void advance();

  std::shared_ptr<const Job> job_;
  kernels::NonceRange range_;
  std::uint32_t midstates_;
  std::uint32_t rollable_;
  std::uint64_t version_count_;  ///< 2^(number of rollable bits)

  std::uint64_t version_index_ = 0;
  std::uint64_t extranonce2_;
  std::uint32_t time_offset_ = 0;
  bool exhausted_ = false;
  std::optional<chain::Hash256> root_;  ///< of the current extranonce2
};

}  // namespace lode::work
