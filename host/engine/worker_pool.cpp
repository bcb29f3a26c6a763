#include "host/engine/worker_pool.h"

#include <algorithm>

namespace lode::engine {

namespace {
constexpr std::chrono::seconds kDeviceRateSpan{10};

/// A block that takes fewer hashes than this on average is found by one worker before a second is awake. The others
/// would only take the processor from the node, for blocks that come too late.
constexpr double kFewHashes = 1024;

/// Whether the first hit ends the work, and comes at once.
bool is_done_at_once(const work::Job& job) {
  return job.work->body != nullptr && job.work->network_target.expected_hashes() < kFewHashes;
}

}  // namespace

WorkerPool::WorkerPool(std::vector<std::unique_ptr<device::Device>> devices, const std::function<void()>& notify,
                       const FirstScan& first_scan)
    : states_(devices.size(), State::kServes), busy_(devices.size(), false) {
  const auto lanes = static_cast<std::uint32_t>(devices.size());
  for (std::uint32_t i = 0; i < lanes; ++i) {
    const std::string& id = devices[i]->info().id;
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.device == id; });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{.device = id, .members = {}, .meter = {}});
    group->members.push_back(i);
    workers_.push_back(std::make_unique<device::Worker>(std::move(devices[i]), work::Lane{i, lanes}, i,
                                                        device::WorkerHooks{notify, first_scan}, orphans_));
  }
}

void WorkerPool::assign(const std::shared_ptr<const work::Job>& job) {
  job_ = job;
  const bool for_one = job && is_done_at_once(*job);
  const std::size_t one = first_to_serve();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (states_[i] == State::kRetired) {
      if (job && !for_one) orphans_->put(workers_[i]->lane_of(job));
      continue;
    }
    const bool take = job && (!for_one || i == one);
    if (take || busy_[i]) workers_[i]->assign(take ? job : nullptr);
    busy_[i] = take;
  }
}

std::size_t WorkerPool::first_to_serve() const noexcept {
  for (const State state : {State::kServes, State::kFailed}) {
    const auto found = std::find(states_.begin(), states_.end(), state);
    if (found != states_.end()) return static_cast<std::size_t>(found - states_.begin());
  }
  return states_.size();
}

void WorkerPool::fell_out(std::size_t index, State state) {
  states_[index] = state;
  if (!busy_[index] || !job_ || !is_done_at_once(*job_)) return;
  // It was the only one on this job. Another works on a lane of its own, so nothing is done twice.
  const std::size_t one = first_to_serve();
  if (one == states_.size() || one == index) return;
  workers_[one]->assign(job_);
  busy_[one] = true;
}

void WorkerPool::stop() {
  for (const auto& worker : workers_)
    worker->stop();
}

std::vector<std::pair<std::size_t, device::DeviceNews>> WorkerPool::news() {
  using Kind = device::DeviceNews::Kind;
  std::vector<std::pair<std::size_t, device::DeviceNews>> all;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    while (auto news = workers_[i]->next_news()) {
      if (states_[i] == State::kRetired) continue;  // it was given up for another reason
      if (news->kind == Kind::kBack) {
        states_[i] = State::kServes;
      } else {
        fell_out(i, news->kind == Kind::kFailed ? State::kFailed : State::kRetired);
      }
      all.emplace_back(i, *std::move(news));
    }
  }
  return all;
}

void WorkerPool::retire(std::size_t index) {
  if (states_.at(index) == State::kRetired) return;
  fell_out(index, State::kRetired);
  workers_[index]->assign(nullptr);
  busy_[index] = false;
}

bool WorkerPool::distrust(std::size_t index, Error reason) {
  if (!workers_.at(index)->distrust(std::move(reason))) return false;
  fell_out(index, State::kFailed);
  return true;
}

std::size_t WorkerPool::usable() const noexcept {
  return states_.size() - static_cast<std::size_t>(std::count(states_.begin(), states_.end(), State::kRetired));
}

void WorkerPool::sample(RateMeter::Clock::time_point now) {
  total_.sample(now, hashes());
  for (Group& group : groups_)
    group.meter.sample(now, hashes(group));
}

std::uint64_t WorkerPool::hashes() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_)
    sum += worker->hashes();
  return sum;
}

std::uint64_t WorkerPool::hashes_for(std::size_t source) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_)
    sum += worker->hashes_for(source);
  return sum;
}

std::uint64_t WorkerPool::hashes(const Group& group) const noexcept {
  std::uint64_t sum = 0;
  for (const std::size_t member : group.members)
    sum += workers_[member]->hashes();
  return sum;
}

std::vector<DeviceRate> WorkerPool::device_rates() const {
  std::vector<DeviceRate> rates;
  for (const Group& group : groups_) {
    const device::DeviceInfo& shown = info(group.members.front());
    rates.push_back({.device = group.device,
                     .name = shown.name,
                     .kernel = shown.kernel,
                     .threads = group.members.size(),
                     .hashes = hashes(group),
                     .hashes_per_second = group.meter.rate(kDeviceRateSpan),
                     .telemetry = workers_[group.members.front()]->telemetry()});
  }
  return rates;
}

}  // namespace lode::engine
