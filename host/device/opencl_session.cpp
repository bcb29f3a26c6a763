#include "host/device/opencl_session.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace lode::device {

namespace gpu = kernels::gpu;
namespace opencl = kernels::opencl;

namespace {

/// Looks into the mailbox while all work-groups take one chunk each.
constexpr std::uint32_t kLooksInAChunk = 4;

/// Work-items that a compute unit of no GPU can run more of at the same time, with the registers that a hash takes.
/// Work-groups that find no room start when the first ones end, see that nothing is left, and end too.
constexpr std::uint32_t kItemsOfUnit = 1024;

/// Epochs on their way into the device at the same time; more say that it takes none any more.
constexpr std::size_t kMostEpochs = 4096;

constexpr std::size_t kPage = 4096;

constexpr gpu::ScanCounters kZeroCounters{};

}  // namespace

struct OpenClSession::HostMemory {
  /// A page of its own: drivers share such memory without a copy.
  struct alignas(kPage) MailboxPage {
    gpu::Mailbox mailbox{};
  };
  struct OfSlot {
    alignas(opencl::ParamsMn) std::array<std::byte, sizeof(opencl::ParamsMn)> params{};
    gpu::ScanCounters counters{};
    std::array<gpu::HitSlot, kHitCapacity> hits{};
  };
  MailboxPage page;
  std::deque<std::uint32_t> epochs{};  ///< on their way into the device: it may read one until its write is over
  std::array<OfSlot, kSlots> slots{};
};

Result<std::unique_ptr<GpuSession>> OpenClSession::open(std::shared_ptr<OpenClDriver> driver, const OpenClGpu& gpu,
                                                        const OpenClKernels& kernels, const OpenClProgramHelp& help) {
  std::unique_ptr<OpenClSession> session(new OpenClSession(std::move(driver), gpu));
  if (const auto built = session->build(kernels, help); !built) return built.error();
  return std::unique_ptr<GpuSession>(std::move(session));
}

OpenClSession::OpenClSession(std::shared_ptr<OpenClDriver> driver, OpenClGpu gpu)
    : driver_(std::move(driver)), gpu_(std::move(gpu)), memory_(std::make_shared<HostMemory>()) {}

OpenClSession::~OpenClSession() {
  if (abandoned_) {
    driver_->keep(std::move(memory_));
  } else {
    release();
  }
}

std::uint32_t OpenClSession::filling_groups(const OpenClGpu& gpu, const opencl::Variant& variant) noexcept {
  return gpu.is_cpu() ? 1 : std::max(kItemsOfUnit / variant.group_size, 1U);
}

Result<void> OpenClSession::check(OpenClStatus status, const char* call) {
  if (status == OpenClStatus::kSuccess) return {};
  last_status_ = status;
  return checked(status, call);
}

Result<void> OpenClSession::build(const OpenClKernels& kernels, const OpenClProgramHelp& help) {
  if (!gpu_.available) return fail(Errc::kDevice, "the driver says that the device is not available");
  if (const auto good = check(driver_->create_context(context_, gpu_.platform_id, gpu_.device_id), "clCreateContext");
      !good)
    return good;
  if (const auto good = build_programs(kernels, help); !good) return good;
  for (Slot& slot : slots_) {
    if (const auto good = build_slot(slot); !good) return good;
  }
  if (const auto good = build_mailbox(); !good) return good;
  return gpu_.is_cpu() ? run_once() : Result<void>();
}

Result<void> OpenClSession::run_once() {
  for (const std::uint32_t midstates : {1U, 2U}) {
    kernels::ScanJob nothing;
    nothing.midstate_count = midstates;
    prepare(nothing);
    // A launch of another epoch ends at once.
    if (const auto good = launch(0, {0, 1}, epoch() - 1, 1); !good) return good;
    if (const auto good = check(driver_->finish(slots_[0].queue), "clFinish"); !good) return good;
    if (const auto over = finished(0); !over) return over.error();
  }
  return {};
}

Result<void> OpenClSession::build_programs(const OpenClKernels& kernels, const OpenClProgramHelp& help) {
  std::string built_with;
  for (const bool is_single : {true, false}) {
    const OpenClKernelUse& use = is_single ? kernels.single : kernels.rolling;
    Function& to = is_single ? single_ : rolling_;
    const std::string options = opencl::build_options(use.variant);
    // One program has both kernels; often one will do.
    if (programs_.empty() || options != built_with) {
      const auto program = make_program(*driver_, context_, gpu_, opencl::source(), options, help);
      if (!program) return program.error();
      programs_.push_back(*program);
      built_with = options;
    }
    if (const auto good = load(to, programs_.back(), use, is_single ? "sha256d_m1" : "sha256d_mn"); !good) return good;
  }
  return {};
}

Result<void> OpenClSession::load(Function& to, OpenClProgram program, const OpenClKernelUse& use, const char* name) {
  if (const auto good = check(driver_->create_kernel(to.kernel, program, name), "clCreateKernel"); !good) {
    to.kernel = nullptr;
    return good;
  }
  std::size_t most = 0;
  if (const auto good = check(driver_->max_group_size(most, to.kernel, gpu_.device_id), "clGetKernelWorkGroupInfo");
      !good)
    return good;
  const opencl::Variant& variant = use.variant;
  to.group_size = variant.group_size;
  if (most < to.group_size) {
    return fail(Errc::kDevice, "the kernel wants work-groups of " + std::to_string(to.group_size) +
                                   " work-items, the device takes " + std::to_string(most));
  }
  to.unit = opencl::chunk_unit(variant);
  to.hashes_per_item = std::max(use.hashes_per_item.value_or(variant.hashes_per_item), 1U);
  to.groups = std::max(use.groups_per_unit.value_or(filling_groups(gpu_, variant)), 1U) * gpu_.compute_units;
  to.poll_interval = std::bit_floor(std::max(to.groups / kLooksInAChunk, 1U));
  return {};
}

Result<void> OpenClSession::make_buffer(OpenClBuffer& buffer, OpenClMemory memory, std::size_t bytes, void* host) {
  const auto good = check(driver_->create_buffer(buffer, context_, memory, bytes, host), "clCreateBuffer");
  if (!good) buffer = nullptr;
  return good;
}

Result<void> OpenClSession::build_slot(Slot& slot) {
  if (const auto good = check(driver_->create_queue(slot.queue, context_, gpu_.device_id), "clCreateCommandQueue");
      !good) {
    slot.queue = nullptr;
    return good;
  }
  using enum OpenClMemory;
  if (const auto good = make_buffer(slot.params, kReadOnly, sizeof(opencl::ParamsMn)); !good) return good;
  if (const auto good = make_buffer(slot.counters, kReadWrite, sizeof(gpu::ScanCounters)); !good) return good;
  return make_buffer(slot.hits, kReadWrite, kHitCapacity * sizeof(gpu::HitSlot));
}

Result<void> OpenClSession::build_mailbox() {
  if (gpu_.is_cpu()) {
    return make_buffer(mailbox_, OpenClMemory::kReadWriteOfHost, sizeof(HostMemory::MailboxPage), &memory_->page);
  }
  if (const auto good = make_buffer(mailbox_, OpenClMemory::kReadWrite, sizeof(gpu::Mailbox)); !good) return good;
  if (const auto good = check(driver_->create_queue(epoch_queue_, context_, gpu_.device_id), "clCreateCommandQueue");
      !good) {
    epoch_queue_ = nullptr;
    return good;
  }
  OpenClEvent written = nullptr;
  if (const auto good =
          check(driver_->write(epoch_queue_, mailbox_, &memory_->page.mailbox, sizeof(gpu::Mailbox), &written),
                "clEnqueueWriteBuffer");
      !good)
    return good;
  memory_->epochs.push_back(0);  // the page stands for it
  epochs_written_.push_back(written);
  return check(driver_->flush(epoch_queue_), "clFlush");
}

OpenClStatus OpenClSession::write_epoch(std::uint32_t epoch) noexcept {
  // The latest one stays: launches wait for it.
  while (epochs_written_.size() > 1) {
    int status = 0;
    if (const OpenClStatus asked = driver_->execution_status(status, epochs_written_.front());
        asked != OpenClStatus::kSuccess)
      return asked;
    if (status < 0) return static_cast<OpenClStatus>(status);
    if (status > 0) break;
    forget(epochs_written_.front());
    epochs_written_.pop_front();
    memory_->epochs.pop_front();
  }
  if (epochs_written_.size() >= kMostEpochs) return OpenClStatus::kOutOfResources;
  memory_->epochs.push_back(epoch);
  static_assert(offsetof(gpu::Mailbox, epoch) == 0, "it is written without an offset");
  OpenClEvent written = nullptr;
  const OpenClStatus status = driver_->write(epoch_queue_, mailbox_, &memory_->epochs.back(), sizeof(epoch), &written);
  if (status != OpenClStatus::kSuccess) {
    memory_->epochs.pop_back();
    return status;
  }
  epochs_written_.push_back(written);
  return driver_->flush(epoch_queue_);
}

void OpenClSession::forget(OpenClEvent& event) noexcept {
  if (event != nullptr) static_cast<void>(driver_->release(event));
  event = nullptr;
}

void OpenClSession::release() noexcept {
  // A queue that is dead may have its owner wait for ever; one that is not ends what was begun, and with it the use of
  // our memory.
  const bool sound = last_status_ == OpenClStatus::kSuccess || fault_of(last_status_) == OpenClFault::kTransient;
  const auto give_back = [this](auto& handle) {
    if (handle != nullptr) static_cast<void>(driver_->release(handle));
    handle = nullptr;
  };
  for (const OpenClQueue queue : {slots_[0].queue, slots_[1].queue, epoch_queue_}) {
    if (queue != nullptr && sound) static_cast<void>(driver_->finish(queue));
  }
  for (Slot& slot : slots_) {
    forget(slot.scanned);
    forget(slot.done);
    give_back(slot.hits);
    give_back(slot.counters);
    give_back(slot.params);
    give_back(slot.queue);
  }
  for (OpenClEvent& written : epochs_written_)
    forget(written);
  give_back(mailbox_);
  give_back(epoch_queue_);
  give_back(single_.kernel);
  give_back(rolling_.kernel);
  for (OpenClProgram& program : programs_)
    give_back(program);
  give_back(context_);
  if (!sound) driver_->keep(std::move(memory_));
}

void OpenClSession::advance_epoch() noexcept {
  const std::lock_guard lock(epoch_mutex_);
  const std::uint32_t epoch = epoch_.fetch_add(1) + 1;
  if (gpu_.is_cpu()) {
    std::atomic_ref(memory_->page.mailbox.epoch).store(epoch);
    return;
  }
  const OpenClStatus status = write_epoch(epoch);
  if (status != OpenClStatus::kSuccess) epoch_status_ = status;
}

std::uint64_t OpenClSession::hashes_between_looks(std::uint32_t midstates) const noexcept {
  const Function& function = midstates == 1 ? single_ : rolling_;
  const gpu::Chunks chunk = gpu::cut({0, 1}, midstates, function.hashes_per_item, function.unit);
  return std::uint64_t{function.groups} * chunk.nonces * midstates;
}

void OpenClSession::prepare(const kernels::ScanJob& job) noexcept {
  midstates_ = job.midstate_count;
  if (midstates_ == 1) {
    gpu::set_job(single_params_, job);
  } else {
    gpu::set_job(rolling_params_, job);
  }
}

Result<void> OpenClSession::launch(std::size_t slot, kernels::NonceRange range, std::uint32_t epoch,
                                   std::uint32_t hit_capacity) {
  Slot& to = slots_[slot];
  const Function& function = midstates_ == 1 ? single_ : rolling_;
  to.chunks = gpu::cut(range, midstates_, function.hashes_per_item, function.unit);
  to.hit_capacity = std::min(hit_capacity, kHitCapacity);
  const auto start_with = [&](auto& params) {
    params.chunks = to.chunks;
    params.poll_interval = function.poll_interval;
    params.epoch = epoch;
    params.hit_capacity = to.hit_capacity;
    static_assert(std::is_trivially_copyable_v<std::remove_reference_t<decltype(params)>>);
    static_assert(sizeof(params) <= sizeof(opencl::ParamsMn));
    std::memcpy(memory_->slots[slot].params.data(), &params, sizeof(params));
    return start(slot, function, sizeof(params));
  };
  return midstates_ == 1 ? start_with(single_params_) : start_with(rolling_params_);
}

Result<void> OpenClSession::put_parameters(std::size_t slot, std::size_t bytes) {
  const Slot& to = slots_[slot];
  const std::lock_guard lock(epoch_mutex_);
  if (const auto good = check(epoch_status_, "clEnqueueWriteBuffer of an epoch"); !good) return good;
  // A launch that did not find its own epoch in the mailbox would end at once.
  const OpenClEvent latest = epochs_written_.empty() ? nullptr : epochs_written_.back();
  const OpenClStatus status =
      driver_->write(to.queue, to.params, memory_->slots[slot].params.data(), bytes, nullptr, latest);
  if (const auto good = check(status, "clEnqueueWriteBuffer"); !good) return good;
  return check(driver_->write(to.queue, to.counters, &kZeroCounters, sizeof(kZeroCounters)), "clEnqueueWriteBuffer");
}

Result<void> OpenClSession::put_arguments(const Slot& slot, const Function& function) {
  std::uint32_t index = 0;
  for (const OpenClBuffer buffer : {slot.params, slot.counters, slot.hits, mailbox_}) {
    if (const auto good = check(driver_->set_argument(function.kernel, index++, buffer), "clSetKernelArg"); !good)
      return good;
  }
  return {};
}

Result<void> OpenClSession::start(std::size_t slot, const Function& function, std::size_t bytes) {
  Slot& to = slots_[slot];
  HostMemory::OfSlot& host = memory_->slots[slot];
  forget(to.scanned);
  forget(to.done);
  if (const auto good = put_parameters(slot, bytes); !good) return good;
  if (const auto good = put_arguments(to, function); !good) return good;
  // A work-group for each chunk, or as many as the device holds.
  const std::uint32_t groups = std::min(function.groups, to.chunks.count);
  if (const auto good = check(driver_->launch(to.queue, function.kernel, groups, function.group_size, &to.scanned),
                              "clEnqueueNDRangeKernel");
      !good)
    return good;
  if (const auto good =
          check(driver_->read(to.queue, to.counters, &host.counters, sizeof(host.counters)), "clEnqueueReadBuffer");
      !good)
    return good;
  if (const auto good =
          check(driver_->read(to.queue, to.hits, host.hits.data(), to.hit_capacity * sizeof(gpu::HitSlot), &to.done),
                "clEnqueueReadBuffer");
      !good)
    return good;
  return check(driver_->flush(to.queue), "clFlush");
}

Result<bool> OpenClSession::is_over(OpenClEvent event, const char* what) {
  if (event == nullptr) return true;
  int status = 0;
  if (const auto good = check(driver_->execution_status(status, event), "clGetEventInfo"); !good) return good.error();
  if (status < 0) return check(static_cast<OpenClStatus>(status), what).error();
  return status == 0;
}

Result<bool> OpenClSession::finished(std::size_t slot) {
  // The results come last. Where a launch failed half-way they were never asked for.
  const Slot& of = slots_[slot];
  const auto read = is_over(of.done, "reading the results");
  if (!read || !*read) return read;
  return is_over(of.scanned, "running the kernel");
}

gpu::Outcome OpenClSession::outcome(std::size_t slot) const noexcept {
  const Slot& of = slots_[slot];
  return gpu::outcome_of(memory_->slots[slot].counters, of.chunks, of.hit_capacity);
}

std::span<const gpu::HitSlot> OpenClSession::hits(std::size_t slot) const noexcept {
  return std::span(memory_->slots[slot].hits).first(outcome(slot).hits);
}

}  // namespace lode::device
