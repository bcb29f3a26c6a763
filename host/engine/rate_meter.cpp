#include "host/engine/rate_meter.h"

#include <algorithm>

namespace lode::engine {

void RateMeter::sample(Clock::time_point now, std::uint64_t count) {
  readings_.push_back({now, count});
  // Keep one reading at or beyond the far end, so that the longest span is covered whole.
  while (readings_.size() > 2 && now - readings_[1].at >= kHistory)
    readings_.pop_front();
}

double RateMeter::rate(std::chrono::seconds span) const {
  if (readings_.size() < 2) return 0;
  const Reading& last = readings_.back();
  // The newest reading that is at least `span` old, or the oldest one.
  auto from = std::partition_point(readings_.begin(), readings_.end(),
                                   [&](const Reading& reading) { return last.at - reading.at >= span; });
  if (from != readings_.begin()) --from;
  const double seconds = std::chrono::duration<double>(last.at - from->at).count();
  return seconds > 0 ? static_cast<double>(last.count - from->count) / seconds : 0;
}

}  // namespace lode::engine
