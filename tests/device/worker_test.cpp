#include "host/device/worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "host/work/verifier.h"
#include "tests/support/patience.h"
#include "tests/support/test_work.h"

namespace lode::device {
namespace {

using namespace std::chrono_literals;

/// A device whose results are scripted: it "hashes" nothing and says how each scan ended.
class ScriptedDevice final : public Device {
 public:
  struct Script {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<kernels::NonceRange> scanned;  ///< ranges asked for, in order
    std::vector<std::uint64_t> generations;    ///< of each
    std::vector<std::uint32_t> midstates;      ///< of each
    std::atomic<bool> entered = false;         ///< the thread was prepared
    std::uint64_t oldest_valid = 0;
    std::uint64_t oldest_wanted = 0;
    bool block_until_aborted = false;
    std::uint32_t hits_per_scan = 0;
    std::optional<std::uint32_t> hit;  ///< nonce word that every scan finds
    bool fault = false;
    bool restartable = false;
    int failing_restarts = 0;  ///< so many fail, the next mends the fault
    int restarts = 0;
  };

  explicit ScriptedDevice(std::shared_ptr<Script> script) : script_(std::move(script)) {
    info_ = {.id = "scripted", .name = "scripted", .kernel = "none", .midstates = 16};
  }

  const DeviceInfo& info() const noexcept override { return info_; }
  void enter_thread() noexcept override { script_->entered = true; }
  Result<void> self_test() override { return {}; }

  Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                   std::span<kernels::Hit> hits) override {
    std::unique_lock lock(script_->mutex);
    script_->scanned.push_back(range);
    script_->generations.push_back(job.generation);
    script_->midstates.push_back(job.midstate_count);
    EXPECT_TRUE(script_->entered) << "scanned on a thread that was not prepared";
    script_->changed.notify_all();
    if (script_->fault) return fail(Errc::kDevice, "fell off the bus");
    if (script_->block_until_aborted) {
      script_->changed.wait(lock, [&] { return script_->oldest_valid > job.generation; });
      return kernels::ScanResult{};
    }
    if (script_->hit) {
      hits[0] = {.nonce_word = *script_->hit, .midstate = 0};
      return kernels::ScanResult{.nonces = range.count, .hits = 1};
    }
    for (std::uint32_t i = 0; i < script_->hits_per_scan; ++i)
      hits[i] = {.nonce_word = range.first + i, .midstate = 0};
    return kernels::ScanResult{.nonces = range.count, .hits = script_->hits_per_scan};
  }

  bool can_restart() const noexcept override { return script_->restartable; }
  Result<void> restart() override {
    const std::lock_guard lock(script_->mutex);
    if (script_->restarts++ < script_->failing_restarts) return fail(Errc::kDevice, "still off the bus");
    script_->fault = false;
    return {};
  }

  void abort_before(std::uint64_t generation) noexcept override {
    const std::lock_guard lock(script_->mutex);
    script_->oldest_valid = std::max(script_->oldest_valid, generation);
    script_->changed.notify_all();
  }
  void finish_before(std::uint64_t generation) noexcept override {
    const std::lock_guard lock(script_->mutex);
    script_->oldest_wanted = std::max(script_->oldest_wanted, generation);
  }

 private:
  std::shared_ptr<Script> script_;
  DeviceInfo info_;
};

/// Waits for a worker to call `notify`.
class Notification {
 public:
  WorkerHooks hooks() {
    return {.notify = [this] {
      const std::lock_guard lock(mutex_);
      given_ = true;
      changed_.notify_all();
    }};
  }

  /// False: it never does.
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test::kPatience, [this] { return given_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool given_ = false;
};

class WorkerTest : public ::testing::Test {
 public:
  std::unique_ptr<Worker> make_worker(WorkerHooks hooks = {.notify = [] {}}, work::Lane lane = {}) {
    return std::make_unique<Worker>(std::make_unique<ScriptedDevice>(script), lane, 3, std::move(hooks));
  }

  /// Waits until the device was asked for `count` scans. False: it never is.
  bool wait_for_scans(std::size_t count) {
    std::unique_lock lock(script->mutex);
    return script->changed.wait_for(lock, test::kPatience, [&] { return script->scanned.size() >= count; });
  }

  std::shared_ptr<ScriptedDevice::Script> script = std::make_shared<ScriptedDevice::Script>();
};

TEST_F(WorkerTest, IdlesUntilThereIsWorkAndStopsWhenIdle) {
  const auto worker = make_worker();
  worker->assign(nullptr);
  worker->stop();
  EXPECT_TRUE(script->scanned.empty());
  EXPECT_EQ(worker->hashes(), 0U);
}

TEST_F(WorkerTest, GoesOnWhereItWasWhenATemplateHasItsNextTurn) {
  const auto first_work = test::make_template(1, 0x1d00ffff);
  const auto second_work = test::make_template(2, 0x1d00ffff);
  const auto job = [](work::Generation generation, const std::shared_ptr<work::WorkTemplate>& work,
                      std::size_t source) {
    return std::make_shared<const work::Job>(
        work::Job{.generation = generation, .source = source, .work = work, .received = {}, .replaces = false});
  };
  const auto worker = make_worker();
  constexpr work::Generation kTurns = 12;
  for (work::Generation turn = 1; turn <= kTurns; ++turn) {
    const bool odd = turn % 2 == 1;
    worker->assign(job(turn, odd ? first_work : second_work, odd ? 0 : 1));
    std::unique_lock lock(script->mutex);
    ASSERT_TRUE(script->changed.wait_for(lock, test::kPatience, [&] {
      return std::count(script->generations.begin(), script->generations.end(), turn) >= 3;
    }));
  }
  worker->stop();
  std::array<std::uint64_t, 2> next{};
  std::array<std::uint64_t, 2> hashes{};
  for (std::size_t i = 0; i < script->scanned.size(); ++i) {
    const std::size_t source = script->generations[i] % 2 == 1 ? 0 : 1;
    EXPECT_EQ(script->scanned[i].first, static_cast<std::uint32_t>(next[source])) << "scan " << i;
    next[source] += script->scanned[i].count;
    hashes[source] += script->scanned[i].count * script->midstates[i];
  }
  EXPECT_EQ(worker->hashes_for(0), hashes[0]);
  EXPECT_EQ(worker->hashes_for(1), hashes[1]);
  EXPECT_EQ(worker->hashes_for(2), 0U);
  EXPECT_EQ(worker->hashes(), hashes[0] + hashes[1]);
}

TEST_F(WorkerTest, WorkThatWasDoneIsNotDoneAgainInItsNextTurn) {
  // One version, no extranonce2, no time to roll: 2^32 headers and no more.
  const auto small = std::make_shared<work::WorkTemplate>(*test::make_template(1, 0x1d00ffff));
  small->version_mask = 0;
  small->extranonce2_size = 0;
  small->time_roll_limit = 0;
  const auto other = test::make_template(2, 0x1d00ffff);
  const auto job = [](work::Generation generation, const std::shared_ptr<const work::WorkTemplate>& work,
                      std::size_t source) {
    return std::make_shared<const work::Job>(
        work::Job{.generation = generation, .source = source, .work = work, .received = {}, .replaces = false});
  };
  const auto worker = make_worker();
  worker->assign(job(1, small, 0));
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (worker->hashes_for(0) < std::uint64_t{1} << 32 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  ASSERT_EQ(worker->hashes_for(0), std::uint64_t{1} << 32);
  for (work::Generation turn = 2; turn < 8; turn += 2) {
    const std::uint64_t before = worker->hashes_for(1);
    worker->assign(job(turn, other, 1));
    while (worker->hashes_for(1) == before && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(1ms);
    worker->assign(job(turn + 1, small, 0));
    std::this_thread::sleep_for(5ms);
  }
  worker->stop();
  EXPECT_EQ(worker->hashes_for(0), std::uint64_t{1} << 32);
}

TEST_F(WorkerTest, ScansItsLaneWithoutGapsOrOverlaps) {
  const work::Lane lane{.index = 1, .count = 3};
  const auto worker = make_worker({.notify = [] {}}, lane);
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  ASSERT_TRUE(wait_for_scans(50));
  worker->stop();
  std::uint64_t expected = work::lane_range(lane).first;
  for (const kernels::NonceRange& range : script->scanned) {
    ASSERT_EQ(range.first, static_cast<std::uint32_t>(expected));
    ASSERT_GT(range.count, 0U);
    expected += range.count;
    if (expected == std::uint64_t{work::lane_range(lane).first} + work::lane_range(lane).count) {
      expected = work::lane_range(lane).first;  // the next extranonce
    }
  }
}

TEST_F(WorkerTest, JobsCarryTheDevicesMidstatesWhereHitsAreRare) {
  const auto midstates_of = [&](std::uint32_t bits, std::uint32_t mask) {
    script = std::make_shared<ScriptedDevice::Script>();
    script->block_until_aborted = true;
    auto work = test::make_template(1, bits);
    work->version_mask = mask;
    const auto worker = make_worker();
    worker->assign(test::make_job(1, work));
    EXPECT_TRUE(wait_for_scans(1));
    worker->stop();
    return script->midstates.front();
  };
  EXPECT_EQ(midstates_of(0x1d00ffff, 0x1fffe000), 16U) << "difficulty 1";
  EXPECT_EQ(midstates_of(0x1d00ffff, 0x00006000), 4U) << "a mask of two bits";
  EXPECT_EQ(midstates_of(0x1d00ffff, 0), 1U) << "no version rolling";
  EXPECT_EQ(midstates_of(0x207fffff, 0x1fffe000), 1U) << "regtest, where every second hash is a block";
}

TEST_F(WorkerTest, NewWorkInterruptsARunningScan) {
  script->block_until_aborted = true;
  const auto worker = make_worker();
  worker->assign(test::make_job(1, test::make_template(1)));
  ASSERT_TRUE(wait_for_scans(1));
  worker->assign(test::make_job(2, test::make_template(2)));
  ASSERT_TRUE(wait_for_scans(2)) << "the first scan only ends when it is aborted";
  worker->assign(nullptr);
  worker->assign(test::make_job(3, test::make_template(3)));
  ASSERT_TRUE(wait_for_scans(3));
  worker->stop();
  EXPECT_EQ(script->generations.front(), 1U);
  EXPECT_EQ(script->generations.back(), 3U);
}

TEST_F(WorkerTest, WorkThatVoidsNothingLetsTheScanThatRunsEnd) {
  script->block_until_aborted = true;
  const auto worker = make_worker();
  worker->assign(test::make_job(1, test::make_template(1, 0x1b00ffff)));
  ASSERT_TRUE(wait_for_scans(1));
  auto gentle = *test::make_job(2, test::make_template(2, 0x1b00ffff));
  gentle.replaces = false;
  worker->assign(std::make_shared<const work::Job>(gentle));
  {
    const std::lock_guard lock(script->mutex);
    EXPECT_LE(script->oldest_valid, 1U) << "nobody asked the device to stop";
    EXPECT_EQ(script->oldest_wanted, 2U) << "but it was told that newer work waits";
    script->block_until_aborted = false;
    script->oldest_valid = 2;  // the scan comes to its end
  }
  script->changed.notify_all();
  ASSERT_TRUE(wait_for_scans(2));
  worker->stop();
  EXPECT_EQ(script->generations[1], 2U);
}

TEST_F(WorkerTest, HitsComeUpWithTheirJobAndRolledFields) {
  script->hits_per_scan = 2;
  Notification notified;
  const auto worker = make_worker(notified.hooks());
  const auto job = test::make_job(9, test::make_template(1));
  worker->assign(job);
  ASSERT_TRUE(notified.wait());
  const auto candidate = worker->next_candidate();
  worker->stop();
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->generation, 9U);
  EXPECT_EQ(candidate->worker, 3U);
  EXPECT_EQ(candidate->roll.time, job->work->time);
  EXPECT_EQ(candidate->roll.version, job->work->version);
  EXPECT_EQ(candidate->roll.nonce, 0U) << "the first nonce of the lane, byte-swapped";
}

TEST_F(WorkerTest, AFullRingLosesNoHit) {
  script->hits_per_scan = kernels::kMinHitCapacity;
  const auto worker = make_worker();
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  // Far more than the ring holds, collected in bites while the worker waits for room.
  std::set<work::Roll> seen;
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  constexpr std::size_t kWanted = 20000;
  std::size_t collected = 0;
  while (collected < kWanted && std::chrono::steady_clock::now() < deadline) {
    while (const auto candidate = worker->next_candidate()) {
      seen.insert(candidate->roll);
      ++collected;
    }
    std::this_thread::sleep_for(1ms);  // the worker's priority is low
  }
  worker->stop();
  ASSERT_GE(collected, kWanted);
  EXPECT_EQ(seen.size(), collected) << "no hit comes twice";
  // Every scan that was followed by another delivered all of its hits.
  const std::lock_guard lock(script->mutex);
  EXPECT_GE(script->scanned.size() * kernels::kMinHitCapacity, collected);
  EXPECT_GE(collected / kernels::kMinHitCapacity + 4, script->scanned.size()) << "two scans at most are in flight";
}

TEST_F(WorkerTest, BlocksForWhichTheRingHasNoPlaceAreKeptWhenItsJobIsVoid) {
  script->hits_per_scan = kernels::kMinHitCapacity;
  auto pool_work = test::make_template(1);  // half of all hashes are blocks
  pool_work->body = nullptr;
  const auto worker = make_worker();
  worker->assign(test::make_job(1, pool_work));
  constexpr std::size_t kRing = 4096;
  ASSERT_TRUE(wait_for_scans(kRing / kernels::kMinHitCapacity + 1)) << "so it has found more than the ring holds";
  worker->assign(test::make_job(2, test::make_template(2, 0x1d00ffff)));
  std::size_t of_the_old_job = 0;
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  bool of_the_new_job = false;
  while (!of_the_new_job && std::chrono::steady_clock::now() < deadline) {
    while (const auto candidate = worker->next_candidate()) {
      of_the_old_job += candidate->generation == 1 ? 1U : 0U;
      of_the_new_job = of_the_new_job || candidate->generation == 2;
    }
    std::this_thread::sleep_for(1ms);
  }
  worker->stop();
  while (const auto candidate = worker->next_candidate())
    of_the_old_job += candidate->generation == 1 ? 1U : 0U;
  EXPECT_TRUE(of_the_new_job);
  EXPECT_GT(of_the_old_job, kRing);
}

/// The nonce word of a block of that work, which has the easiest target there is.
kernels::NonceRange winning_range(const work::Job& job) {
  work::Roll roll{.extranonce2 = 0, .version = job.work->version, .time = job.work->time, .nonce = 0};
  while (work::verify(job, roll).kind != work::Verdict::Kind::kBlock)
    ++roll.nonce;
  return {__builtin_bswap32(roll.nonce), 1};
}

TEST_F(WorkerTest, ItsOwnBlockEndsTheWork) {
  const auto job = test::make_job(1, test::make_template(1));
  script->hit = winning_range(*job).first;
  Notification notified;
  const auto worker = make_worker(notified.hooks());
  worker->assign(job);
  ASSERT_TRUE(notified.wait());
  ASSERT_TRUE(worker->next_candidate());
  worker->assign(test::make_job(2, test::make_template(2)));
  ASSERT_TRUE(wait_for_scans(2));
  worker->stop();
  EXPECT_EQ(std::count(script->generations.begin(), script->generations.end(), 1U), 1) << "the rest would be wasted";
}

TEST_F(WorkerTest, ABlockThatIsNotTakenDoesNotEndTheWork) {
  const auto job = test::make_job(1, test::make_template(1));
  script->hit = winning_range(*job).first;
  const auto worker = make_worker();
  worker->assign(job);
  ASSERT_TRUE(wait_for_scans(3)) << "nobody says what comes next";
  worker->stop();
}

TEST_F(WorkerTest, ANearMissDoesNotEndTheWork) {
  const auto job = test::make_job(1, test::make_template(1, 0x1d00ffff));
  script->hits_per_scan = 1;
  const auto worker = make_worker();
  worker->assign(job);
  ASSERT_TRUE(wait_for_scans(1000)) << "it waits after each to be told what comes next";
  worker->stop();
}

TEST_F(WorkerTest, AFaultIsReportedOnceAndEndsTheWork) {
  script->fault = true;
  Notification notified;
  const auto worker = make_worker(notified.hooks());
  worker->assign(test::make_job(1, test::make_template(1)));
  ASSERT_TRUE(notified.wait());
  const auto news = worker->next_news();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->kind, DeviceNews::Kind::kLeftOut) << "it is of a kind that cannot be restarted";
  EXPECT_EQ(news->error.detail, "fell off the bus");
  EXPECT_FALSE(worker->next_news());
  worker->assign(test::make_job(2, test::make_template(2)));
  worker->stop();
  EXPECT_EQ(script->scanned.size(), 1U);
}

/// Waits for the next news. Nothing: there never are any.
std::optional<DeviceNews> await_news(Worker& worker) {
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto news = worker.next_news()) return news;
    std::this_thread::sleep_for(1ms);
  }
  return std::nullopt;
}

class RestartTest : public WorkerTest {
 public:
  RestartTest() {
    script->restartable = true;
    script->fault = true;
  }
  std::unique_ptr<Worker> make_worker(RestartPolicy policy = {.delays = {1ms, 2ms}}) {
    return std::make_unique<Worker>(std::make_unique<ScriptedDevice>(script), work::Lane{}, 0,
                                    WorkerHooks{.notify = [] {}}, orphans, std::move(policy));
  }
  std::shared_ptr<OrphanedWork> orphans = std::make_shared<OrphanedWork>();
};

TEST_F(RestartTest, GoesOnWhereItFailed) {
  const auto worker = make_worker();
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  const auto failed = await_news(*worker);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, DeviceNews::Kind::kFailed);
  EXPECT_EQ(failed->error.detail, "fell off the bus");
  EXPECT_EQ(failed->restart_in, 1ms);
  const auto back = await_news(*worker);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, DeviceNews::Kind::kBack);
  ASSERT_TRUE(wait_for_scans(3));
  worker->stop();
  EXPECT_EQ(script->scanned[1].first, script->scanned[0].first) << "what was not done is done again";
  EXPECT_EQ(script->scanned[2].first, script->scanned[1].first + script->scanned[1].count);
}

TEST_F(RestartTest, TheNextTurnOfATemplateGoesOnBehindWhatWasDoneSince) {
  const auto first_work = test::make_template(1, 0x1d00ffff);
  const auto job = [](work::Generation generation, const std::shared_ptr<work::WorkTemplate>& work,
                      std::size_t source) {
    return std::make_shared<const work::Job>(
        work::Job{.generation = generation, .source = source, .work = work, .received = {}, .replaces = false});
  };
  const auto wait_for = [this](work::Generation generation) {
    std::unique_lock lock(script->mutex);
    return script->changed.wait_for(lock, test::kPatience, [&] {
      return std::count(script->generations.begin(), script->generations.end(), generation) >= 4;
    });
  };
  const auto worker = make_worker();
  worker->assign(job(1, first_work, 0));
  ASSERT_TRUE(wait_for(1));
  worker->assign(job(2, test::make_template(2, 0x1d00ffff), 1));
  ASSERT_TRUE(wait_for(2));
  worker->assign(job(3, first_work, 0));
  ASSERT_TRUE(wait_for(3));
  worker->stop();
  std::uint64_t next = 0;
  for (std::size_t i = 1; i < script->scanned.size(); ++i) {  // the first failed, and was done again
    if (script->generations[i] == 2) continue;
    EXPECT_EQ(script->scanned[i].first, static_cast<std::uint32_t>(next)) << "scan " << i;
    next += script->scanned[i].count;
  }
}

TEST_F(RestartTest, TheThirdFailureInARowIsTheLast) {
  script->failing_restarts = 100;
  const auto worker = make_worker();
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  for (const auto delay : {1ms, 2ms}) {
    const auto failed = await_news(*worker);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->kind, DeviceNews::Kind::kFailed);
    EXPECT_EQ(failed->restart_in, delay);
  }
  const auto out = await_news(*worker);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->kind, DeviceNews::Kind::kLeftOut);
  EXPECT_EQ(out->error.detail, "still off the bus");
  worker->assign(test::make_job(2, test::make_template(2, 0x1d00ffff)));
  worker->stop();
  EXPECT_EQ(script->restarts, 2);
  EXPECT_EQ(script->scanned.size(), 1U);
}

TEST_F(RestartTest, FailuresAreForgottenInTime) {
  const auto worker = make_worker({.delays = {1ms, 2ms}, .forgiven_after = 0ms});
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  for (int i = 0; i < 5; ++i) {
    const auto failed = await_news(*worker);
    ASSERT_TRUE(failed);
    ASSERT_EQ(failed->kind, DeviceNews::Kind::kFailed);
    EXPECT_EQ(failed->restart_in, 1ms);
    const auto back = await_news(*worker);
    ASSERT_TRUE(back);
    ASSERT_EQ(back->kind, DeviceNews::Kind::kBack);
    const std::lock_guard lock(script->mutex);
    script->fault = true;
  }
}

TEST_F(RestartTest, ItsWorkIsLeftToOthersMeanwhile) {
  const auto worker = make_worker({.delays = {1h}});
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  ASSERT_TRUE(await_news(*worker));
  const auto part = orphans->take(1);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->left.first, script->scanned.front().first) << "nothing of the unit was done";
  // Work that comes while the device is away, too.
  worker->assign(test::make_job(2, test::make_template(2, 0x1d00ffff)));
  std::unique_ptr<LanePart> next;
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (!(next = orphans->take(2)) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(next);
  worker->stop();
}

TEST_F(RestartTest, APartIsTakenOnceAndForItsJobOnly) {
  script->fault = false;
  auto work = test::make_template(1, 0x1d00ffff);
  work->version_mask = 0;
  const auto job = test::make_job(1, work);
  orphans->put(std::make_unique<LanePart>(LanePart{.space = work::RollSpace(job, {.index = 1, .count = 2}, 1)}));
  // One that is not of this job.
  orphans->put(std::make_unique<LanePart>(
      LanePart{.space = work::RollSpace(test::make_job(2, work), {.index = 1, .count = 2}, 1)}));
  EXPECT_FALSE(orphans->take(1)) << "older work is forgotten";
  EXPECT_TRUE(orphans->take(2));
  EXPECT_FALSE(orphans->take(2));
}

TEST_F(RestartTest, WrongResultsCountAsAFailure) {
  script->fault = false;
  const auto worker = make_worker();
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  ASSERT_TRUE(wait_for_scans(1));
  EXPECT_TRUE(worker->distrust(fail(Errc::kDevice, "it lies")));
  const auto failed = await_news(*worker);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->error.detail, "it lies");
  const auto back = await_news(*worker);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, DeviceNews::Kind::kBack);
  worker->stop();
  script->restartable = false;
  EXPECT_FALSE(worker->distrust(fail(Errc::kDevice, "it lies")));
}

TEST_F(WorkerTest, SaysWhenAJobIsFirstHashed) {
  std::mutex mutex;
  std::vector<work::Generation> first;
  const auto worker = make_worker({.notify = [] {},
                                   .first_scan =
                                       [&](work::Generation generation, auto) {
                                         const std::lock_guard lock(mutex);
                                         first.push_back(generation);
                                       }});
  worker->assign(test::make_job(1, test::make_template(1, 0x1d00ffff)));
  ASSERT_TRUE(wait_for_scans(3));
  worker->assign(test::make_job(2, test::make_template(2, 0x1d00ffff)));
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  for (;;) {
    const std::lock_guard lock(mutex);
    if (first.size() == 2 || std::chrono::steady_clock::now() > deadline) break;
  }
  worker->stop();
  EXPECT_EQ(first, (std::vector<work::Generation>{1, 2}));
}

}  // namespace
}  // namespace lode::device
