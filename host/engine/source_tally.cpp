#include "host/engine/source_tally.h"

#include <algorithm>

namespace lode::engine {

SourceTally::SourceTally(const std::vector<work::WorkSource*>& sources) {
  for (const work::WorkSource* source : sources)
    rows_.push_back({.source = source, .counters = {.source = source->name()}});
}

void SourceTally::share_sent(const work::Share& share) {
  Row& row = rows_.at(share.job->source);
  ++row.counters.shares_submitted;
  row.difficulties[share.hash] = share.job->work->share_target.difficulty();
}

void SourceTally::share_answered(const work::WorkSource& source, const work::ShareOutcome& outcome) {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& one) { return one.source == &source; });
  if (row == rows_.end()) return;
  SourceCounters& counters = row->counters;
  const auto sent = row->difficulties.extract(outcome.hash);
  using Kind = work::ShareOutcome::Kind;
  switch (outcome.kind) {
    case Kind::kAccepted:
      ++counters.shares_accepted;
      if (sent) counters.difficulty_accepted += sent.mapped();
      break;
    case Kind::kStale:
    case Kind::kUnanswered:
      ++counters.shares_stale;
      break;
    case Kind::kDuplicate:
      ++counters.shares_duplicate;
      break;
    case Kind::kLowDifficulty:
      ++counters.shares_low_difficulty;
      break;
    case Kind::kRejected:
      ++counters.shares_refused;
      break;
  }
}

std::vector<SourceCounters> SourceTally::counters() const {
  std::vector<SourceCounters> all;
  for (const Row& row : rows_)
    all.push_back(row.counters);
  return all;
}

}  // namespace lode::engine
