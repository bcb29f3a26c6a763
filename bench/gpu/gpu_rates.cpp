// How fast the CUDA kernels hash on a GPU: every balance with 1 to 64 midstates, launch shapes, then the best of each
// for longer, and the same through the device as the engine uses it. Samples alternate between all that is compared.
// Exits with 77 if there is no GPU.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"
#include "bench/gpu/microbench_module.h"
#include "bench/gpu/options.h"
#include "bench/gpu/rate_meter.h"
#include "bench/gpu/records.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Seconds of each part.
struct Plan {
  double warm;      ///< before anything is compared
  double sample;    ///< of a sweep's samples
  int rounds;       ///< of a sweep
  double headline;  ///< of the last samples
  int headline_rounds;
  double device;  ///< through the device, for each number of midstates
};
Plan plan_of(const Options& options) {
  if (options.played)
    return {.warm = 0.05, .sample = 0.02, .rounds = 1, .headline = 0.05, .headline_rounds = 2, .device = 0.3};
  if (options.quick) return {.warm = 3, .sample = 0.25, .rounds = 1, .headline = 1, .headline_rounds = 3, .device = 2};
  const double each = options.seconds > 0 ? options.seconds : 10;
  return {.warm = each, .sample = 0.25, .rounds = 3, .headline = each / 5, .headline_rounds = 5, .device = each / 2};
}

void sample_all(RateMeter& meter, std::vector<RateCase>& cases, double seconds, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (RateCase& one : cases)
      meter.sample(one, seconds);
  }
}

void write_all(const RateMeter& meter, const char* table, const std::vector<RateCase>& cases, Records& records) {
  for (const RateCase& one : cases) {
    Record record(table);
    meter.describe(one, record);
    records.write(record);
  }
}

/// The fastest of those with so many midstates.
const RateCase& best_of(const std::vector<RateCase>& cases, std::uint32_t midstates) {
  const RateCase* best = nullptr;
  for (const RateCase& one : cases) {
    if (one.midstates == midstates && (best == nullptr || median(one.ghs) > median(best->ghs))) best = &one;
  }
  if (best == nullptr) throw std::runtime_error("nothing was measured with so many midstates");
  return *best;
}

RateCase like(const RateCase& one, std::uint32_t midstates) {
  return {.balance = one.balance, .kernels = one.kernels, .midstates = midstates};
}

/// The best balance's kernel with fewer blocks and with other portions of work.
std::vector<RateCase> shapes_of(const std::vector<RateCase>& balances, bool few, const GpuUnderTest& gpu) {
  std::vector<RateCase> shapes;
  for (const std::uint32_t midstates : {1U, 8U, 64U}) {
    const RateCase& best = best_of(balances, midstates);
    const std::uint32_t room = std::max(1U, best.blocks / static_cast<std::uint32_t>(gpu.gpu.multiprocessors));
    for (std::uint32_t blocks = 1; blocks <= room; ++blocks) {
      for (const std::uint32_t hashes : {16U, 64U, 256U}) {
        if (few && (blocks != room || hashes == 16)) continue;
        // A thread does at least one nonce with all midstates.
        if (hashes < midstates) continue;
        RateCase shape = like(best, midstates);
        device::CudaKernelUse& use = midstates == 1 ? shape.kernels.single : shape.kernels.rolling;
        use.blocks_per_multiprocessor = blocks;
        use.hashes_per_thread = hashes;
        shapes.push_back(std::move(shape));
      }
    }
  }
  return shapes;
}

/// Through the device: what is lost between launches is lost here too.
void run_through_device(const GpuUnderTest& gpu, const RateCase& one, double seconds, Records& records) {
  const auto device = open_device(gpu, one.kernels);
  const kernels::ScanJob job = planted_job(0, one.midstates, 0);
  std::vector<kernels::Hit> hits(device::GpuSession::kHitCapacity);
  // The first scans teach it how long a launch is.
  double hashes = 0;
  std::uint64_t scan_nonces = 1 << 16;
  std::uint32_t first = 0;
  auto begin = Clock::now();
  double elapsed = 0;
  int scans = 0;
  bool counts = false;
  while (elapsed < seconds || !counts) {
    const auto scan_begin = Clock::now();
    const auto result = device->scan(job, {first, scan_nonces}, hits);
    if (!result) throw std::runtime_error(result.error().message());
    const auto now = Clock::now();
    first += static_cast<std::uint32_t>(result->nonces);
    const double rate = static_cast<double>(result->nonces) / std::chrono::duration<double>(now - scan_begin).count();
    scan_nonces = static_cast<std::uint64_t>(std::clamp(rate * std::min(0.4, seconds), 64.0, 0x1p32));
    ++scans;
    hashes += static_cast<double>(result->nonces) * one.midstates;
    elapsed = std::chrono::duration<double>(now - begin).count();
    if (!counts && (elapsed > seconds / 4)) {
      counts = true;
      begin = now;
      hashes = elapsed = 0;
    }
  }
  records.write(Record("through_device")
                    .add("balance", name_of(one.balance))
                    .add("midstates", one.midstates)
                    .add("scans", scans)
                    .add("seconds", elapsed)
                    .add("ghs", hashes / elapsed / 1e9)
                    .add("of_kernel_rate", hashes / elapsed / 1e9 / median(one.ghs)));
}

int run(const Options& options) {
  const auto gpu = find_gpu_under_test(options);
  if (!gpu) return kExitNoGpu;
  Records records(options.json);
  const auto driver_version = device::cuda_driver_version(*gpu->driver);
  records.write(Record("gpu")
                    .add("name", gpu->gpu.name)
                    .add("capability", gpu->gpu.capability)
                    .add("multiprocessors", gpu->gpu.multiprocessors)
                    .add("memory_bytes", gpu->gpu.memory)
                    .add("cuda_of_driver", driver_version ? *driver_version : "unknown")
                    .add("sensors", gpu->telemetry != nullptr)
                    .add("played", gpu->played));
  const auto module = MicrobenchModule::open(*gpu);
  if (!module) std::printf("the clock is not measured: %s\n", module.error().message().c_str());
  RateMeter meter(*gpu, module ? module->get() : nullptr);
  const Plan plan = plan_of(options);

  std::vector<RateCase> balances;
  for (const std::uint32_t midstates : {1U, 8U, 16U, 32U, 64U}) {
    for (const GpuUnderTest::Build& build : gpu->builds)
      balances.push_back({.balance = build.balance, .kernels = build.kernels, .midstates = midstates});
  }
  {
    RateCase warm = like(balances.front(), 8);
    meter.sample(warm, plan.warm);
  }
  sample_all(meter, balances, plan.sample, plan.rounds);
  write_all(meter, "balances", balances, records);

  std::vector<RateCase> shapes = shapes_of(balances, options.quick, *gpu);
  sample_all(meter, shapes, plan.sample, std::max(1, plan.rounds - 1));
  write_all(meter, "shapes", shapes, records);

  // Shapes were tried for three numbers of midstates; the balance decides in the others.
  std::vector<RateCase> headline;
  for (const std::uint32_t midstates : {1U, 8U, 32U, 64U}) {
    const RateCase& best = best_of(midstates == 32 ? balances : shapes, midstates);
    headline.push_back(like(best, midstates));
  }
  shapes.clear();
  balances.clear();
  {
    RateCase warm = like(headline.front(), 1);
    meter.sample(warm, plan.warm);
  }
  sample_all(meter, headline, plan.headline, plan.headline_rounds);
  write_all(meter, "headline", headline, records);
  for (const RateCase& one : headline)
    run_through_device(*gpu, one, plan.device, records);
  return kExitGood;
}

}  // namespace
}  // namespace lode::bench

int main(int argc, char** argv) {
  return lode::bench::run_program(argc, argv, lode::bench::run);
}
