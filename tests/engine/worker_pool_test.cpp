#include "host/engine/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/patience.h"
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
  /// Waits until a device has scanned that job. False: it never does.
  bool wait(std::uint64_t generation, int device) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test::kPatience, [&] { return scans_.contains({generation, device}); });
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

/// Fails as often as it is told to, and can be restarted once that is allowed.
class FailingDevice final : public device::Device {
 public:
  FailingDevice(Scans& scans, int number, std::atomic<int>& faults, std::latch& mended)
      : scans_(scans), number_(number), faults_(faults), mended_(mended) {}

  const device::DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override { return {}; }
  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit>) override {
    if (faults_ > 0) {
      --faults_;
      return fail(Errc::kDevice, "fell off the bus");
    }
    scans_.add(job.generation, number_);
    return kernels::ScanResult{.nonces = range.count, .hits = 0};
  }
  bool can_restart() const noexcept override { return true; }
  Result<void> restart() override {
    mended_.wait();
    return {};
  }
  void abort_before(std::uint64_t) noexcept override {}

 private:
  Scans& scans_;
  int number_;
  std::atomic<int>& faults_;
  std::latch& mended_;
  device::DeviceInfo info_{.id = "failing", .name = "failing", .kernel = "none", .midstates = 1};
};

TEST(WorkerPoolFaults, AnotherStepsInWhileADeviceIsAwayAndItComesBack) {
  Scans scans;
  std::atomic<int> faults = 1;
  std::latch mended(1);
  std::vector<std::unique_ptr<device::Device>> devices;
  devices.push_back(std::make_unique<FailingDevice>(scans, 0, faults, mended));
  devices.push_back(std::make_unique<IdleDevice>(scans, 1));
  WorkerPool pool(
      std::move(devices), [] {}, WorkerPool::FirstScan{});
  std::vector<std::pair<std::size_t, device::DeviceNews>> news;
  const auto wait_for_news = [&](device::DeviceNews::Kind kind) {
    const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      for (auto& one : pool.news())
        news.push_back(std::move(one));
      if (!news.empty() && news.back().second.kind == kind) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  };
  // Work for one: the first fails at it, the second takes over.
  pool.assign(test::make_job(1, test::make_template(1, 0x207fffff)));
  EXPECT_TRUE(wait_for_news(device::DeviceNews::Kind::kFailed));
  EXPECT_FALSE(pool.serves(0));
  EXPECT_EQ(pool.usable(), 2U);
  EXPECT_TRUE(scans.wait(1, 1));
  // New work of this kind goes to the second at once.
  pool.assign(test::make_job(2, test::make_template(1, 0x207fffff)));
  EXPECT_TRUE(scans.wait(2, 1));
  mended.count_down();
  ASSERT_TRUE(wait_for_news(device::DeviceNews::Kind::kBack));
  EXPECT_TRUE(pool.serves(0));
  pool.assign(test::make_job(3, test::make_template(1, 0x1d00ffff)));
  EXPECT_TRUE(scans.wait(3, 0));
  EXPECT_TRUE(scans.wait(3, 1));
  pool.stop();
}

TEST(WorkerPoolFaults, TheLaneOfARetiredWorkerIsDoneByTheOthers) {
  Scans scans;
  std::vector<std::unique_ptr<device::Device>> devices;
  std::atomic<int> none = 0;
  std::latch mended(0);
  devices.push_back(std::make_unique<FailingDevice>(scans, 0, none, mended));
  devices.push_back(std::make_unique<IdleDevice>(scans, 1));
  WorkerPool pool(
      std::move(devices), [] {}, WorkerPool::FirstScan{});
  pool.retire(0);
  EXPECT_EQ(pool.usable(), 1U);
  // Nothing but nonces to roll: two lanes of 2^31, which an idle device scans at once.
  auto work = test::make_template(1, 0x1d00ffff);
  work->version_mask = 0;
  work->time_roll_limit = 0;
  work->extranonce2_size = 0;
  pool.assign(test::make_job(1, work));
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (pool.hashes() < std::uint64_t{1} << 32 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  pool.stop();
  EXPECT_EQ(pool.hashes(), std::uint64_t{1} << 32);
  EXPECT_FALSE(scans.has(1, 0));
}

}  // namespace
}  // namespace lode::engine
