// Opens OpenCL sessions as long as there is time: a driver compiles for seconds, and for as many times as long where a
// work-item does several nonces at once. What is not opened is on record.
//
// Used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "bench/gpu/opencl_under_test.h"
#include "bench/gpu/records.h"
#include "host/device/gpu_session.h"
#include "host/device/opencl_tuning.h"

namespace lode::bench {

class OpenClOpener {
 public:
  OpenClOpener(const OpenClUnderTest& opencl, Records& records) : opencl_(&opencl), records_(&records) {}

  /// From now on: so much time, for a part of the program of that name.
  void begin(const char* part, std::chrono::seconds limit);

  /// Null, with a record: there is no time for it, or it does not open, which counts as a fault.
  std::shared_ptr<device::GpuSession> open(const device::OpenClSetting& setting);

  [[nodiscard]] int faults() const noexcept { return faults_; }

 private:
  using Clock = std::chrono::steady_clock;

  const OpenClUnderTest* opencl_;
  Records* records_;
  std::string part_;
  Clock::time_point end_{};
  std::set<std::string> compiled_;        ///< by their options
  Clock::duration longest_of_a_nonce_{};  ///< compiling, by how many nonces a work-item does at once
  int faults_ = 0;
};

}  // namespace lode::bench
