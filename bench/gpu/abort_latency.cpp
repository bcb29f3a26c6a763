#include "bench/gpu/abort_latency.h"

#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

std::vector<double> abort_times(device::GpuSession& session, std::uint32_t midstates, int count) {
  std::vector<double> times;
  std::mt19937 random(41);
  session.prepare(planted_job(1, midstates, 0));
  for (int i = 0; i < count; ++i) {
    constexpr std::uint64_t kAll = std::uint64_t{1} << 32;
    const std::uint32_t epoch = session.epoch();
    for (const std::size_t slot : {0U, 1U})
      require(session.launch(slot, {static_cast<std::uint32_t>(random()), kAll}, epoch, 4096));
    // Some time for the first to be under way, and to come at any moment of a chunk.
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random() % 2000));
    const auto begin = Clock::now();
    session.advance_epoch();
    await(session, 0);
    await(session, 1);
    times.push_back(microseconds(Clock::now() - begin));
    if (session.outcome(0).nonces == kAll) throw std::runtime_error("a launch was over before it was stopped");
  }
  return times;
}

std::vector<double> new_work_times(device::GpuDevice& device, std::uint32_t midstates, int count) {
  std::vector<double> times;
  std::atomic<std::uint64_t> generation{1};
  std::atomic<bool> ends{false};
  std::atomic<std::int64_t> found{0};  ///< when, of Clock
  std::atomic<std::uint64_t> found_generation{0};
  std::atomic<bool> failed{false};
  // Even generations are easy, odd ones long.
  std::jthread worker([&] {
    std::vector<kernels::Hit> hits(device::GpuSession::kHitCapacity);
    kernels::ScanJob job = planted_job(1, midstates, 0);
    while (!ends && !failed) {
      job.generation = generation;
      const bool easy = job.generation % 2 == 0;
      if (easy && found_generation == job.generation) {
        std::this_thread::yield();
        continue;
      }
      job.limit = easy ? 0xffffffff : 0;
      const auto result = device.scan(job, {0, easy ? 32ULL : std::uint64_t{1} << 32}, hits);
      failed = !result;
      if (easy && result && result->hits > 0) {
        found = Clock::now().time_since_epoch().count();
        found_generation = job.generation;
      }
    }
  });
  std::mt19937 random(43);
  for (int i = 0; i < count && !failed; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + random() % 2000));
    const auto begin = Clock::now();
    const std::uint64_t easy = ++generation;
    device.abort_before(easy);
    while (found_generation != easy && !failed)
      std::this_thread::yield();
    times.push_back(microseconds(Clock::time_point(Clock::duration(found.load())) - begin));
    ++generation;
  }
  ends = true;
  device.abort_before(generation + 1);
  worker.join();
  if (failed) throw std::runtime_error("the GPU failed while work was replaced");
  return times;
}

void write_times(Records& records, const char* table, const char* what, std::uint32_t midstates,
                 const std::vector<double>& microseconds) {
  records.write(Record(table)
                    .add("what", what)
                    .add("midstates", midstates)
                    .add("count", microseconds.size())
                    .add("p50_us", quantile(microseconds, 0.5))
                    .add("p99_us", quantile(microseconds, 0.99))
                    .add("most_us", quantile(microseconds, 1)));
}

}  // namespace lode::bench
