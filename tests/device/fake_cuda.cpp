#include "tests/device/fake_cuda.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "kernels/cuda/host_warp.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/tunings.h"
#include "tests/support/patience.h"

namespace lode::device {
namespace {

namespace gpu = kernels::cuda;

constexpr int kCapability = 90;
constexpr std::array<std::byte, 2> kImages = {std::byte{1}, std::byte{2}};

template <class Handle>
Handle handle(std::uintptr_t value) {
  return std::bit_cast<Handle>(value);
}
template <class Handle>
std::uintptr_t value_of(Handle handle) {
  return reinterpret_cast<std::uintptr_t>(handle);
}

void put(std::span<char> to, const char* text) {
  std::strncpy(to.data(), text, to.size() - 1);
}

}  // namespace

FakeCuda::FakeCuda() : thread_([this] { run(); }) {}

FakeCuda::~FakeCuda() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    hangs_ = false;
  }
  changed_.notify_all();
  thread_.join();
}

CudaKernels FakeCuda::kernels() {
  const std::span images(kImages);
  return {.single = {.image = {"sha256d_m1", gpu::Balance::kLight, images.first(1)}},
          .rolling = {.image = {"sha256d_mn", gpu::Balance::kLight, images.last(1)}}};
}

CudaGpu FakeCuda::gpu() {
  return list_cuda_gpus(*this).value().front();
}

void FakeCuda::fail(const std::string& call, CudaStatus status, int n) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({call, status, n});
}

void FakeCuda::lose(CudaStatus status) {
  const std::lock_guard lock(mutex_);
  lost_ = status;
}

void FakeCuda::hang() {
  const std::lock_guard lock(mutex_);
  hangs_ = true;
}

void FakeCuda::finish() {
  {
    const std::lock_guard lock(mutex_);
    hangs_ = false;
  }
  changed_.notify_all();
}

int FakeCuda::calls(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return calls_[name];
}

bool FakeCuda::wait_until_busy() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, test::kPatience, [this] { return busy_; });
}

FakeCuda::Shape FakeCuda::last_shape() {
  const std::lock_guard lock(mutex_);
  return last_shape_;
}

std::size_t FakeCuda::alive() {
  const std::lock_guard lock(mutex_);
  return objects_.size() + static_cast<std::size_t>(contexts_);
}

CudaStatus FakeCuda::enter(const std::string& call, bool in_context) {
  const std::lock_guard lock(mutex_);
  ++calls_[call];
  if (lost_) return *lost_;
  if (in_context && dead_) return *dead_;
  const auto fault = std::ranges::find_if(faults_, [&](const Fault& one) { return one.call == call; });
  if (fault == faults_.end() || fault->after-- > 0) return CudaStatus::kSuccess;
  const CudaStatus status = fault->status;
  faults_.erase(fault);
  if (status != CudaStatus::kNotReady && fault_of(status) == CudaFault::kSticky) dead_ = status;
  return status;
}

std::uintptr_t FakeCuda::make(std::size_t bytes) {
  auto memory = std::make_unique<std::byte[]>(bytes + 128);
  const std::lock_guard lock(mutex_);
  // As aligned as the driver's.
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory.get()) + 127) / 128 * 128;
  objects_[begin] = std::move(memory);
  return begin;
}

CudaStatus FakeCuda::drop(std::uintptr_t handle) {
  // As the driver does, it waits for what may use it.
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !running_; });
  return objects_.erase(handle) == 1 ? CudaStatus::kSuccess : CudaStatus::kInvalidHandle;
}

void FakeCuda::enqueue(std::function<void()> operation) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(operation));
  }
  changed_.notify_all();
}

void FakeCuda::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<void()> operation = std::move(queue_.front());
    queue_.pop_front();
    running_ = true;
    lock.unlock();
    operation();
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

CudaStatus FakeCuda::driver_version(int& version) {
  version = 13000;
  return enter("driver_version", false);
}

CudaStatus FakeCuda::device_count(int& count) {
  count = 1;
  return enter("device_count", false);
}

CudaStatus FakeCuda::device(int& device, int ordinal) {
  device = ordinal;
  return enter("device", false);
}

CudaStatus FakeCuda::device_name(std::span<char> name, int) {
  put(name, "Played GPU");
  return enter("device_name", false);
}

CudaStatus FakeCuda::device_pci_bus_id(std::span<char> id, int) {
  put(id, "0000:01:00.0");
  return enter("device_pci_bus_id", false);
}

CudaStatus FakeCuda::device_memory(std::size_t& bytes, int) {
  bytes = std::size_t{1} << 30;
  return enter("device_memory", false);
}

CudaStatus FakeCuda::device_attribute(int& value, CudaDeviceAttribute attribute, int) {
  switch (attribute) {
    case CudaDeviceAttribute::kMultiprocessorCount:
      value = 1;
      break;
    case CudaDeviceAttribute::kComputeCapabilityMajor:
      value = kCapability / 10;
      break;
    case CudaDeviceAttribute::kComputeCapabilityMinor:
      value = kCapability % 10;
      break;
  }
  return enter("device_attribute", false);
}

CudaStatus FakeCuda::retain_primary_context(CudaContext& context, int) {
  const CudaStatus status = enter("retain_primary_context", false);
  if (status != CudaStatus::kSuccess) return status;
  context = handle<CudaContext>(1);
  const std::lock_guard lock(mutex_);
  ++contexts_;
  return status;
}

CudaStatus FakeCuda::release_primary_context(int) {
  const CudaStatus status = enter("release_primary_context", false);
  const std::lock_guard lock(mutex_);
  if (status == CudaStatus::kSuccess) --contexts_;
  return status;
}

CudaStatus FakeCuda::reset_primary_context(int) {
  const CudaStatus status = enter("reset_primary_context", false);
  if (status != CudaStatus::kSuccess) return status;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !running_; });
  dead_.reset();
  objects_.clear();
  return status;
}

CudaStatus FakeCuda::set_current(CudaContext) {
  return enter("set_current");
}

CudaStatus FakeCuda::load_module(CudaModule& module, std::span<const std::byte> image) {
  const CudaStatus status = enter("load_module");
  if (status == CudaStatus::kSuccess) {
    const std::uintptr_t made = make();
    *handle<std::byte*>(made) = image[0];
    module = handle<CudaModule>(made);
  }
  return status;
}

CudaStatus FakeCuda::unload_module(CudaModule module) {
  const CudaStatus status = enter("unload_module");
  return status == CudaStatus::kSuccess ? drop(value_of(module)) : status;
}

CudaStatus FakeCuda::function(CudaFunction& function, CudaModule module, const char* name) {
  const bool is_single = std::string_view(name) == "sha256d_m1";
  function = handle<CudaFunction>(is_single ? 1 : 2);
  const std::byte image = *handle<const std::byte*>(value_of(module));
  const CudaStatus status = enter("function");
  if (status != CudaStatus::kSuccess) return status;
  return image == kImages[is_single ? 0 : 1] ? status : CudaStatus::kNotFound;
}

CudaStatus FakeCuda::function_attribute(int& value, CudaFunctionAttribute attribute, CudaFunction) {
  value = attribute == CudaFunctionAttribute::kBinaryVersion ? kCapability : 128;
  return enter("function_attribute");
}

CudaStatus FakeCuda::blocks_per_multiprocessor(int& blocks, CudaFunction, int) {
  blocks = 2;
  return enter("blocks_per_multiprocessor");
}

CudaStatus FakeCuda::allocate(CudaAddress& address, std::size_t bytes) {
  const CudaStatus status = enter("allocate");
  if (status == CudaStatus::kSuccess) address = make(bytes);
  return status;
}

CudaStatus FakeCuda::free(CudaAddress address) {
  const CudaStatus status = enter("free");
  return status == CudaStatus::kSuccess ? drop(static_cast<std::uintptr_t>(address)) : status;
}

CudaStatus FakeCuda::allocate_host(void*& memory, std::size_t bytes) {
  const CudaStatus status = enter("allocate_host");
  if (status == CudaStatus::kSuccess) memory = handle<void*>(make(bytes));
  return status;
}

CudaStatus FakeCuda::free_host(void* memory) {
  const CudaStatus status = enter("free_host");
  return status == CudaStatus::kSuccess ? drop(value_of(memory)) : status;
}

CudaStatus FakeCuda::host_address(CudaAddress& address, void* memory) {
  address = value_of(memory);
  return enter("host_address");
}

CudaStatus FakeCuda::create_stream(CudaStream& stream) {
  const CudaStatus status = enter("create_stream");
  if (status == CudaStatus::kSuccess) stream = handle<CudaStream>(make());
  return status;
}

CudaStatus FakeCuda::destroy_stream(CudaStream stream) {
  const CudaStatus status = enter("destroy_stream");
  return status == CudaStatus::kSuccess ? drop(value_of(stream)) : status;
}

CudaStatus FakeCuda::create_event(CudaEvent& event) {
  const CudaStatus status = enter("create_event");
  if (status == CudaStatus::kSuccess) event = handle<CudaEvent>(make());
  return status;
}

CudaStatus FakeCuda::destroy_event(CudaEvent event) {
  const CudaStatus status = enter("destroy_event");
  return status == CudaStatus::kSuccess ? drop(value_of(event)) : status;
}

CudaStatus FakeCuda::clear(CudaAddress address, std::size_t bytes, CudaStream) {
  const CudaStatus status = enter("clear");
  if (status == CudaStatus::kSuccess) {
    enqueue([=] { std::memset(handle<void*>(static_cast<std::uintptr_t>(address)), 0, bytes); });
  }
  return status;
}

CudaStatus FakeCuda::copy_to_host(void* to, CudaAddress from, std::size_t bytes, CudaStream) {
  const CudaStatus status = enter("copy_to_host");
  if (status == CudaStatus::kSuccess) {
    enqueue([=] { std::memcpy(to, handle<const void*>(static_cast<std::uintptr_t>(from)), bytes); });
  }
  return status;
}

template <class Params>
void FakeCuda::scan(const Params& params, std::uint32_t blocks) {
  {
    std::unique_lock lock(mutex_);
    busy_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
  }
  for (std::uint32_t block = 0; block < blocks; ++block) {
    gpu::HostWarp warp;
    if constexpr (std::is_same_v<Params, gpu::ScanParamsM1>) {
      gpu::scan_m1<gpu::tuning_m1(kCapability)>(warp, params);
    } else {
      gpu::scan_mn<gpu::tuning_mn(kCapability)>(warp, params);
    }
  }
  if (corrupt_) {
    const std::uint32_t hits = std::min(params.counters->found, params.hit_capacity);
    for (std::uint32_t i = 0; i < hits; ++i)
      params.hits[i].nonce_word ^= 1;
  }
  const std::lock_guard lock(mutex_);
  busy_ = false;
  --in_flight_;
}

CudaStatus FakeCuda::launch(CudaFunction function, std::uint32_t blocks, std::uint32_t, CudaStream,
                            const void* parameter) {
  const CudaStatus status = enter("launch");
  if (status != CudaStatus::kSuccess) return status;
  const bool is_single = value_of(function) == 1;
  {
    const std::lock_guard lock(mutex_);
    most_in_flight_ = std::max(most_in_flight_.load(), ++in_flight_);
    last_shape_ = {.blocks = blocks,
                   .nonces_in_chunk = is_single ? static_cast<const gpu::ScanParamsM1*>(parameter)->chunks.nonces
                                                : static_cast<const gpu::ScanParamsMn*>(parameter)->chunks.nonces};
  }
  if (is_single) {
    enqueue([this, blocks, params = *static_cast<const gpu::ScanParamsM1*>(parameter)] { scan(params, blocks); });
  } else {
    enqueue([this, blocks, params = *static_cast<const gpu::ScanParamsMn*>(parameter)] { scan(params, blocks); });
  }
  return status;
}

CudaStatus FakeCuda::record(CudaEvent event, CudaStream) {
  const CudaStatus status = enter("record");
  if (status != CudaStatus::kSuccess) return status;
  {
    const std::lock_guard lock(mutex_);
    done_[value_of(event)] = false;
  }
  enqueue([this, event] {
    const std::lock_guard lock(mutex_);
    done_[value_of(event)] = true;
  });
  return status;
}

CudaStatus FakeCuda::query(CudaEvent event) {
  const CudaStatus status = enter("query");
  if (status != CudaStatus::kSuccess) return status;
  const std::lock_guard lock(mutex_);
  const auto done = done_.find(value_of(event));
  return done == done_.end() || done->second ? CudaStatus::kSuccess : CudaStatus::kNotReady;
}

}  // namespace lode::device
