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
    : in_service_(devices.size(), true), busy_(devices.size(), false) {
  const auto lanes = static_cast<std::uint32_t>(devices.size());
  for (std::uint32_t i = 0; i < lanes; ++i) {
    const std::string& id = devices[i]->info().id;
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.device == id; });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{.device = id, .members = {}, .meter = {}});
    group->members.push_back(i);
    workers_.push_back(std::make_unique<device::Worker>(std::move(devices[i]), work::Lane{i, lanes}, i,
                                                        device::WorkerHooks{notify, first_scan}));
  }
}

void WorkerPool::assign(const std::shared_ptr<const work::Job>& job) {
  std::size_t wanted = job && is_done_at_once(*job) ? 1 : workers_.size();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!in_service_[i]) continue;
    const bool take = job && wanted > 0;
    if (take) --wanted;
    if (take || busy_[i]) workers_[i]->assign(take ? job : nullptr);
    busy_[i] = take;
  }
}

void WorkerPool::stop() {
  for (const auto& worker : workers_)
    worker->stop();
}

std::vector<std::pair<std::size_t, Error>> WorkerPool::faults() {
  std::vector<std::pair<std::size_t, Error>> found;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (auto fault = workers_[i]->take_fault()) found.emplace_back(i, std::move(*fault));
  }
  return found;
}

void WorkerPool::retire(std::size_t index) {
  in_service_.at(index) = false;
  workers_[index]->assign(nullptr);
  busy_[index] = false;
}

std::size_t WorkerPool::in_service() const noexcept {
  return static_cast<std::size_t>(std::count(in_service_.begin(), in_service_.end(), true));
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
                     .hashes_per_second = group.meter.rate(kDeviceRateSpan)});
  }
  return rates;
}

}  // namespace lode::engine
