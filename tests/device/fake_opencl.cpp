#include "tests/device/fake_opencl.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "kernels/cuda/host_warp.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/tunings.h"
#include "kernels/opencl/program.h"
#include "tests/support/patience.h"

namespace lode::device {
namespace {

namespace opencl = kernels::opencl;
namespace cuda = kernels::cuda;

constexpr std::size_t kAlignment = 128;
constexpr std::size_t kMostItems = 1024;
constexpr std::string_view kBinary = "a played program";

template <class Handle>
Handle handle(std::uintptr_t value) {
  return std::bit_cast<Handle>(value);
}
template <class Handle>
std::uintptr_t value_of(Handle handle) {
  return reinterpret_cast<std::uintptr_t>(handle);
}

/// Platforms are 1, 2, ...; a device is its platform's handle times so many, and its own number.
constexpr std::uintptr_t kDevicesOfPlatform = 16;

template <class T>
OpenClStatus put(std::span<std::byte> to, const T& value) {
  if (to.size() != sizeof(value)) return OpenClStatus::kInvalidValue;
  std::memcpy(to.data(), &value, sizeof(value));
  return OpenClStatus::kSuccess;
}

}  // namespace

FakeOpenCl::FakeOpenCl(std::vector<std::vector<FakeOpenClDevice>> platforms) : platforms_(std::move(platforms)) {}

FakeOpenCl::~FakeOpenCl() {
  finish_kernels();
  for (const auto& [id, queue] : queues_)
    stop(*queue);
}

OpenClKernels FakeOpenCl::kernels() {
  const opencl::Variant& variant = opencl::variants().front();
  return {.single = {.variant = variant}, .rolling = {.variant = variant}};
}

OpenClGpu FakeOpenCl::gpu(std::size_t index) {
  return list_opencl_gpus(*this).value().at(index);
}

void FakeOpenCl::fail(const std::string& call, OpenClStatus status, int n) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({call, status, n});
}

void FakeOpenCl::fail_run(OpenClStatus status) {
  const std::lock_guard lock(mutex_);
  run_status_ = status;
}

void FakeOpenCl::lose(std::optional<OpenClStatus> status) {
  const std::lock_guard lock(mutex_);
  lost_ = status;
}

void FakeOpenCl::hang() {
  const std::lock_guard lock(mutex_);
  hangs_ = true;
}

void FakeOpenCl::finish_kernels() {
  {
    const std::lock_guard lock(mutex_);
    hangs_ = false;
  }
  changed_.notify_all();
}

void FakeOpenCl::break_compiler(std::optional<std::string> log) {
  const std::lock_guard lock(mutex_);
  broken_compiler_ = std::move(log);
}

int FakeOpenCl::calls(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return calls_[name];
}

bool FakeOpenCl::wait_until_busy() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, test::kPatience, [this] { return busy_; });
}

std::size_t FakeOpenCl::alive() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(contexts_) + queues_.size() + buffers_.size() + programs_.size() + kernels_.size() +
         events_.size();
}

std::size_t FakeOpenCl::kept() {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

OpenClStatus FakeOpenCl::enter(const std::string& call) {
  const std::lock_guard lock(mutex_);
  ++calls_[call];
  if (lost_) return *lost_;
  const auto fault = std::ranges::find_if(faults_, [&](const Fault& one) { return one.call == call; });
  if (fault == faults_.end() || fault->after-- > 0) return OpenClStatus::kSuccess;
  const OpenClStatus status = fault->status;
  faults_.erase(fault);
  return status;
}

const FakeOpenClDevice& FakeOpenCl::device_of(OpenClDeviceId device) const {
  const std::uintptr_t value = value_of(device);
  return platforms_.at(value / kDevicesOfPlatform - 1).at(value % kDevicesOfPlatform);
}

OpenClStatus FakeOpenCl::platforms(std::vector<OpenClPlatformId>& platforms) {
  const OpenClStatus status = enter("platforms");
  if (status != OpenClStatus::kSuccess) return status;
  platforms.clear();
  for (std::uintptr_t i = 1; i <= platforms_.size(); ++i)
    platforms.push_back(handle<OpenClPlatformId>(i));
  return platforms.empty() ? OpenClStatus::kPlatformNotFound : status;
}

OpenClStatus FakeOpenCl::platform_info(std::string& value, OpenClPlatformId, OpenClPlatformInfo which) {
  value = which == OpenClPlatformInfo::kName ? "Played platform" : "OpenCL 1.2 played";
  return enter("platform_info");
}

OpenClStatus FakeOpenCl::devices(std::vector<OpenClDeviceId>& devices, OpenClPlatformId platform) {
  const OpenClStatus status = enter("devices");
  if (status != OpenClStatus::kSuccess) return status;
  devices.clear();
  for (std::uintptr_t i = 0; i < platforms_.at(value_of(platform) - 1).size(); ++i)
    devices.push_back(handle<OpenClDeviceId>(value_of(platform) * kDevicesOfPlatform + i));
  return devices.empty() ? OpenClStatus::kDeviceNotFound : status;
}

OpenClStatus FakeOpenCl::device_info(std::string& value, OpenClDeviceId device, OpenClDeviceInfo which) {
  switch (which) {
    case OpenClDeviceInfo::kName:
      value = device_of(device).name;
      break;
    case OpenClDeviceInfo::kVendor:
      value = device_of(device).vendor;
      break;
    case OpenClDeviceInfo::kVersion:
      value = "OpenCL 1.2 played";
      break;
    default:
      value = "1.0";
  }
  return enter("device_info");
}

OpenClStatus FakeOpenCl::device_info(std::span<std::byte> value, OpenClDeviceId device, OpenClDeviceInfo which) {
  const OpenClStatus status = enter("device_info");
  if (status != OpenClStatus::kSuccess) return status;
  const FakeOpenClDevice& of = device_of(device);
  switch (which) {
    case OpenClDeviceInfo::kType:
      return put(value, of.type);
    case OpenClDeviceInfo::kMaxComputeUnits:
      return put(value, std::uint32_t{2});
    case OpenClDeviceInfo::kMaxWorkGroupSize:
      return put(value, kMostItems);
    case OpenClDeviceInfo::kGlobalMemSize:
      return put(value, std::uint64_t{1} << 30);
    case OpenClDeviceInfo::kLocalMemSize:
      return put(value, std::uint64_t{1} << 15);
    case OpenClDeviceInfo::kAvailable:
      return put(value, std::uint32_t{of.available});
    case OpenClDeviceInfo::kPciBusInfo: {
      if (of.pci.size() != 4) return OpenClStatus::kInvalidValue;
      return put(value, std::array{of.pci[0], of.pci[1], of.pci[2], of.pci[3]});
    }
    default:
      return OpenClStatus::kInvalidValue;
  }
}

OpenClStatus FakeOpenCl::create_context(OpenClContext& context, OpenClPlatformId, OpenClDeviceId) {
  const OpenClStatus status = enter("create_context");
  if (status != OpenClStatus::kSuccess) return status;
  const std::lock_guard lock(mutex_);
  ++contexts_;
  context = handle<OpenClContext>(next_handle());
  return status;
}

OpenClStatus FakeOpenCl::release(OpenClContext) {
  const std::lock_guard lock(mutex_);
  --contexts_;
  return OpenClStatus::kSuccess;
}

OpenClStatus FakeOpenCl::create_queue(OpenClQueue& queue, OpenClContext, OpenClDeviceId) {
  const OpenClStatus status = enter("create_queue");
  if (status != OpenClStatus::kSuccess) return status;
  auto made = std::make_unique<Queue>();
  made->thread = std::thread([this, &of = *made] { run(of); });
  const std::lock_guard lock(mutex_);
  const std::uintptr_t id = next_handle();
  queues_[id] = std::move(made);
  queue = handle<OpenClQueue>(id);
  return status;
}

void FakeOpenCl::stop(Queue& queue) {
  {
    const std::lock_guard lock(mutex_);
    queue.ending = true;
  }
  changed_.notify_all();
  queue.thread.join();
}

OpenClStatus FakeOpenCl::release(OpenClQueue queue) {
  std::unique_ptr<Queue> of;
  {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(value_of(queue));
    if (found == queues_.end()) return OpenClStatus::kInvalidCommandQueue;
    of = std::move(found->second);
    queues_.erase(found);
  }
  stop(*of);
  return OpenClStatus::kSuccess;
}

void FakeOpenCl::run(Queue& queue) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return queue.ending || !queue.commands.empty(); });
    if (queue.commands.empty()) return;
    const std::function<void()> command = std::move(queue.commands.front());
    queue.commands.pop_front();
    queue.running = true;
    lock.unlock();
    command();
    lock.lock();
    queue.running = false;
    changed_.notify_all();
  }
}

OpenClStatus FakeOpenCl::enqueue(OpenClQueue queue, OpenClEvent* done, std::function<int()> command) {
  const std::lock_guard lock(mutex_);
  const auto found = queues_.find(value_of(queue));
  if (found == queues_.end()) return OpenClStatus::kInvalidCommandQueue;
  const auto event = std::make_shared<Event>();
  if (done != nullptr) {
    const std::uintptr_t id = next_handle();
    events_[id] = event;
    *done = handle<OpenClEvent>(id);
  }
  found->second->commands.emplace_back([this, event, command = std::move(command)] {
    const int status = command();
    const std::lock_guard ended(mutex_);
    event->status = status;
  });
  changed_.notify_all();
  return OpenClStatus::kSuccess;
}

OpenClStatus FakeOpenCl::create_buffer(OpenClBuffer& buffer, OpenClContext, OpenClMemory memory, std::size_t bytes,
                                       void* host) {
  const OpenClStatus status = enter("create_buffer");
  if (status != OpenClStatus::kSuccess) return status;
  const auto made = std::make_shared<Memory>();
  if (memory == OpenClMemory::kReadWriteOfHost) {
    made->begin = static_cast<std::byte*>(host);
  } else {
    made->bytes.resize(bytes + kAlignment);
    const std::uintptr_t begin = (value_of(made->bytes.data()) + kAlignment - 1) / kAlignment * kAlignment;
    made->begin = handle<std::byte*>(begin);
  }
  const std::lock_guard lock(mutex_);
  const std::uintptr_t id = next_handle();
  buffers_[id] = made;
  buffer = handle<OpenClBuffer>(id);
  return status;
}

OpenClStatus FakeOpenCl::release(OpenClBuffer buffer) {
  const std::lock_guard lock(mutex_);
  return buffers_.erase(value_of(buffer)) == 1 ? OpenClStatus::kSuccess : OpenClStatus::kInvalidMemObject;
}

OpenClStatus FakeOpenCl::program_from_source(OpenClProgram& program, OpenClContext, std::string_view source) {
  const OpenClStatus status = enter("program_from_source");
  if (status != OpenClStatus::kSuccess) return status;
  if (source.empty()) return OpenClStatus::kInvalidValue;
  const std::lock_guard lock(mutex_);
  const std::uintptr_t id = next_handle();
  programs_[id] = {.from_source = true};
  program = handle<OpenClProgram>(id);
  return status;
}

OpenClStatus FakeOpenCl::program_from_binary(OpenClProgram& program, OpenClContext, OpenClDeviceId,
                                             std::span<const std::uint8_t> binary) {
  const OpenClStatus status = enter("program_from_binary");
  if (status != OpenClStatus::kSuccess) return status;
  if (refuses_ || !std::ranges::equal(binary, kBinary)) return OpenClStatus::kInvalidBinary;
  const std::lock_guard lock(mutex_);
  const std::uintptr_t id = next_handle();
  programs_[id] = {.from_source = false};
  program = handle<OpenClProgram>(id);
  return status;
}

OpenClStatus FakeOpenCl::build(OpenClProgram program, OpenClDeviceId, const std::string&) {
  const OpenClStatus status = enter("build");
  if (status != OpenClStatus::kSuccess) return status;
  const std::lock_guard lock(mutex_);
  Program& of = programs_.at(value_of(program));
  if (of.from_source) {
    if (broken_compiler_) return OpenClStatus::kBuildProgramFailure;
    ++compiled_;
  }
  of.built = true;
  return status;
}

OpenClStatus FakeOpenCl::build_log(std::string& log, OpenClProgram, OpenClDeviceId) {
  const OpenClStatus status = enter("build_log");
  const std::lock_guard lock(mutex_);
  log = broken_compiler_.value_or("");
  return status;
}

OpenClStatus FakeOpenCl::binary(std::vector<std::uint8_t>& binary, OpenClProgram) {
  binary.assign(kBinary.begin(), kBinary.end());
  return enter("binary");
}

OpenClStatus FakeOpenCl::release(OpenClProgram program) {
  const std::lock_guard lock(mutex_);
  return programs_.erase(value_of(program)) == 1 ? OpenClStatus::kSuccess : OpenClStatus::kInvalidProgram;
}

OpenClStatus FakeOpenCl::create_kernel(OpenClKernel& kernel, OpenClProgram program, const char* name) {
  const OpenClStatus status = enter("create_kernel");
  if (status != OpenClStatus::kSuccess) return status;
  const std::lock_guard lock(mutex_);
  if (!programs_.at(value_of(program)).built) return OpenClStatus::kInvalidProgramExecutable;
  const bool is_single = std::string_view(name) == "sha256d_m1";
  if (!is_single && std::string_view(name) != "sha256d_mn") return OpenClStatus::kInvalidKernelName;
  const std::uintptr_t id = next_handle();
  kernels_[id] = {.is_single = is_single, .arguments = {}};
  kernel = handle<OpenClKernel>(id);
  return status;
}

OpenClStatus FakeOpenCl::release(OpenClKernel kernel) {
  const std::lock_guard lock(mutex_);
  return kernels_.erase(value_of(kernel)) == 1 ? OpenClStatus::kSuccess : OpenClStatus::kInvalidKernel;
}

OpenClStatus FakeOpenCl::max_group_size(std::size_t& items, OpenClKernel, OpenClDeviceId) {
  items = kMostItems;
  return enter("max_group_size");
}

OpenClStatus FakeOpenCl::set_argument(OpenClKernel kernel, std::uint32_t index, OpenClBuffer buffer) {
  const OpenClStatus status = enter("set_argument");
  if (status != OpenClStatus::kSuccess) return status;
  const std::lock_guard lock(mutex_);
  kernels_.at(value_of(kernel)).arguments[index] = buffers_.at(value_of(buffer));
  return status;
}

OpenClStatus FakeOpenCl::write(OpenClQueue queue, OpenClBuffer to, const void* from, std::size_t bytes,
                               OpenClEvent* done, OpenClEvent after) {
  const OpenClStatus status = enter("write");
  if (status != OpenClStatus::kSuccess) return status;
  std::shared_ptr<Memory> memory;
  std::shared_ptr<Event> before;
  {
    const std::lock_guard lock(mutex_);
    memory = buffers_.at(value_of(to));
    if (after != nullptr) before = events_.at(value_of(after));
  }
  return enqueue(queue, done, [=, this] {
    if (before) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return before->status <= 0; });
    }
    // A word may be written while a kernel looks at it.
    if (bytes == sizeof(std::uint32_t)) {
      std::uint32_t word = 0;
      std::memcpy(&word, from, sizeof(word));
      std::atomic_ref(*handle<std::uint32_t*>(value_of(memory->begin))).store(word);
    } else {
      std::memcpy(memory->begin, from, bytes);
    }
    return 0;
  });
}

OpenClStatus FakeOpenCl::read(OpenClQueue queue, OpenClBuffer from, void* to, std::size_t bytes, OpenClEvent* done) {
  const OpenClStatus status = enter("read");
  if (status != OpenClStatus::kSuccess) return status;
  std::shared_ptr<Memory> memory;
  {
    const std::lock_guard lock(mutex_);
    memory = buffers_.at(value_of(from));
  }
  return enqueue(queue, done, [=] {
    std::memcpy(to, memory->begin, bytes);
    return 0;
  });
}

template <class Params>
void FakeOpenCl::scan_with(const Kernel& kernel) {
  const auto address = [&](std::uint32_t index) { return value_of(kernel.arguments.at(index)->begin); };
  auto params = opencl::with_addresses(*handle<const Params*>(address(0)));
  params.counters = handle<kernels::gpu::ScanCounters*>(address(1));
  params.hits = handle<kernels::gpu::HitSlot*>(address(2));
  params.mailbox = handle<kernels::gpu::Mailbox*>(address(3));
  cuda::HostWarp warp;
  if constexpr (std::is_same_v<Params, opencl::ParamsM1>) {
    cuda::scan_m1<cuda::tuning_m1(90)>(warp, params);
  } else {
    cuda::scan_mn<cuda::tuning_mn(90)>(warp, params);
  }
  if (corrupt_) {
    const std::uint32_t hits = std::min(params.counters->found, params.hit_capacity);
    for (std::uint32_t i = 0; i < hits; ++i)
      params.hits[i].nonce_word ^= 1;
  }
}

int FakeOpenCl::scan(const Kernel& kernel) {
  std::optional<OpenClStatus> status;
  {
    std::unique_lock lock(mutex_);
    busy_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
    status = std::exchange(run_status_, std::nullopt);
  }
  if (!status) {
    if (kernel.is_single) {
      scan_with<opencl::ParamsM1>(kernel);
    } else {
      scan_with<opencl::ParamsMn>(kernel);
    }
  }
  const std::lock_guard lock(mutex_);
  busy_ = false;
  --in_flight_;
  return status ? static_cast<int>(*status) : 0;
}

OpenClStatus FakeOpenCl::launch(OpenClQueue queue, OpenClKernel kernel, std::size_t groups, std::size_t group_size,
                                OpenClEvent* done) {
  const OpenClStatus status = enter("launch");
  if (status != OpenClStatus::kSuccess) return status;
  if (groups == 0 || group_size == 0 || group_size > kMostItems) return OpenClStatus::kInvalidWorkGroupSize;
  Kernel of;
  {
    const std::lock_guard lock(mutex_);
    of = kernels_.at(value_of(kernel));
    if (of.arguments.size() != 4) return OpenClStatus::kInvalidKernelArgs;
    most_in_flight_ = std::max(most_in_flight_.load(), ++in_flight_);
  }
  return enqueue(queue, done, [this, of] { return scan(of); });
}

OpenClStatus FakeOpenCl::flush(OpenClQueue) {
  return enter("flush");
}

OpenClStatus FakeOpenCl::finish(OpenClQueue queue) {
  const OpenClStatus status = enter("finish");
  if (status != OpenClStatus::kSuccess) return status;
  std::unique_lock lock(mutex_);
  const Queue& of = *queues_.at(value_of(queue));
  changed_.wait(lock, [&] { return of.commands.empty() && !of.running; });
  return status;
}

OpenClStatus FakeOpenCl::execution_status(int& status, OpenClEvent event) {
  const OpenClStatus entered = enter("execution_status");
  if (entered != OpenClStatus::kSuccess) return entered;
  const std::lock_guard lock(mutex_);
  status = events_.at(value_of(event))->status;
  return entered;
}

OpenClStatus FakeOpenCl::release(OpenClEvent event) {
  const std::lock_guard lock(mutex_);
  return events_.erase(value_of(event)) == 1 ? OpenClStatus::kSuccess : OpenClStatus::kInvalidEvent;
}

void FakeOpenCl::keep(std::shared_ptr<void> memory) {
  const std::lock_guard lock(mutex_);
  kept_.push_back(std::move(memory));
}

}  // namespace lode::device
