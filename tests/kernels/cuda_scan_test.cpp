// The grid of the CUDA kernels, played by a CPU: what happens around the hashes when several warps run at once, when
// the host has newer work, when the list of hits is full. That the hashes are right is tested with all other kernels.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "kernels/core/scan_job.h"
#include "kernels/cpu/registry.h"
#include "kernels/cuda/host_warp.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/tunings.h"
#include "kernels/gpu/scan_params.h"
#include "tests/kernels/headers.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::kernels::cuda {
namespace {

constexpr std::uint32_t kEpoch = 7;

ScanJob easy_job(std::uint32_t midstates, std::uint32_t limit) {
  ScanJob job = kGenesis.job();
  job.midstate_count = midstates;
  for (std::uint32_t m = 1; m < midstates; ++m)
    job.midstates[m] = {m, 1, 2, 3, 4, 5, 6, 7};
  job.limit = limit;
  return job;
}

/// What a scan of the range finds, by the scalar kernel.
std::vector<Hit> expected_hits(const ScanJob& job, NonceRange range) {
  std::vector<Hit> all;
  std::vector<Hit> list(kMinHitCapacity);
  while (range.count != 0) {
    const ScanResult result = find_kernel("scalar")->scan(job, range, list);
    all.insert(all.end(), list.begin(), list.begin() + result.hits);
    range = {range.first + static_cast<std::uint32_t>(result.nonces), range.count - result.nonces};
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// A host with one launch.
template <std::uint32_t kMidstates>
class Grid {
 public:
  Grid(const ScanJob& job, NonceRange range, std::uint32_t hashes_per_thread, std::uint32_t hit_capacity = 4096)
      : job_(job), range_(range), slots_(hit_capacity) {
    set_job(params_, job);
    params_.chunks = cut(range, job.midstate_count, hashes_per_thread);
    params_.epoch = kEpoch;
    params_.poll_interval = 1;
    params_.hit_capacity = hit_capacity;
    params_.counters = &counters_;
    params_.hits = slots_.data();
    params_.mailbox = &mailbox_;
  }

  void run_warp() {
    HostWarp warp;
    if constexpr (kMidstates == 1) {
      scan_m1<tuning_m1(90)>(warp, params_);
    } else {
      scan_mn<tuning_mn(90)>(warp, params_);
    }
  }
  void run(unsigned warps) {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < warps; ++i)
      threads.emplace_back([this] { run_warp(); });
  }

  [[nodiscard]] Outcome outcome() const { return outcome_of(counters_, params_.chunks, params_.hit_capacity); }
  [[nodiscard]] std::vector<Hit> hits() const {
    std::vector<Hit> hits;
    for (const HitSlot& slot : slots_) {
      if (slot.midstate_plus_one != 0) hits.push_back({slot.nonce_word, slot.midstate_plus_one - 1});
    }
    std::sort(hits.begin(), hits.end());
    return hits;
  }
  /// The hits are exactly those of the nonces reported.
  void expect_hits_of_outcome() const {
    const Outcome done = outcome();
    EXPECT_EQ(done.hits, hits().size());
    EXPECT_EQ(hits(), expected_hits(job_, {range_.first, done.nonces}));
  }

  ScanParams<kMidstates>& params() { return params_; }
  ScanCounters& counters() { return counters_; }
  Mailbox& mailbox() { return mailbox_; }
  void set_epoch(std::uint32_t epoch) { std::atomic_ref(mailbox_.epoch).store(epoch); }
  std::uint32_t chunks_taken() { return std::atomic_ref(mailbox_.chunks_taken).load(); }

 private:
  ScanJob job_;
  NonceRange range_;
  ScanCounters counters_{};
  Mailbox mailbox_{.epoch = kEpoch, .chunks_taken = 0};
  std::vector<HitSlot> slots_;
  ScanParams<kMidstates> params_{};
};
using GridM1 = Grid<1>;
using GridMn = Grid<kMaxMidstates>;

TEST(CudaChunks, CoverTheRangeAndNoMore) {
  for (const std::uint64_t count :
       std::initializer_list<std::uint64_t>{1, 31, 32, 33, 2047, 2048, 2049, 1'000'003, kAllNonces - 1, kAllNonces}) {
    for (const std::uint32_t midstates : {1U, 3U, 64U}) {
      const Chunks chunks = cut({5, count}, midstates, 64);
      EXPECT_EQ(chunks.first, 5U);
      EXPECT_EQ(chunks.nonces, std::max(64U / midstates, 1U) * kWarpThreads);
      EXPECT_GE(std::uint64_t{chunks.count} * chunks.nonces, count);
      EXPECT_LT((std::uint64_t{chunks.count} - 1) * chunks.nonces, count);
      EXPECT_LT(chunks.count, kStopped - (1U << 20)) << "warps that find nothing left count on";
    }
  }
}

TEST(CudaScan, WarpsShareARange) {
  const ScanJob one = easy_job(1, 0x00ffffff);
  const ScanJob many = easy_job(5, 0x00ffffff);
  for (const NonceRange range : {NonceRange{0xfffff000, 9001}, NonceRange{3, 31}, NonceRange{0, 1}}) {
    GridM1 m1(one, range, 2);
    m1.run(4);
    EXPECT_EQ(m1.outcome().nonces, range.count);
    m1.expect_hits_of_outcome();
    GridMn mn(many, range, 11);
    mn.run(4);
    EXPECT_EQ(mn.outcome().nonces, range.count);
    mn.expect_hits_of_outcome();
  }
}

TEST(CudaScan, TheEndOfAllNoncesIsNotTheirBeginning) {
  // A whole chunk or a whole step at the end of these ranges would go on at their first nonces. Only the last is left.
  for (const std::uint64_t count : {kAllNonces, kAllNonces - 5}) {
    GridM1 grid(easy_job(1, 0xffffffff), {100, count}, 3);
    const Chunks& chunks = grid.params().chunks;
    ASSERT_NE(count % chunks.nonces, 0U);
    grid.counters().next_chunk = chunks.count - 1;
    grid.run(2);
    const std::uint64_t before = std::uint64_t{chunks.count - 1} * chunks.nonces;
    EXPECT_EQ(grid.outcome().nonces, count);
    EXPECT_EQ(grid.outcome().hits, count - before);
    for (const Hit& hit : grid.hits()) {
      EXPECT_GE(hit.nonce_word - 100, before);
      EXPECT_LT(hit.nonce_word - 100, count);
    }
  }
}

TEST(CudaScan, DoesNothingForAnOldEpoch) {
  GridM1 m1(easy_job(1, 0xffffffff), {0, 1000}, 4);
  m1.set_epoch(kEpoch + 1);
  m1.run(2);
  EXPECT_EQ(m1.outcome().nonces, 0U);
  EXPECT_EQ(m1.counters().next_chunk, 0U);
  GridMn mn(easy_job(2, 0xffffffff), {0, 1000}, 4);
  mn.set_epoch(kEpoch - 1);
  mn.run(2);
  EXPECT_EQ(mn.outcome().nonces, 0U);
}

TEST(CudaScan, StopsInTheMiddleAndSaysHowFarItCame) {
  for (int round = 0; round < 20; ++round) {
    GridMn grid(easy_job(3, 0x01ffffff), {0xffff0000, 1 << 22}, 6);
    grid.params().poll_interval = 4;
    std::jthread host([&grid, round] {
      while (grid.chunks_taken() < static_cast<std::uint32_t>(4 + 8 * round)) {
      }
      grid.set_epoch(kEpoch + 1);
    });
    grid.run(3);
    host.join();
    const Outcome done = grid.outcome();
    ASSERT_FALSE(done.overflowed) << "the list was meant to be large enough";
    EXPECT_LT(done.nonces, std::uint64_t{1} << 22);
    EXPECT_EQ(done.nonces % grid.params().chunks.nonces, 0U);
    EXPECT_GE(grid.counters().next_chunk, kStopped);
    grid.expect_hits_of_outcome();
  }
}

TEST(CudaScan, FinishesWhatItHasTaken) {
  // Stopped by its own look at the mailbox: the chunk that it has taken just before is done nevertheless.
  GridM1 grid(easy_job(1, 0xffffffff), {0, 10'000}, 1);
  class Stopping : public HostWarp {
   public:
    explicit Stopping(GridM1& grid) : grid_(&grid) {}
    std::uint32_t load(std::uint32_t* word) noexcept {
      if (word == &grid_->mailbox().epoch && ++looks_ == 5) grid_->set_epoch(kEpoch + 1);
      return HostWarp::load(word);
    }

   private:
    GridM1* grid_;
    int looks_ = 0;
  } warp(grid);
  scan_m1<tuning_m1(90)>(warp, grid.params());
  EXPECT_EQ(grid.outcome().nonces, 4 * kWarpThreads) << "the first look is before the first chunk";
  grid.expect_hits_of_outcome();
}

TEST(CudaScan, TheFirstToStopSaysWhere) {
  // Two warps find newer work at the same time: the first of them knows how many chunks had been taken.
  GridM1 grid(easy_job(1, 0xffffffff), {0, 10'000}, 1);
  class Second : public HostWarp {
   public:
    explicit Second(GridM1& grid) : grid_(&grid) {}
    std::uint32_t load(std::uint32_t* word) noexcept {
      if (word == &grid_->mailbox().epoch && ++looks_ == 3) grid_->set_epoch(kEpoch + 1);
      return HostWarp::load(word);
    }
    std::uint32_t exchange(std::uint32_t* word, std::uint32_t x) noexcept {
      grid_->counters().stopped_at = HostWarp::exchange(word, x);  // the first, a moment earlier
      return HostWarp::exchange(word, x);
    }

   private:
    GridM1* grid_;
    int looks_ = 0;
  } warp(grid);
  scan_m1<tuning_m1(90)>(warp, grid.params());
  EXPECT_EQ(grid.outcome().nonces, 2 * kWarpThreads);
  grid.expect_hits_of_outcome();
}

TEST(CudaScan, StopOfAFinishedRangeChangesNothing) {
  GridM1 grid(easy_job(1, 0x00ffffff), {0, 10'000}, 8);
  grid.run(2);
  grid.set_epoch(kEpoch + 1);
  grid.run(2);
  EXPECT_EQ(grid.outcome().nonces, 10'000U);
  grid.expect_hits_of_outcome();
}

TEST(CudaScan, AFullListIsNeverTakenForAll) {
  const ScanJob job = easy_job(2, 0xffffffff);
  for (const std::uint32_t capacity : {1U, 63U, 199U}) {
    GridMn grid(job, {0, 100}, 2, capacity);
    grid.run(3);
    EXPECT_TRUE(grid.outcome().overflowed);
    EXPECT_EQ(grid.outcome().nonces, 0U);
    EXPECT_EQ(grid.outcome().hits, 0U);
  }
  GridMn enough(job, {0, 100}, 2, 200);
  enough.run(3);
  EXPECT_FALSE(enough.outcome().overflowed);
  enough.expect_hits_of_outcome();
}

TEST(CudaScan, AFullListEndsTheScan) {
  GridM1 grid(easy_job(1, 0xffffffff), {0, kAllNonces}, 1, 64);
  grid.run(2);
  EXPECT_TRUE(grid.outcome().overflowed);
  EXPECT_LT(grid.counters().stopped_at, 100U);
}

TEST(CudaScan, ReportsProgress) {
  GridM1 grid(easy_job(1, 0), {0, 32 * 100}, 1);
  grid.params().poll_interval = 16;
  grid.run(1);
  EXPECT_EQ(grid.chunks_taken(), 96U);
}

}  // namespace
}  // namespace lode::kernels::cuda
