// How fast a GPU's multiprocessor executes the instructions that SHA-256d is made of, alone and in pairs; how long each
// takes; how many warps it wants; what long loops cost. Exits with 77 if there is no GPU.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"
#include "bench/gpu/microbench_module.h"
#include "bench/gpu/microbench_params.h"
#include "bench/gpu/options.h"
#include "bench/gpu/records.h"

namespace lode::bench {
namespace {

/// Instructions that one thread is to execute: some milliseconds' worth.
constexpr double kInstructions = 512 * 1000;
constexpr std::uint32_t kThreads = 1024;

/// A kernel in a shape; measured several times, in turn with all others.
struct Case {
  const MicrobenchKernel* kernel;
  std::uint32_t blocks_per_multiprocessor;  ///< 0: a single block on the whole GPU
  std::uint32_t threads;
  std::vector<double> per_clock = {};  ///< instructions of a multiprocessor
  std::vector<double> by_events = {};  ///< the same, by the time of the whole launch and the clock's rate
  std::vector<double> latency = {};    ///< clocks of an instruction that waits for the one before
  std::vector<double> mhz = {};
};

double instructions_of(const MicrobenchKernel& kernel) {
  return kernel.of_each * (kernel.second[0] == '\0' ? 1.0 : 2.0);
}

std::vector<Case> make_cases() {
  std::vector<Case> cases;
  for (const MicrobenchKernel& kernel : kMicrobenchKernels) {
    const std::string_view name = kernel.name;
    if (name.starts_with("latency_")) {
      cases.push_back({&kernel, 0, 32});
    } else if (name.starts_with("warps_")) {
      for (const std::uint32_t warps : {1U, 2U, 3U, 4U, 5U, 6U, 8U})
        cases.push_back({&kernel, 1, 128 * warps});
      for (const std::uint32_t warps : {10U, 12U, 16U})
        cases.push_back({&kernel, 2, 64 * warps});
    } else if (name.starts_with("loop_")) {
      cases.push_back({&kernel, 5, 256});  // as the scan kernel of one midstate
    } else {
      cases.push_back({&kernel, 1, kThreads});
    }
  }
  return cases;
}

void measure(MicrobenchModule& module, Case& one, std::uint32_t multiprocessors) {
  const double in_turn = instructions_of(*one.kernel);
  const auto iterations = static_cast<std::uint32_t>(kInstructions / in_turn);
  const std::uint32_t blocks = one.blocks_per_multiprocessor == 0 ? 1 : one.blocks_per_multiprocessor * multiprocessors;
  const MicrobenchRun run = module.run(one.kernel->name, blocks, one.threads, iterations);
  const double instructions = in_turn * iterations;
  one.per_clock.push_back(instructions_per_clock(run, one.threads, instructions));
  const double mhz = clock_mhz(run.blocks);
  one.mhz.push_back(mhz);
  if (one.blocks_per_multiprocessor == 0) one.latency.push_back(one.threads / one.per_clock.back());
  if (run.milliseconds && mhz > 0) {
    one.by_events.push_back(instructions * one.threads * blocks / (*run.milliseconds * 1000 * mhz) /
                            (one.blocks_per_multiprocessor == 0 ? 1 : multiprocessors));
  }
}

void list_kernels() {
  for (const MicrobenchKernel& kernel : kMicrobenchKernels) {
    std::printf("%s %s%s%s %u\n", kernel.name, kernel.first, kernel.second[0] == '\0' ? "" : "+", kernel.second,
                kernel.of_each);
  }
}

int run(const Options& options) {
  if (options.list) {
    list_kernels();
    return kExitGood;
  }
  const auto gpu = find_gpu_under_test(options);
  if (!gpu) return kExitNoGpu;
  const auto module = MicrobenchModule::open(*gpu);
  if (!module) {
    std::printf("no microbenchmarks: %s\n", module.error().message().c_str());
    return gpu->played ? kExitNoGpu : kExitFault;
  }
  Records records(options.json);
  const auto multiprocessors = static_cast<std::uint32_t>(gpu->gpu.multiprocessors);
  std::vector<Case> cases = make_cases();
  // Warm, so that clocks are those of load.
  using Clock = std::chrono::steady_clock;
  const auto warm = Clock::now() + std::chrono::duration<double>(options.quick ? 0.5 : 3);
  while (Clock::now() < warm)
    (*module)->run("lop3_imad", multiprocessors, kThreads, 1000);
  const int rounds = options.quick ? 3 : 9;
  for (int round = 0; round < rounds; ++round) {
    for (Case& one : cases)
      measure(**module, one, multiprocessors);
  }
  for (const Case& one : cases) {
    Record record("microbench");
    record.add("kernel", one.kernel->name)
        .add("instructions",
             std::string(one.kernel->first) + (one.kernel->second[0] == '\0' ? "" : "+") + one.kernel->second)
        .add("warps_per_scheduler", std::max(1U, one.blocks_per_multiprocessor) * one.threads / 128.0)
        .add("per_sm_and_clock", median(one.per_clock))
        .add("by_events", median(one.by_events))
        .add("sm_mhz", median(one.mhz))
        .add("loop_bytes", 16 * instructions_of(*one.kernel));
    if (!one.latency.empty()) record.add("latency_clocks", median(one.latency));
    records.write(record);
  }
  return kExitGood;
}

}  // namespace
}  // namespace lode::bench

int main(int argc, char** argv) {
  return lode::bench::run_program(argc, argv, lode::bench::run);
}
