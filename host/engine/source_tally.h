// Counts what each source gave and got: its shares by their fate, its blocks.
//
// Io thread only.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "host/chain/hash256.h"
#include "host/engine/events.h"
#include "host/work/share.h"
#include "host/work/source.h"

namespace lode::engine {

class SourceTally {
 public:
  explicit SourceTally(const std::vector<work::WorkSource*>& sources);

  void block_found(std::size_t source) { rows_.at(source).counters.blocks_found++; }
  /// A share that is not worth sending.
  void share_too_late(std::size_t source) { rows_.at(source).counters.shares_stale++; }
  /// A share goes to the source of its job.
  void share_sent(const work::Share& share);
  void share_answered(const work::WorkSource& source, const work::ShareOutcome& outcome);

  /// In the order of the sources. Who is connected and what was hashed is known elsewhere.
  [[nodiscard]] std::vector<SourceCounters> counters() const;

 private:
  struct Row {
    const work::WorkSource* source;
    SourceCounters counters;
    std::map<chain::Hash256, double> difficulties{};  ///< that shares on their way were asked to meet
  };
  std::vector<Row> rows_;
};

}  // namespace lode::engine
