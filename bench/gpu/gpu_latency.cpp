// How fast a GPU lets go of what it does: from new work to the end of all launches, and to the first result of the new
// work through the device; what a launch costs. Exits with 77 if there is no GPU.
#include <chrono>
#include <vector>

#include "bench/gpu/abort_latency.h"
#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"
#include "bench/gpu/options.h"
#include "bench/gpu/records.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kTable = "latency";

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
  write_times(records, kTable, "launch, round trip", 1, round_trips);
  write_times(records, kTable, "launch, calls of the host", 1, calls);
  if (!times) return;
  std::vector<double> kernels;
  for (const double milliseconds : *times)
    kernels.push_back(1000 * milliseconds);
  write_times(records, kTable, "launch, a warp's work by events", 1, kernels);
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
    write_times(records, kTable, "abort to all launches ended", midstates, abort_times(*session, midstates, count));
  }
  for (const std::uint32_t midstates : {1U, 64U}) {
    const auto device = open_device(*gpu, build->kernels);
    write_times(records, kTable, "abort to results of new work", midstates, new_work_times(*device, midstates, count));
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
