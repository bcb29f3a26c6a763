#include "host/device/cuda_session.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/cuda/tunings.h"

namespace lode::device {

namespace gpu = kernels::gpu;
namespace cuda = kernels::cuda;

namespace {

/// Looks into the mailbox while all warps of the grid take one chunk each. A look is a read over the bus by one warp.
constexpr std::uint32_t kLooksInAChunk = 4;

/// What a kernel takes as an address.
template <class T>
T* pointer(CudaAddress address) noexcept {
  static_assert(sizeof(address) == sizeof(T*));
  return std::bit_cast<T*>(address);
}

}  // namespace

Result<std::unique_ptr<GpuSession>> CudaSession::open(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                      const CudaKernels& kernels) {
  std::unique_ptr<CudaSession> session(new CudaSession(std::move(driver), gpu));
  if (const auto built = session->build(kernels); !built) return built.error();
  return std::unique_ptr<GpuSession>(std::move(session));
}

Result<CudaLaunchShape> CudaSession::launch_shape(std::shared_ptr<CudaDriver> driver, const CudaGpu& gpu,
                                                  const cuda::Image& image) {
  CudaSession session(std::move(driver), gpu);
  if (const auto good = session.attach(); !good) return good.error();
  if (const auto good = session.load(session.single_, {.image = image}); !good) return good.error();
  return CudaLaunchShape{
      .blocks_per_multiprocessor = session.single_.blocks / static_cast<std::uint32_t>(gpu.multiprocessors),
      .hashes_per_thread = session.single_.hashes_per_thread};
}

CudaSession::CudaSession(std::shared_ptr<CudaDriver> driver, CudaGpu gpu)
    : driver_(std::move(driver)), gpu_(std::move(gpu)) {}

CudaSession::~CudaSession() {
  if (!abandoned_) release();
}

Result<void> CudaSession::check(CudaStatus status, const char* call) {
  if (status == CudaStatus::kSuccess) return {};
  last_status_ = status;
  return checked(status, call);
}

Result<void> CudaSession::attach() {
  if (const auto good = check(driver_->retain_primary_context(context_, gpu_.device), "cuDevicePrimaryCtxRetain");
      !good) {
    context_ = nullptr;
    return good;
  }
  return enter();
}

Result<void> CudaSession::build(const CudaKernels& kernels) {
  if (const auto good = attach(); !good) return good;
  if (const auto good = load(single_, kernels.single); !good) return good;
  if (const auto good = load(rolling_, kernels.rolling); !good) return good;
  for (Slot& slot : slots_) {
    if (const auto good = build_slot(slot); !good) return good;
  }
  return allocate_mapped(mailbox_, mailbox_address_, 1);
}

Result<void> CudaSession::load(Function& to, const CudaKernelUse& use) {
  const cuda::Image& image = use.image;
  if (const auto good = check(driver_->load_module(to.module, image.fatbin), "cuModuleLoadData"); !good) return good;
  const std::string name(image.kernel);
  if (const auto good = check(driver_->function(to.function, to.module, name.c_str()), "cuModuleGetFunction"); !good)
    return good;
  // Which of the image's codes the driver took decides how it may be launched.
  int threads = 0;
  int capability = 0;
  int blocks = 0;
  using enum CudaFunctionAttribute;
  for (const auto& [value, which] : {std::pair{&threads, kMaxThreadsPerBlock}, {&capability, kBinaryVersion}}) {
    const auto good = check(driver_->function_attribute(*value, which, to.function), "cuFuncGetAttribute");
    if (!good) return good;
  }
  const bool is_single = image.kernel == "sha256d_m1";
  const gpu::Tuning tuning =
      is_single ? cuda::tuning_m1(capability, image.balance) : cuda::tuning_mn(capability, image.balance);
  to.threads = std::min(static_cast<std::uint32_t>(threads), tuning.threads) / gpu::kWarpThreads * gpu::kWarpThreads;
  to.hashes_per_thread = std::max(use.hashes_per_thread.value_or(tuning.hashes_per_thread), 1U);
  if (to.threads == 0) return fail(Errc::kDevice, "a kernel that does not run even one warp");
  if (const auto good = check(driver_->blocks_per_multiprocessor(blocks, to.function, static_cast<int>(to.threads)),
                              "cuOccupancyMaxActiveBlocksPerMultiprocessor");
      !good)
    return good;
  if (blocks <= 0 || gpu_.multiprocessors <= 0) return fail(Errc::kDevice, "the GPU has no room for the kernel");
  const auto room = static_cast<std::uint32_t>(blocks);
  const std::uint32_t wanted = std::clamp(use.blocks_per_multiprocessor.value_or(room), 1U, room);
  to.blocks = wanted * static_cast<std::uint32_t>(gpu_.multiprocessors);
  const std::uint32_t warps = to.blocks * (to.threads / gpu::kWarpThreads);
  to.poll_interval = std::bit_floor(std::max(warps / kLooksInAChunk, 1U));
  return {};
}

template <class T>
Result<void> CudaSession::allocate_mapped(T*& memory, CudaAddress& address, std::size_t count) {
  void* raw = nullptr;
  if (const auto good = check(driver_->allocate_host(raw, count * sizeof(T)), "cuMemHostAlloc"); !good) return good;
  std::memset(raw, 0, count * sizeof(T));
  memory = static_cast<T*>(raw);
  return check(driver_->host_address(address, raw), "cuMemHostGetDevicePointer");
}

Result<void> CudaSession::build_slot(Slot& slot) {
  if (const auto good = check(driver_->create_stream(slot.stream), "cuStreamCreate"); !good) return good;
  if (const auto good = check(driver_->create_event(slot.done), "cuEventCreate"); !good) return good;
  if (const auto good = check(driver_->allocate(slot.counters, sizeof(gpu::ScanCounters)), "cuMemAlloc"); !good)
    return good;
  CudaAddress unused = 0;
  if (const auto good = allocate_mapped(slot.counters_copy, unused, 1); !good) return good;
  return allocate_mapped(slot.hits, slot.hits_address, kHitCapacity);
}

void CudaSession::release() noexcept {
  if (context_ == nullptr) return;
  // In a dead context all of these fail, which changes nothing: the reset frees what they could not.
  static_cast<void>(driver_->set_current(context_));
  for (const Slot& slot : slots_) {
    if (slot.hits != nullptr) static_cast<void>(driver_->free_host(slot.hits));
    if (slot.counters_copy != nullptr) static_cast<void>(driver_->free_host(slot.counters_copy));
    if (slot.counters != 0) static_cast<void>(driver_->free(slot.counters));
    if (slot.done != nullptr) static_cast<void>(driver_->destroy_event(slot.done));
    if (slot.stream != nullptr) static_cast<void>(driver_->destroy_stream(slot.stream));
  }
  if (mailbox_ != nullptr) static_cast<void>(driver_->free_host(mailbox_));
  for (const Function* const function : {&single_, &rolling_}) {
    if (function->module != nullptr) static_cast<void>(driver_->unload_module(function->module));
  }
  static_cast<void>(driver_->set_current(nullptr));
  static_cast<void>(driver_->release_primary_context(gpu_.device));
  if (last_status_ != CudaStatus::kSuccess && fault_of(last_status_) != CudaFault::kTransient) {
    static_cast<void>(driver_->reset_primary_context(gpu_.device));
  }
}

Result<void> CudaSession::enter() {
  return check(driver_->set_current(context_), "cuCtxSetCurrent");
}

std::uint32_t CudaSession::epoch() const noexcept {
  return std::atomic_ref(mailbox_->epoch).load();
}

void CudaSession::advance_epoch() noexcept {
  std::atomic_ref(mailbox_->epoch).fetch_add(1);
}

std::uint64_t CudaSession::hashes_between_looks(std::uint32_t midstates) const noexcept {
  const Function& function = midstates == 1 ? single_ : rolling_;
  const gpu::Chunks chunk = gpu::cut({0, 1}, midstates, function.hashes_per_thread);
  const std::uint64_t warps = std::uint64_t{function.blocks} * (function.threads / gpu::kWarpThreads);
  return warps * chunk.nonces * midstates;
}

void CudaSession::prepare(const kernels::ScanJob& job) noexcept {
  midstates_ = job.midstate_count;
  if (midstates_ == 1) {
    gpu::set_job(single_params_, job);
  } else {
    gpu::set_job(rolling_params_, job);
  }
}

Result<void> CudaSession::launch(std::size_t slot, kernels::NonceRange range, std::uint32_t epoch,
                                 std::uint32_t hit_capacity) {
  Slot& to = slots_[slot];
  const Function& function = midstates_ == 1 ? single_ : rolling_;
  to.chunks = gpu::cut(range, midstates_, function.hashes_per_thread);
  to.hit_capacity = std::min(hit_capacity, kHitCapacity);
  const auto start_with = [&](auto& params) {
    params.epoch = epoch;
    return start(to, function, params);
  };
  return midstates_ == 1 ? start_with(single_params_) : start_with(rolling_params_);
}

template <std::uint32_t kMidstates>
Result<void> CudaSession::start(Slot& slot, const Function& function, gpu::ScanParams<kMidstates>& params) {
  params.chunks = slot.chunks;
  params.poll_interval = function.poll_interval;
  params.hit_capacity = slot.hit_capacity;
  params.counters = pointer<gpu::ScanCounters>(slot.counters);
  params.hits = pointer<gpu::HitSlot>(slot.hits_address);
  params.mailbox = pointer<gpu::Mailbox>(mailbox_address_);
  // A grid has a warp for each chunk, or as many as the GPU holds.
  const std::uint32_t warps_in_block = function.threads / gpu::kWarpThreads;
  const std::uint32_t needed = (slot.chunks.count - 1) / warps_in_block + 1;
  const std::uint32_t blocks = std::min(function.blocks, needed);
  if (const auto good = check(driver_->clear(slot.counters, sizeof(gpu::ScanCounters), slot.stream), "cuMemsetD8Async");
      !good)
    return good;
  if (const auto good =
          check(driver_->launch(function.function, blocks, function.threads, slot.stream, &params), "cuLaunchKernel");
      !good)
    return good;
  if (const auto good =
          check(driver_->copy_to_host(slot.counters_copy, slot.counters, sizeof(gpu::ScanCounters), slot.stream),
                "cuMemcpyDtoHAsync");
      !good)
    return good;
  return check(driver_->record(slot.done, slot.stream), "cuEventRecord");
}

Result<bool> CudaSession::finished(std::size_t slot) {
  const CudaStatus status = driver_->query(slots_[slot].done);
  if (status == CudaStatus::kNotReady) return false;
  if (const auto good = check(status, "cuEventQuery"); !good) return good.error();
  return true;
}

gpu::Outcome CudaSession::outcome(std::size_t slot) const noexcept {
  const Slot& of = slots_[slot];
  return gpu::outcome_of(*of.counters_copy, of.chunks, of.hit_capacity);
}

std::span<const gpu::HitSlot> CudaSession::hits(std::size_t slot) const noexcept {
  return {slots_[slot].hits, outcome(slot).hits};
}

}  // namespace lode::device
