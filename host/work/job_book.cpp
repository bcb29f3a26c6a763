#include "host/work/job_book.h"

#include <algorithm>

namespace lode::work {

std::shared_ptr<const Job> JobBook::add(std::size_t source, std::shared_ptr<const WorkTemplate> work,
                                        std::chrono::steady_clock::time_point received, Before before,
                                        bool shares_only) {
  const auto last_of_source =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) { return entry.job->source == source; });
  const bool again = last_of_source != entries_.rend() && last_of_source->job->work == work;
  const bool is_turn = before == Before::kStands && !entries_.empty() && entries_.back().job->source != source;
  if (work->clean && !again) retire_source(source);
  const bool replaces = !is_turn && (work->clean || entries_.empty() || entries_.back().job->source != source);
  auto job = std::make_shared<const Job>(Job{.generation = ++last_,
                                             .source = source,
                                             .work = std::move(work),
                                             .received = received,
                                             .replaces = replaces,
                                             .shares_only = shares_only});
  entries_.push_back({job, true});
  if (entries_.size() > kRemembered) {
    std::erase_if(older_, [](const auto& one) { return one.second.expired(); });
    if (older_.size() == kOlder) older_.pop_front();
    older_.emplace_back(entries_.front().job->generation, entries_.front().job);
    entries_.pop_front();
  }
  return job;
}

std::shared_ptr<const Job> JobBook::find(Generation generation) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [generation](const Entry& entry) { return entry.job->generation == generation; });
  if (it != entries_.end()) return it->job;
  const auto older =
      std::find_if(older_.begin(), older_.end(), [generation](const auto& one) { return one.first == generation; });
  return older == older_.end() ? nullptr : older->second.lock();
}

bool JobBook::is_current(Generation generation) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [generation](const Entry& entry) { return entry.job->generation == generation && entry.current; });
}

void JobBook::retire_source(std::size_t source) {
  for (Entry& entry : entries_) {
    if (entry.job->source == source) entry.current = false;
  }
}

}  // namespace lode::work
