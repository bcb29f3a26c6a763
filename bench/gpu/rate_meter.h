// Measures how fast a session's kernel hashes: launches of a quarter of a second, one after the other, their time taken
// by events; meanwhile the clock by a probe, power and heat by the GPU's sensors.
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/microbench_module.h"
#include "bench/gpu/records.h"
#include "kernels/core/scan_job.h"

namespace lode::bench {

/// A kernel in a launch shape, with a job of so many midstates, and what was measured of it.
struct RateCase {
  kernels::cuda::Balance balance;
  device::CudaKernels kernels;
  std::uint32_t midstates;
  std::unique_ptr<device::GpuSession> session = {};
  std::uint32_t blocks = 0;   ///< of a launch that fills the GPU; known after the first
  std::uint32_t threads = 0;  ///< in a block

  std::vector<double> ghs = {};               ///< by events; by the host's clock where there are none
  std::vector<double> per_sm_and_clock = {};  ///< hashes
  std::vector<double> mhz = {};               ///< by the probe
  std::vector<double> watts = {};
  std::vector<double> celsius = {};
  std::set<std::string> slowed_by = {};
};

class RateMeter {
 public:
  /// Without a module the clock is not measured.
  RateMeter(const GpuUnderTest& gpu, MicrobenchModule* module) : gpu_(&gpu), module_(module) {}

  /// One more sample of the case, of about so many seconds. Opens its session if it has none. Throws std::runtime_error
  /// if the GPU fails.
  void sample(RateCase& one, double seconds);

  /// What was measured, as columns.
  void describe(const RateCase& one, Record& record) const;

 private:
  const GpuUnderTest* gpu_;
  MicrobenchModule* module_;
  double hashes_per_second_ = 0;  ///< of the last launch; 0: none yet
  std::uint32_t next_nonce_ = 0;
};

}  // namespace lode::bench
