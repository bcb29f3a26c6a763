#include "tests/kernels/opencl_grid.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "host/device/opencl_library.h"

namespace lode::kernels {

using device::OpenClMemory;
using device::OpenClStatus;

/// Memory that the device, a CPU, shares with us.
struct alignas(4096) OpenClGrid::Page {
  gpu::Mailbox mailbox{};
};

namespace {
constexpr std::size_t kMostHits = 1 << 16;
}

std::string OpenClGrid::missing() {
  const auto driver = device::open_opencl_driver();
  if (!driver) return driver.error().message();
  const auto gpus = device::list_opencl_gpus(**driver);
  if (!gpus) return gpus.error().message();
  if (gpus->empty()) return "no OpenCL device";
  if (!gpus->front().is_cpu()) return "the first OpenCL device is no CPU";
  return "";
}

OpenClGrid::OpenClGrid(const opencl::Variant& variant, const std::string& extra)
    : variant_(variant),
      driver_(device::open_opencl_driver().value()),
      gpu_(device::list_opencl_gpus(*driver_).value().front()),
      page_(std::make_unique<Page>()) {
  build(extra);
}

bool OpenClGrid::good(OpenClStatus status, const char* call) {
  if (status == OpenClStatus::kSuccess) return true;
  if (fault_.empty()) fault_ = std::string(call) + ": status " + std::to_string(static_cast<int>(status));
  return false;
}

void OpenClGrid::build(const std::string& extra) {
  if (!good(driver_->create_context(context_, gpu_.platform_id, gpu_.device_id), "create_context") ||
      !good(driver_->create_queue(queue_, context_, gpu_.device_id), "create_queue") ||
      !good(driver_->program_from_source(program_, context_, opencl::source()), "program_from_source"))
    return;
  if (!good(driver_->build(program_, gpu_.device_id, opencl::build_options(variant_) + extra), "build")) {
    std::string log;
    if (good(driver_->build_log(log, program_, gpu_.device_id), "build_log")) fault_ += ": " + log;
    return;
  }
  const auto buffer = [this](device::OpenClBuffer& to, OpenClMemory memory, std::size_t bytes, void* host = nullptr) {
    return good(driver_->create_buffer(to, context_, memory, bytes, host), "create_buffer");
  };
  static_cast<void>(good(driver_->create_kernel(m1_, program_, "sha256d_m1"), "create_kernel") &&
                    good(driver_->create_kernel(mn_, program_, "sha256d_mn"), "create_kernel") &&
                    buffer(params_buffer_, OpenClMemory::kReadOnly, sizeof(opencl::ParamsMn)) &&
                    buffer(counters_buffer_, OpenClMemory::kReadWrite, sizeof(counters_)) &&
                    buffer(hits_buffer_, OpenClMemory::kReadWrite, kMostHits * sizeof(gpu::HitSlot)) &&
                    buffer(mailbox_buffer_, OpenClMemory::kReadWriteOfHost, sizeof(Page), page_.get()));
}

OpenClGrid::~OpenClGrid() {
  if (queue_ != nullptr) static_cast<void>(driver_->finish(queue_));
  for (const auto buffer : {params_buffer_, counters_buffer_, hits_buffer_, mailbox_buffer_}) {
    if (buffer != nullptr) static_cast<void>(driver_->release(buffer));
  }
  for (const auto kernel : {m1_, mn_}) {
    if (kernel != nullptr) static_cast<void>(driver_->release(kernel));
  }
  if (program_ != nullptr) static_cast<void>(driver_->release(program_));
  if (queue_ != nullptr) static_cast<void>(driver_->release(queue_));
  if (context_ != nullptr) static_cast<void>(driver_->release(context_));
}

template <class Params>
void OpenClGrid::put(const ScanJob& job, const OpenClLaunch& launch) {
  Params params;
  opencl::set_job(params, job);
  params.chunks = chunks_;
  params.epoch = 7;
  params.poll_interval = launch.poll_interval;
  params.hit_capacity = hit_capacity_;
  params_.resize(sizeof(params));
  std::memcpy(params_.data(), &params, sizeof(params));
}

void OpenClGrid::start(const ScanJob& job, const OpenClLaunch& launch) {
  chunks_ = gpu::cut(launch.range, job.midstate_count, launch.hashes_per_item, opencl::chunk_unit(variant_));
  hit_capacity_ = std::min(launch.hit_capacity, static_cast<std::uint32_t>(kMostHits));
  const bool is_single = job.midstate_count == 1 && !launch.always_mn;
  if (is_single) {
    put<opencl::ParamsM1>(job, launch);
  } else {
    put<opencl::ParamsMn>(job, launch);
  }
  counters_ = {.next_chunk = launch.first_chunk, .stopped_at = 0, .found = 0};
  slots_.assign(hit_capacity_, {});
  set_epoch(launch.epoch);
  std::atomic_ref(page_->mailbox.chunks_taken).store(0);
  const device::OpenClKernel kernel = is_single ? m1_ : mn_;
  std::uint32_t index = 0;
  for (const auto buffer : {params_buffer_, counters_buffer_, hits_buffer_, mailbox_buffer_}) {
    if (!good(driver_->set_argument(kernel, index++, buffer), "set_argument")) return;
  }
  const std::size_t list = slots_.size() * sizeof(gpu::HitSlot);
  static_cast<void>(good(driver_->write(queue_, params_buffer_, params_.data(), params_.size()), "write") &&
                    good(driver_->write(queue_, counters_buffer_, &counters_, sizeof(counters_)), "write") &&
                    good(driver_->write(queue_, hits_buffer_, slots_.data(), list), "write") &&
                    good(driver_->launch(queue_, kernel, launch.groups, variant_.group_size, nullptr), "launch") &&
                    good(driver_->read(queue_, counters_buffer_, &counters_, sizeof(counters_)), "read") &&
                    good(driver_->read(queue_, hits_buffer_, slots_.data(), list), "read") &&
                    good(driver_->flush(queue_), "flush"));
}

void OpenClGrid::wait() {
  static_cast<void>(good(driver_->finish(queue_), "finish"));
}

void OpenClGrid::set_epoch(std::uint32_t epoch) {
  std::atomic_ref(page_->mailbox.epoch).store(epoch);
}

std::uint32_t OpenClGrid::chunks_taken() {
  return std::atomic_ref(page_->mailbox.chunks_taken).load();
}

gpu::Outcome OpenClGrid::outcome() const {
  return gpu::outcome_of(counters_, chunks_, hit_capacity_);
}

std::vector<Hit> OpenClGrid::hits() const {
  std::vector<Hit> hits;
  for (const gpu::HitSlot& slot : slots_) {
    if (slot.midstate_plus_one != 0) hits.push_back({slot.nonce_word, slot.midstate_plus_one - 1});
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

ScanResult OpenClGrid::scan(const ScanJob& job, NonceRange range, std::span<Hit> hits) {
  while (range.count != 0 && fault_.empty()) {
    run(job, {.range = range, .hit_capacity = static_cast<std::uint32_t>(hits.size())});
    const gpu::Outcome done = outcome();
    if (done.overflowed) {
      range.count /= 2;
      continue;
    }
    const std::vector<Hit> found = this->hits();
    std::copy(found.begin(), found.end(), hits.begin());
    return {.nonces = done.nonces, .hits = done.hits};
  }
  return {};
}

}  // namespace lode::kernels
