#include "host/work/job_book.h"

#include <algorithm>

namespace lode::work {

std::shared_ptr<const Job> JobBook::add(std::size_t source, std::shared_ptr<const WorkTemplate> work,
                                        std::chrono::steady_clock::time_point received) {
  if (work->clean) retire_source(source);
  const bool replaces = work->clean || entries_.empty() || entries_.back().job->source != source;
  auto job = std::make_shared<const Job>(Job{
      .generation = ++last_, .source = source, .work = std::move(work), .received = received, .replaces = replaces});
  entries_.push_back({job, true});
  if (entries_.size() > kRemembered) entries_.pop_front();
  return job;
}

std::shared_ptr<const Job> JobBook::find(Generation generation) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [generation](const Entry& entry) { return entry.job->generation == generation; });
  return it == entries_.end() ? nullptr : it->job;
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
