// The thread that owns a device and keeps it busy. When the device fails it is restarted, later and later, until it has
// failed too often; what it was working on is left to others.
//
// Jobs come down through a mailbox where the latest wins; candidates go up through a single-producer single-consumer
// ring, drained by the io thread. The worker cuts its lane of a job by itself (RollSpace), so that nothing is asked of
// the io thread between two jobs.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/base/error.h"
#include "host/device/device.h"
#include "host/device/mailbox.h"
#include "host/device/orphaned_work.h"
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

/// When a device that failed is restarted.
struct RestartPolicy {
  /// After the first failure in a row, the second ...; one more and the device is left out for good.
  std::vector<std::chrono::milliseconds> delays{std::chrono::seconds(1), std::chrono::seconds(15)};
  /// Failures are forgotten once the device has worked for so long.
  std::chrono::milliseconds forgiven_after{std::chrono::minutes(10)};
};

/// What became of a worker's device.
struct DeviceNews {
  enum class Kind {
    kFailed,   ///< it will be restarted
    kLeftOut,  ///< it failed for good
    kBack,     ///< it works again
  };
  Kind kind = Kind::kFailed;
  Error error{};                           ///< why, unless it is back
  std::chrono::milliseconds restart_in{};  ///< of kFailed
};

class Worker {
 public:
  /// `index` names the worker in its candidates. `orphans` is shared with the other workers on the same jobs.
  Worker(std::unique_ptr<Device> device, work::Lane lane, std::uint32_t index, WorkerHooks hooks,
         std::shared_ptr<OrphanedWork> orphans = std::make_shared<OrphanedWork>(), RestartPolicy policy = {});
  /// Stops and joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Replaces running work: at once, or, where the job does not void it, when the scan that runs is over. Null: idle.
  void assign(std::shared_ptr<const work::Job> job);

  /// Ends the thread after the slice it is in; then waits for it. Candidates found stay here, up to what the ring holds
  /// and some blocks.
  void stop();

  /// Io thread: the next candidate, oldest first.
  std::optional<work::Candidate> next_candidate();

  /// Io thread: what became of the device, oldest first. The worker is idle for good after kLeftOut.
  std::optional<DeviceNews> next_news();

  /// The device's results are wrong: it counts as failed. False, and nothing happens, if it is of a kind that cannot be
  /// restarted. Any thread.
  bool distrust(Error reason);

  /// How many versions of a job's header the device gets at a time.
  [[nodiscard]] std::uint32_t midstates_for(const work::Job& job) const;
  /// The device's whole lane of a job.
  [[nodiscard]] std::unique_ptr<LanePart> lane_of(const std::shared_ptr<const work::Job>& job) const;

  /// Headers hashed since the start for jobs of one source (Job::source).
  [[nodiscard]] std::uint64_t hashes_for(std::size_t source) const;

  /// Headers hashed since the start.
  [[nodiscard]] std::uint64_t hashes() const noexcept { return hashes_.load(std::memory_order_relaxed); }

  [[nodiscard]] const DeviceInfo& info() const noexcept { return device_->info(); }
  [[nodiscard]] std::optional<Telemetry> telemetry() const { return device_->telemetry(); }

 private:
  using Mail = std::shared_ptr<const work::Job>;

  static constexpr std::size_t kRingCapacity = 4096;

  void run();
  /// Works on a job until there is other mail; returns that, or nothing when it is time to end.
  std::optional<Mail> work_on(const Mail& job);
  /// Where it was left when this template had to make way for another; otherwise its whole lane. Null: it is done.
  std::unique_ptr<LanePart> resume(const Mail& job);
  /// Remembers how far it came in its own lane, for when the template is put to work again.
  void remember(const LanePart& part);
  /// Until it is done with this part (true), or there is something else to do (false): mail, an end, a failure.
  bool work_through(const work::Job& job, LanePart& part);
  /// Restarts the device. Returns as work_on() does, with the newest mail.
  std::optional<Mail> recover(Mail job);
  /// Waits, and leaves the work that comes meanwhile to others. False: it is time to end.
  bool wait_out(std::chrono::milliseconds delay, Mail& newest);
  void count(std::size_t source, std::uint64_t hashes);
  void leave_to_others(std::unique_ptr<LanePart> part);
  void report(const work::Job& job, const work::WorkUnit& unit, std::span<const kernels::Hit> hits);
  /// Keeps a candidate for which there is no place in the ring, if it is a block: those are wanted whatever became of
  /// their job, and at the end too.
  void keep_block(const work::Job& job, const work::Candidate& candidate);
  /// Whether one of the hits is a block, so that more work on its parent is wasted.
  static bool found_block(const work::Job& job, const work::WorkUnit& unit, std::span<const kernels::Hit> hits);
  void tell(DeviceNews news);
  std::optional<Error> take_distrust();

  std::unique_ptr<Device> device_;
  work::Lane lane_;
  std::uint32_t index_;
  WorkerHooks hooks_;
  LatestMailbox<Mail> mailbox_;
  std::atomic<std::uint64_t> newest_{0};        ///< generation assigned last
  std::atomic<std::uint64_t> oldest_valid_{0};  ///< what is older is void
  std::atomic<bool> stopping_{false};
  boost::lockfree::spsc_queue<work::Candidate> ring_{kRingCapacity};
  std::atomic<std::uint64_t> hashes_{0};
  mutable std::mutex served_mutex_;
  std::vector<std::uint64_t> served_;  ///< hashes by source
  std::shared_ptr<OrphanedWork> orphans_;
  RestartPolicy policy_;
  static constexpr std::size_t kMostBlocks = 64;
  std::mutex blocks_mutex_;
  std::deque<work::Candidate> blocks_;  ///< see keep_block()
  std::mutex news_mutex_;
  std::deque<DeviceNews> news_;
  std::optional<Error> distrust_;
  std::atomic<bool> distrusted_{false};

  // The thread's own.
  std::vector<kernels::Hit> hits_;
  std::optional<Mail> mail_;                        ///< taken while working on other
  std::vector<LanePart> left_off_;                  ///< at most one a source, of the template that it was on
  std::optional<Error> failure_;                    ///< of the device
  std::optional<work::Generation> left_to_others_;  ///< the job whose lane was given away
  std::size_t failures_ = 0;                        ///< in a row
  std::chrono::steady_clock::time_point works_since_ = std::chrono::steady_clock::now();

  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace lode::device
