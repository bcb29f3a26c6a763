// The microbenchmarks' kernels on a GPU (microbench.cu): runs one and says what its blocks saw; measures the clock of
// the multiprocessors while something else runs.
//
// Used by one thread; the GPU's primary context is that thread's as long as this lives.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/microbench_params.h"
#include "host/base/result.h"

namespace lode::bench {

/// One launch of a kernel.
struct MicrobenchRun {
  std::vector<BlockRecord> blocks;
  std::optional<double> milliseconds;  ///< by events
};

/// Instructions of all lanes, for each clock of a multiprocessor: the median of the multiprocessors. `instructions` is
/// what one thread does.
double instructions_per_clock(const MicrobenchRun& run, std::uint32_t threads, double instructions);

/// Of the multiprocessors' clock while the kernel ran: the median of the blocks. 0: too short to tell.
double clock_mhz(const std::vector<BlockRecord>& blocks);

class MicrobenchModule {
 public:
  /// Error: kDevice, one sentence: there is no code for this GPU, or it does not load.
  static Result<std::unique_ptr<MicrobenchModule>> open(const GpuUnderTest& gpu);
  ~MicrobenchModule();
  MicrobenchModule(const MicrobenchModule&) = delete;
  MicrobenchModule& operator=(const MicrobenchModule&) = delete;

  /// At most kMostBlocks blocks. Waits. Throws std::runtime_error if the GPU fails.
  MicrobenchRun run(const char* kernel, std::uint32_t blocks, std::uint32_t threads, std::uint32_t iterations);

  /// Starts one warp beside whatever runs that looks at the clock for so long.
  void start_probe(std::uint32_t nanoseconds);
  /// MHz, of the probe that was started last; waits for it.
  double finish_probe();

  static constexpr std::uint32_t kMostBlocks = 4096;

 private:
  explicit MicrobenchModule(const GpuUnderTest& gpu) : driver_(gpu.driver), device_(gpu.gpu.device) {}
  Result<void> build(const GpuUnderTest& gpu);
  Result<device::CudaFunction> function(const char* kernel);
  MicrobenchParams params(std::uint32_t first_record) const;
  void start(const char* kernel, std::uint32_t blocks, std::uint32_t threads, const MicrobenchParams& params);
  void wait();

  std::shared_ptr<TimedDriver> driver_;
  int device_;
  device::CudaContext context_ = nullptr;
  device::CudaModule module_ = nullptr;
  device::CudaStream stream_ = nullptr;
  device::CudaEvent done_ = nullptr;
  void* memory_ = nullptr;  ///< pinned and mapped: kMostBlocks records, one of the probe's, a word
  device::CudaAddress address_ = 0;
  std::map<std::string, device::CudaFunction> functions_;
};

}  // namespace lode::bench
