// How fast a GPU lets go of what it does: from new work to the end of all launches, and to the first result of the new
// work through the device; what a launch costs. Exits with 77 if there is no GPU.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"
#include "bench/gpu/options.h"
#include "bench/gpu/records.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

void write(Records& records, const char* what, std::uint32_t midstates, const std::vector<double>& microseconds) {
  records.write(Record("latency")
                    .add("what", what)
                    .add("midstates", midstates)
                    .add("count", microseconds.size())
                    .add("p50_us", quantile(microseconds, 0.5))
                    .add("p99_us", quantile(microseconds, 0.99))
                    .add("most_us", quantile(microseconds, 1)));
}

/// From advance_epoch() to the end of two launches that would have taken seconds.
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

/// From abort_before() to the first results of newer work, which is so easy that it has some at once.
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

/// Of launches of a single warp's work: by the host until it is seen to be over; the calls alone; by events.
void launch_costs(GpuUnderTest& gpu, device::GpuSession& session, int count, Records& records) {
  std::vector<double> round_trips;
  std::vector<double> calls;
  session.prepare(planted_job(1, 1, 0));
  gpu.driver->measure(true);
  for (int i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    require(session.launch(0, {0, 32}, session.epoch(), 64));
    calls.push_back(microseconds(Clock::now() - begin));
    await(session, 0);
    round_trips.push_back(microseconds(Clock::now() - begin));
  }
  const auto times = gpu.driver->times();
  gpu.driver->measure(false);
  write(records, "launch, round trip", 1, round_trips);
  write(records, "launch, calls of the host", 1, calls);
  if (!times) return;
  std::vector<double> kernels;
  for (const double milliseconds : *times)
    kernels.push_back(1000 * milliseconds);
  write(records, "launch, a warp's work by events", 1, kernels);
}

int run(const Options& options) {
  const auto gpu = find_gpu_under_test(options);
  if (!gpu) return kExitNoGpu;
  Records records(options.json);
  const int count = options.played ? 20 : options.quick ? 200 : 1000;
  const GpuUnderTest::Build* build = &gpu->builds.front();
  for (const GpuUnderTest::Build& one : gpu->builds) {
    if (one.balance == kernels::cuda::Balance::kLight) build = &one;
  }
  for (const std::uint32_t midstates : {1U, 64U}) {
    const auto session = open_session(*gpu, build->kernels);
    write(records, "abort to all launches ended", midstates, abort_times(*session, midstates, count));
  }
  for (const std::uint32_t midstates : {1U, 64U}) {
    const auto device = open_device(*gpu, build->kernels);
    write(records, "abort to results of new work", midstates, new_work_times(*device, midstates, count));
  }
  const auto session = open_session(*gpu, build->kernels);
  launch_costs(*gpu, *session, count, records);
  return kExitGood;
}

}  // namespace
}  // namespace lode::bench

int main(int argc, char** argv) {
  return lode::bench::run_program(argc, argv, lode::bench::run);
}
