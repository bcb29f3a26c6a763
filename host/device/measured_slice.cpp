#include "host/device/measured_slice.h"

namespace lode::device {

kernels::ScanJob made_up_job(std::uint32_t midstates) noexcept {
  kernels::ScanJob job;
  job.midstate_count = midstates;
  job.limit = 0;
  std::uint32_t word = 0x9e3779b9;
  for (kernels::Midstate& midstate : job.midstates) {
    for (std::uint32_t& one : midstate)
      one = word = word * 1664525 + 1013904223;
  }
  return job;
}

}  // namespace lode::device
