// The OpenCL kernels on a device of this machine: what a host does for a launch, in the simplest way. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"
#include "kernels/core/scan_job.h"
#include "kernels/gpu/scan_params.h"
#include "kernels/opencl/program.h"

namespace lode::kernels {

/// Work for one launch beyond the job.
struct OpenClLaunch {
  NonceRange range;
  std::uint32_t hashes_per_item = 4;  ///< few, so that there are many chunks
  std::uint32_t hit_capacity = 4096;
  std::uint32_t groups = 2;
  std::uint32_t epoch = 7;
  std::uint32_t poll_interval = 1;
  std::uint32_t first_chunk = 0;  ///< those before it count as done
  bool always_mn = false;         ///< sha256d_mn also for one midstate
};

class OpenClGrid {
 public:
  /// On the first device of the machine. `extra` is added to the build's options.
  OpenClGrid(const opencl::Variant& variant, const std::string& extra);
  ~OpenClGrid();
  OpenClGrid(const OpenClGrid&) = delete;
  OpenClGrid& operator=(const OpenClGrid&) = delete;

  /// Why there is nothing to test on; empty if there is.
  [[nodiscard]] static std::string missing();

  /// What went wrong; empty if nothing did.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  /// Begins a launch. One at a time.
  void start(const ScanJob& job, const OpenClLaunch& launch);
  void wait();
  void run(const ScanJob& job, const OpenClLaunch& launch) {
    start(job, launch);
    wait();
  }

  void set_epoch(std::uint32_t epoch);
  [[nodiscard]] std::uint32_t chunks_taken();
  [[nodiscard]] const gpu::ScanCounters& counters() const { return counters_; }
  [[nodiscard]] const gpu::Chunks& chunks() const { return chunks_; }
  [[nodiscard]] gpu::Outcome outcome() const;
  /// Sorted.
  [[nodiscard]] std::vector<Hit> hits() const;

  /// As a ScanFunction. Where the list is too small the range is halved, as a host would.
  ScanResult scan(const ScanJob& job, NonceRange range, std::span<Hit> hits);

 private:
  struct Page;

  bool good(device::OpenClStatus status, const char* call);
  void build(const std::string& extra);
  template <class Params>
  void put(const ScanJob& job, const OpenClLaunch& launch);

  opencl::Variant variant_;
  std::shared_ptr<device::OpenClDriver> driver_;
  device::OpenClGpu gpu_;
  std::string fault_;
  device::OpenClContext context_ = nullptr;
  device::OpenClQueue queue_ = nullptr;
  device::OpenClProgram program_ = nullptr;
  device::OpenClKernel m1_ = nullptr;
  device::OpenClKernel mn_ = nullptr;
  device::OpenClBuffer params_buffer_ = nullptr;
  device::OpenClBuffer counters_buffer_ = nullptr;
  device::OpenClBuffer hits_buffer_ = nullptr;
  device::OpenClBuffer mailbox_buffer_ = nullptr;

  std::unique_ptr<Page> page_;
  std::vector<std::byte> params_;
  gpu::ScanCounters counters_{};
  gpu::Chunks chunks_;
  std::uint32_t hit_capacity_ = 0;
  std::vector<gpu::HitSlot> slots_;
};

}  // namespace lode::kernels
