// The thread that owns a device and keeps it busy.
//
// Jobs come down through a mailbox where the latest wins; candidates go up through a single-producer single-consumer
// ring, drained by the io thread. The worker cuts its lane of a job by itself (RollSpace), so that nothing is asked of
// the io thread between two jobs.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/base/error.h"
#include "host/device/device.h"
#include "host/device/mailbox.h"
#include "host/work/candidate.h"
#include "host/work/job.h"
#include "host/work/roll_space.h"

namespace lode::device {

/// What a worker calls, from its own thread. Both must be quick.
struct WorkerHooks {
  /// Candidates or a fault wait to be collected.
  std::function<void()> notify;
  /// The first hash of a job is about to be computed. May be empty; for measuring how long new work takes to arrive.
  std::function<void(work::Generation, std::chrono::steady_clock::time_point)> first_scan = {};
};

class Worker {
 public:
  /// `index` names the worker in its candidates.
  Worker(std::unique_ptr<Device> device, work::Lane lane, std::uint32_t index, WorkerHooks hooks);
  /// Stops and joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Replaces running work at once. Null: idle.
  void assign(std::shared_ptr<const work::Job> job);

  /// Ends the thread after the slice it is in; then waits for it. Candidates found stay in the ring.
  void stop();

  /// Io thread: the next candidate, oldest first.
  std::optional<work::Candidate> next_candidate();

  /// Io thread: why the device stopped working, once. The worker is idle for good after a fault.
  std::optional<Error> take_fault();

  /// Headers hashed since the start.
  [[nodiscard]] std::uint64_t hashes() const noexcept { return hashes_.load(std::memory_order_relaxed); }

  [[nodiscard]] const DeviceInfo& info() const noexcept { return device_->info(); }

 private:
  using Mail = std::shared_ptr<const work::Job>;

  static constexpr std::size_t kRingCapacity = 4096;

  void run();
  /// Works on a job until there is other mail; returns that, or nothing when it is time to end.
  std::optional<Mail> work_on(const Mail& job, std::vector<kernels::Hit>& hits);
  void report(const work::WorkUnit& unit, std::span<const kernels::Hit> hits);
  /// Whether one of the hits is a block, so that more work on its parent is wasted.
  static bool found_block(const work::Job& job, const work::WorkUnit& unit, std::span<const kernels::Hit> hits);
  void fault(Error error);

  std::unique_ptr<Device> device_;
  work::Lane lane_;
  std::uint32_t index_;
  WorkerHooks hooks_;
  LatestMailbox<Mail> mailbox_;
  std::atomic<std::uint64_t> newest_{0};  ///< generation assigned last
  std::atomic<bool> stopping_{false};
  boost::lockfree::spsc_queue<work::Candidate> ring_{kRingCapacity};
  std::atomic<std::uint64_t> hashes_{0};
  std::mutex fault_mutex_;
  std::optional<Error> fault_;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace lode::device
