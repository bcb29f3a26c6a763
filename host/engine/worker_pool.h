// The worker threads as one: hands them jobs, collects what they find, adds up what they did.
//
// Io thread only, but for the hooks that the workers call.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "host/device/worker.h"
#include "host/engine/events.h"
#include "host/engine/rate_meter.h"

namespace lode::engine {

class WorkerPool {
 public:
  using FirstScan = std::function<void(work::Generation, std::chrono::steady_clock::time_point)>;

  /// Starts one worker a device, idle. `notify` is called on worker threads when there is something to collect.
  WorkerPool(std::vector<std::unique_ptr<device::Device>> devices, const std::function<void()>& notify,
             const FirstScan& first_scan);

  /// Replaces everybody's work; null: all idle. Work that one worker has done before a second is awake goes to one
  /// only.
  void assign(const std::shared_ptr<const work::Job>& job);

  /// Ends and joins all threads. Candidates found until then can still be collected.
  void stop();

  /// Calls `take` with the candidates that wait, at most `most` of each worker. Whether some are left.
  template <class Take>
  bool collect(std::size_t most, Take&& take) {
    bool left = false;
    for (const auto& worker : workers_) {
      std::size_t taken = 0;
      for (; taken < most; ++taken) {
        const auto candidate = worker->next_candidate();
        if (!candidate) break;
        take(*candidate);
      }
      left = left || taken == most;
    }
    return left;
  }

  /// What became of workers' devices since the last call, by worker. Those that were left out are retired.
  std::vector<std::pair<std::size_t, device::DeviceNews>> news();

  /// Takes a worker out of service for good.
  void retire(std::size_t index);

  /// The worker's results are wrong: its device is restarted, or, where that is not possible, it is to be retired
  /// (false).
  bool distrust(std::size_t index, Error reason);

  [[nodiscard]] bool serves(std::size_t index) const { return states_.at(index) == State::kServes; }
  /// How many workers are in service, or may be again.
  [[nodiscard]] std::size_t usable() const noexcept;

  [[nodiscard]] const device::DeviceInfo& info(std::size_t index) const { return workers_.at(index)->info(); }

  /// Takes a reading for the rates.
  void sample(RateMeter::Clock::time_point now);
  [[nodiscard]] std::uint64_t hashes() const noexcept;
  /// Hashes done for jobs of one source.
  [[nodiscard]] std::uint64_t hashes_for(std::size_t source) const;
  [[nodiscard]] double rate(std::chrono::seconds span) const { return total_.rate(span); }
  /// One row a device; the threads of a CPU are one device.
  [[nodiscard]] std::vector<DeviceRate> device_rates() const;

 private:
  /// Workers that people see as one device.
  struct Group {
    std::string device;
    std::vector<std::size_t> members;
    RateMeter meter;
  };
  [[nodiscard]] std::uint64_t hashes(const Group& group) const noexcept;

  enum class State {
    kServes,
    kFailed,   ///< is going to be restarted
    kRetired,  ///< for good
  };
  /// Who gets work that one does at once; nobody: more than there are.
  [[nodiscard]] std::size_t first_to_serve() const noexcept;
  void fell_out(std::size_t index, State state);

  std::vector<std::unique_ptr<device::Worker>> workers_;
  std::shared_ptr<device::OrphanedWork> orphans_ = std::make_shared<device::OrphanedWork>();
  std::shared_ptr<const work::Job> job_;  ///< given out last
  std::vector<State> states_;
  std::vector<bool> busy_;  ///< were given work last, not idleness
  std::vector<Group> groups_;
  RateMeter total_;
};

}  // namespace lode::engine
