#include "host/engine/worker_pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

using namespace std::chrono_literals;

/// Who scanned which job.
class Scans {
 public:
  void add(std::uint64_t generation, int device) {
    const std::lock_guard lock(mutex_);
    ++scans_[{generation, device}];
    changed_.notify_all();
  }
  /// Waits until a device has scanned that job. False after half a minute.
  bool wait(std::uint64_t generation, int device) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return scans_.contains({generation, device}); });
  }
  bool has(std::uint64_t generation, int device) {
    const std::lock_guard lock(mutex_);
    return scans_.contains({generation, device});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::uint64_t, int>, int> scans_;
};

/// Finds nothing and remembers for whom it looked.
class IdleDevice final : public device::Device {
 public:
  IdleDevice(Scans& scans, int number) : scans_(scans), number_(number) {}

  const device::DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override { return {}; }
  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit>) override {
    scans_.add(job.generation, number_);
    return kernels::ScanResult{.nonces = range.count, .hits = 0};
  }
  void abort_before(std::uint64_t) noexcept override {}

 private:
  Scans& scans_;
  int number_;
  device::DeviceInfo info_{.id = "idle", .name = "idle", .kernel = "none", .midstates = 1};
};

class WorkerPoolTest : public ::testing::Test {
 public:
  static constexpr int kWorkers = 3;
  static constexpr std::uint32_t kHardBits = 0x1d00ffff;

  WorkerPoolTest() {
    std::vector<std::unique_ptr<device::Device>> devices;
    devices.reserve(kWorkers);
    for (int i = 0; i < kWorkers; ++i)
      devices.push_back(std::make_unique<IdleDevice>(scans, i));
    pool.emplace(
        std::move(devices), [] {}, WorkerPool::FirstScan{});
  }
  ~WorkerPoolTest() override { pool->stop(); }

  void assign(work::Generation generation, std::uint32_t bits) {
    pool->assign(test::make_job(generation, test::make_template(1, bits)));
  }

  Scans scans;
  std::optional<WorkerPool> pool;
};

TEST_F(WorkerPoolTest, HardWorkGoesToEverybody) {
  assign(1, kHardBits);
  for (int i = 0; i < kWorkers; ++i)
    EXPECT_TRUE(scans.wait(1, i)) << i;
}

TEST_F(WorkerPoolTest, WorkThatIsDoneAtOnceGoesToOne) {
  assign(1, 0x207fffff);
  EXPECT_TRUE(scans.wait(1, 0));
  assign(2, kHardBits);
  for (int i = 0; i < kWorkers; ++i)
    EXPECT_TRUE(scans.wait(2, i)) << i;
  assign(3, 0x207fffff);
  EXPECT_TRUE(scans.wait(3, 0));
  pool->stop();
  for (int i = 1; i < kWorkers; ++i) {
    EXPECT_FALSE(scans.has(1, i)) << i;
    EXPECT_FALSE(scans.has(3, i)) << i;
  }
}

TEST_F(WorkerPoolTest, TheNextInServiceStepsIn) {
  pool->retire(0);
  assign(1, 0x207fffff);
  EXPECT_TRUE(scans.wait(1, 1));
  pool->stop();
  EXPECT_FALSE(scans.has(1, 0));
  EXPECT_FALSE(scans.has(1, 2));
}

}  // namespace
}  // namespace lode::engine
