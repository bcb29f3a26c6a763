#include "host/device/opencl_library.h"

#include <string>
#include <type_traits>
#include <utility>

#include "host/device/opencl_icd.h"
#include "host/device/shared_library.h"

namespace lode::device {
namespace {

/// cl_context_properties: a list of pairs with a zero at its end.
constexpr std::intptr_t kContextPlatform = 0x1084;
/// cl_program_info, cl_program_build_info, cl_kernel_work_group_info, cl_event_info.
constexpr std::uint32_t kProgramBinarySizes = 0x1165;
constexpr std::uint32_t kProgramBinaries = 0x1166;
constexpr std::uint32_t kProgramBuildLog = 0x1183;
constexpr std::uint32_t kKernelWorkGroupSize = 0x11B0;
constexpr std::uint32_t kEventExecutionStatus = 0x11D3;

constexpr std::uint32_t kNonBlocking = 0;  // cl_bool

/// More than any real answer. A driver that says more is broken.
constexpr std::size_t kMaxText = std::size_t{1} << 22;
constexpr std::size_t kMaxBinary = std::size_t{1} << 28;

using Status = OpenClStatus;

/// The functions of OpenCL 1.2 that are used here.
struct OpenClSymbols {
  Status (*platforms)(std::uint32_t, OpenClPlatformId*, std::uint32_t*) = nullptr;
  Status (*platform_info)(OpenClPlatformId, std::uint32_t, std::size_t, void*, std::size_t*) = nullptr;
  Status (*devices)(OpenClPlatformId, std::uint64_t, std::uint32_t, OpenClDeviceId*, std::uint32_t*) = nullptr;
  Status (*device_info)(OpenClDeviceId, std::uint32_t, std::size_t, void*, std::size_t*) = nullptr;
  OpenClContext (*create_context)(const std::intptr_t*, std::uint32_t, const OpenClDeviceId*,
                                  void (*)(const char*, const void*, std::size_t, void*), void*, Status*) = nullptr;
  Status (*release_context)(OpenClContext) = nullptr;
  OpenClQueue (*create_queue)(OpenClContext, OpenClDeviceId, std::uint64_t, Status*) = nullptr;
  Status (*release_queue)(OpenClQueue) = nullptr;
  OpenClBuffer (*create_buffer)(OpenClContext, std::uint64_t, std::size_t, void*, Status*) = nullptr;
  Status (*release_buffer)(OpenClBuffer) = nullptr;
  OpenClProgram (*program_with_source)(OpenClContext, std::uint32_t, const char**, const std::size_t*,
                                       Status*) = nullptr;
  OpenClProgram (*program_with_binary)(OpenClContext, std::uint32_t, const OpenClDeviceId*, const std::size_t*,
                                       const unsigned char**, Status*, Status*) = nullptr;
  Status (*build)(OpenClProgram, std::uint32_t, const OpenClDeviceId*, const char*, void (*)(OpenClProgram, void*),
                  void*) = nullptr;
  Status (*build_info)(OpenClProgram, OpenClDeviceId, std::uint32_t, std::size_t, void*, std::size_t*) = nullptr;
  Status (*program_info)(OpenClProgram, std::uint32_t, std::size_t, void*, std::size_t*) = nullptr;
  Status (*release_program)(OpenClProgram) = nullptr;
  OpenClKernel (*create_kernel)(OpenClProgram, const char*, Status*) = nullptr;
  Status (*release_kernel)(OpenClKernel) = nullptr;
  Status (*group_info)(OpenClKernel, OpenClDeviceId, std::uint32_t, std::size_t, void*, std::size_t*) = nullptr;
  Status (*set_argument)(OpenClKernel, std::uint32_t, std::size_t, const void*) = nullptr;
  Status (*write)(OpenClQueue, OpenClBuffer, std::uint32_t, std::size_t, std::size_t, const void*, std::uint32_t,
                  const OpenClEvent*, OpenClEvent*) = nullptr;
  Status (*read)(OpenClQueue, OpenClBuffer, std::uint32_t, std::size_t, std::size_t, void*, std::uint32_t,
                 const OpenClEvent*, OpenClEvent*) = nullptr;
  Status (*launch)(OpenClQueue, OpenClKernel, std::uint32_t, const std::size_t*, const std::size_t*, const std::size_t*,
                   std::uint32_t, const OpenClEvent*, OpenClEvent*) = nullptr;
  Status (*flush)(OpenClQueue) = nullptr;
  Status (*finish)(OpenClQueue) = nullptr;
  Status (*event_info)(OpenClEvent, std::uint32_t, std::size_t, void*, std::size_t*) = nullptr;
  Status (*release_event)(OpenClEvent) = nullptr;
};

/// The first function that the library lacks; null: it has all. `find` sets a function that it is told by name and by
/// its place in a driver's table.
template <class Find>
const char* find_all(const Find& find, OpenClSymbols& to) {
  const char* missing = nullptr;
  const auto take = [&](const char* name, OpenClEntry entry, auto& function) {
    if (!find(name, entry, function) && missing == nullptr) missing = name;
  };
  using enum OpenClEntry;
  take("clGetPlatformIDs", kGetPlatformIds, to.platforms);
  take("clGetPlatformInfo", kGetPlatformInfo, to.platform_info);
  take("clGetDeviceIDs", kGetDeviceIds, to.devices);
  take("clGetDeviceInfo", kGetDeviceInfo, to.device_info);
  take("clCreateContext", kCreateContext, to.create_context);
  take("clReleaseContext", kReleaseContext, to.release_context);
  take("clCreateCommandQueue", kCreateCommandQueue, to.create_queue);
  take("clReleaseCommandQueue", kReleaseCommandQueue, to.release_queue);
  take("clCreateBuffer", kCreateBuffer, to.create_buffer);
  take("clReleaseMemObject", kReleaseMemObject, to.release_buffer);
  take("clCreateProgramWithSource", kCreateProgramWithSource, to.program_with_source);
  take("clCreateProgramWithBinary", kCreateProgramWithBinary, to.program_with_binary);
  take("clBuildProgram", kBuildProgram, to.build);
  take("clGetProgramBuildInfo", kGetProgramBuildInfo, to.build_info);
  take("clGetProgramInfo", kGetProgramInfo, to.program_info);
  take("clReleaseProgram", kReleaseProgram, to.release_program);
  take("clCreateKernel", kCreateKernel, to.create_kernel);
  take("clReleaseKernel", kReleaseKernel, to.release_kernel);
  take("clGetKernelWorkGroupInfo", kGetKernelWorkGroupInfo, to.group_info);
  take("clSetKernelArg", kSetKernelArg, to.set_argument);
  take("clEnqueueWriteBuffer", kEnqueueWriteBuffer, to.write);
  take("clEnqueueReadBuffer", kEnqueueReadBuffer, to.read);
  take("clEnqueueNDRangeKernel", kEnqueueNdRangeKernel, to.launch);
  take("clFlush", kFlush, to.flush);
  take("clFinish", kFinish, to.finish);
  take("clGetEventInfo", kGetEventInfo, to.event_info);
  take("clReleaseEvent", kReleaseEvent, to.release_event);
  return missing;
}

const char* find_all(const SharedLibrary& library, OpenClSymbols& to) {
  return find_all([&](const char* name, OpenClEntry, auto& function) { return library.find(name, function); }, to);
}

const char* find_all(const OpenClIcd& icd, OpenClSymbols& to) {
  const char* const missing =
      find_all([&](const char*, OpenClEntry entry, auto& function) { return icd.find(entry, function); }, to);
  to.platforms = icd.platforms;
  return missing;
}

/// A text of any length: asked for its size first. Everything behind a zero is cut off.
template <class Ask>
Status read_text(std::string& value, const Ask& ask) {
  std::size_t size = 0;
  if (const Status status = ask(std::size_t{0}, nullptr, &size); status != Status::kSuccess) return status;
  if (size > kMaxText) return Status::kInvalidValue;
  value.assign(size, '\0');
  if (size > 0) {
    if (const Status status = ask(size, value.data(), nullptr); status != Status::kSuccess) return status;
  }
  if (const std::size_t end = value.find('\0'); end != std::string::npos) value.resize(end);
  return Status::kSuccess;
}

/// A list of handles: asked for their number first.
template <class Handle, class Ask>
Status read_list(std::vector<Handle>& list, const Ask& ask) {
  std::uint32_t count = 0;
  if (const Status status = ask(0, nullptr, &count); status != Status::kSuccess) return status;
  list.assign(count, nullptr);
  return count == 0 ? Status::kSuccess : ask(count, list.data(), nullptr);
}

struct Kept {
  std::shared_ptr<void> memory;
  std::shared_ptr<Kept> self;
};

class LibraryDriver final : public OpenClDriver {
 public:
  LibraryDriver(SharedLibrary library, const OpenClSymbols& symbols) : library_(std::move(library)), call_(symbols) {}

  Status platforms(std::vector<OpenClPlatformId>& platforms) override {
    return read_list(platforms, [this](std::uint32_t room, OpenClPlatformId* to, std::uint32_t* count) {
      return call_.platforms(room, to, count);
    });
  }
  Status platform_info(std::string& value, OpenClPlatformId platform, OpenClPlatformInfo which) override {
    return read_text(value, [&](std::size_t room, void* to, std::size_t* size) {
      return call_.platform_info(platform, static_cast<std::uint32_t>(which), room, to, size);
    });
  }
  Status devices(std::vector<OpenClDeviceId>& devices, OpenClPlatformId platform) override {
    return read_list(devices, [&](std::uint32_t room, OpenClDeviceId* to, std::uint32_t* count) {
      return call_.devices(platform, kOpenClAllDevices, room, to, count);
    });
  }
  Status device_info(std::string& value, OpenClDeviceId device, OpenClDeviceInfo which) override {
    return read_text(value, [&](std::size_t room, void* to, std::size_t* size) {
      return call_.device_info(device, static_cast<std::uint32_t>(which), room, to, size);
    });
  }
  Status device_info(std::span<std::byte> value, OpenClDeviceId device, OpenClDeviceInfo which) override {
    std::size_t size = 0;
    const Status status =
        call_.device_info(device, static_cast<std::uint32_t>(which), value.size(), value.data(), &size);
    return status == Status::kSuccess && size != value.size() ? Status::kInvalidValue : status;
  }

  Status create_context(OpenClContext& context, OpenClPlatformId platform, OpenClDeviceId device) override {
    const std::intptr_t properties[] = {kContextPlatform, reinterpret_cast<std::intptr_t>(platform), 0};
    Status status{};
    context = call_.create_context(properties, 1, &device, nullptr, nullptr, &status);
    return status;
  }
  Status release(OpenClContext context) override { return call_.release_context(context); }
  Status create_queue(OpenClQueue& queue, OpenClContext context, OpenClDeviceId device) override {
    Status status{};
    queue = call_.create_queue(context, device, 0, &status);
    return status;
  }
  Status release(OpenClQueue queue) override { return call_.release_queue(queue); }
  Status create_buffer(OpenClBuffer& buffer, OpenClContext context, OpenClMemory memory, std::size_t bytes,
                       void* host) override {
    Status status{};
    void* const of_host = memory == OpenClMemory::kReadWriteOfHost ? host : nullptr;
    buffer = call_.create_buffer(context, static_cast<std::uint64_t>(memory), bytes, of_host, &status);
    return status;
  }
  Status release(OpenClBuffer buffer) override { return call_.release_buffer(buffer); }

  Status program_from_source(OpenClProgram& program, OpenClContext context, std::string_view source) override {
    const char* text = source.data();
    const std::size_t size = source.size();
    Status status{};
    program = call_.program_with_source(context, 1, &text, &size, &status);
    return status;
  }
  Status program_from_binary(OpenClProgram& program, OpenClContext context, OpenClDeviceId device,
                             std::span<const std::uint8_t> binary) override {
    const unsigned char* data = binary.data();
    const std::size_t size = binary.size();
    Status loaded{};
    Status status{};
    program = call_.program_with_binary(context, 1, &device, &size, &data, &loaded, &status);
    if (status != Status::kSuccess || loaded == Status::kSuccess) return status;
    if (program != nullptr) static_cast<void>(call_.release_program(std::exchange(program, nullptr)));
    return loaded;
  }
  Status build(OpenClProgram program, OpenClDeviceId device, const std::string& options) override {
    return call_.build(program, 1, &device, options.c_str(), nullptr, nullptr);
  }
  Status build_log(std::string& log, OpenClProgram program, OpenClDeviceId device) override {
    return read_text(log, [&](std::size_t room, void* to, std::size_t* size) {
      return call_.build_info(program, device, kProgramBuildLog, room, to, size);
    });
  }
  Status binary(std::vector<std::uint8_t>& binary, OpenClProgram program) override {
    std::size_t size = 0;
    Status status = call_.program_info(program, kProgramBinarySizes, sizeof(size), &size, nullptr);
    if (status != Status::kSuccess) return status;
    if (size > kMaxBinary) return Status::kInvalidValue;
    binary.assign(size, 0);
    if (size == 0) return status;
    unsigned char* to = binary.data();
    return call_.program_info(program, kProgramBinaries, sizeof(to), &to, nullptr);
  }
  Status release(OpenClProgram program) override { return call_.release_program(program); }
  Status create_kernel(OpenClKernel& kernel, OpenClProgram program, const char* name) override {
    Status status{};
    kernel = call_.create_kernel(program, name, &status);
    return status;
  }
  Status release(OpenClKernel kernel) override { return call_.release_kernel(kernel); }
  Status max_group_size(std::size_t& items, OpenClKernel kernel, OpenClDeviceId device) override {
    return call_.group_info(kernel, device, kKernelWorkGroupSize, sizeof(items), &items, nullptr);
  }
  Status set_argument(OpenClKernel kernel, std::uint32_t index, OpenClBuffer buffer) override {
    return call_.set_argument(kernel, index, sizeof(OpenClBuffer), static_cast<const void*>(&buffer));
  }

  Status write(OpenClQueue queue, OpenClBuffer to, const void* from, std::size_t bytes, OpenClEvent* done,
               OpenClEvent after) override {
    const bool waits = after != nullptr;
    return call_.write(queue, to, kNonBlocking, 0, bytes, from, waits ? 1 : 0, waits ? &after : nullptr, done);
  }
  Status read(OpenClQueue queue, OpenClBuffer from, void* to, std::size_t bytes, OpenClEvent* done) override {
    return call_.read(queue, from, kNonBlocking, 0, bytes, to, 0, nullptr, done);
  }
  Status launch(OpenClQueue queue, OpenClKernel kernel, std::size_t groups, std::size_t group_size,
                OpenClEvent* done) override {
    const std::size_t items = groups * group_size;
    return call_.launch(queue, kernel, 1, nullptr, &items, &group_size, 0, nullptr, done);
  }
  Status flush(OpenClQueue queue) override { return call_.flush(queue); }
  Status finish(OpenClQueue queue) override { return call_.finish(queue); }
  Status execution_status(int& status, OpenClEvent event) override {
    return call_.event_info(event, kEventExecutionStatus, sizeof(status), &status, nullptr);
  }
  Status release(OpenClEvent event) override { return call_.release_event(event); }

  void keep(std::shared_ptr<void> memory) override {
    // The device may write to it as long as there is a process. What owns itself is never given back.
    const auto kept = std::make_shared<Kept>();
    kept->memory = std::move(memory);
    kept->self = kept;
  }

 private:
  SharedLibrary library_;
  OpenClSymbols call_;
};

Result<std::shared_ptr<OpenClDriver>> open_library(const char* name) {
  SharedLibrary library(name, SharedLibrary::Unload::kNever);
  if (!library.is_open()) {
    // The loader says the same of a file that is not there and of one it cannot use, in words only.
    const bool absent = library.error().find("No such file") != std::string::npos;
    return fail(Errc::kDevice, absent ? "no ICD loader (" + std::string(name) +
                                            " not found): install ocl-icd-libopencl1 and your GPU's driver"
                                      : "no ICD loader: " + library.error());
  }
  OpenClSymbols symbols;
  const char* missing = find_all(library, symbols);
  if (symbols.platforms == nullptr) {
    if (const auto icd = find_opencl_icd(library)) missing = find_all(*icd, symbols);
  }
  if (missing != nullptr) {
    return fail(Errc::kDevice, "the ICD loader is older than OpenCL 1.2: " + std::string(name) + " has no " + missing);
  }
  return std::shared_ptr<OpenClDriver>(std::make_shared<LibraryDriver>(std::move(library), symbols));
}

bool has_platform(OpenClDriver& driver) {
  std::vector<OpenClPlatformId> platforms;
  return driver.platforms(platforms) == OpenClStatus::kSuccess && !platforms.empty();
}

}  // namespace

Result<std::shared_ptr<OpenClDriver>> open_opencl_driver(const char* name, std::span<const char* const> drivers) {
  auto loaded = open_library(name);
  if (loaded && has_platform(**loaded)) return loaded;
  for (const char* const driver : drivers) {
    auto alone = open_library(driver);
    if (alone && has_platform(**alone)) return alone;
  }
  return loaded;
}

}  // namespace lode::device
