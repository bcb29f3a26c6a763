// How fast a session hashes, by the host's clock, whatever API drives it: so that kernels of different APIs can take
// turns on one GPU. Launches are long enough that what is between them does not count.
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/device/gpu_session.h"

namespace lode::bench {

/// A session's kernel for jobs of so many midstates, and what was measured of it.
struct SessionCase {
  std::string api;  ///< "OpenCL", "CUDA"
  std::string setting;
  std::uint32_t midstates = 1;
  std::shared_ptr<device::GpuSession> session;
  std::vector<double> ghs = {};  ///< a sample each
  double hashes_per_second = 0;  ///< of the last launch; 0: none yet
};

/// One more sample, of about so many seconds. Throws std::runtime_error if the GPU fails.
void sample(SessionCase& one, double seconds);

/// All in turn, so many rounds.
void sample_in_turn(std::vector<SessionCase>& cases, double seconds, int rounds);

/// The fastest of those with so many midstates, by the median. Throws std::runtime_error if there is none.
const SessionCase& fastest(const std::vector<SessionCase>& cases, std::uint32_t midstates);

}  // namespace lode::bench
