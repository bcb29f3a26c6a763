// The OpenCL calls that an OpenCL device makes. One implementation asks the ICD loader of this machine, which is looked
// for when the program runs (opencl_library.h), another plays a GPU for the tests.
//
// Each function is the API's of nearly the same name (OpenCL 1.2); its specification says what it does. Any thread;
// set_argument() and launch() of one kernel by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/device/opencl_status.h"

namespace lode::device {

// Handles. What they point to is the driver's.
using OpenClPlatformId = struct OpenClPlatformTag*;
using OpenClDeviceId = struct OpenClDeviceTag*;
using OpenClContext = struct OpenClContextTag*;
using OpenClQueue = struct OpenClQueueTag*;
using OpenClBuffer = struct OpenClBufferTag*;
using OpenClProgram = struct OpenClProgramTag*;
using OpenClKernel = struct OpenClKernelTag*;
using OpenClEvent = struct OpenClEventTag*;

/// cl_platform_info.
enum class OpenClPlatformInfo : std::uint32_t {
  kVersion = 0x0901,
  kName = 0x0902,
};

/// cl_device_info, those of extensions too.
enum class OpenClDeviceInfo : std::uint32_t {
  kType = 0x1000,
  kMaxComputeUnits = 0x1002,
  kMaxWorkGroupSize = 0x1004,
  kGlobalMemSize = 0x101F,
  kLocalMemSize = 0x1023,
  kAvailable = 0x1027,
  kName = 0x102B,
  kVendor = 0x102C,
  kDriverVersion = 0x102D,
  kVersion = 0x102F,
  kNvidiaPciBus = 0x4008,     ///< cl_nv_device_attribute_query
  kNvidiaPciSlot = 0x4009,    ///< the device in the upper bits, the function in the lower three
  kNvidiaPciDomain = 0x400A,  ///< the same extension, newer drivers
  kAmdTopology = 0x4037,      ///< cl_amd_device_attribute_query
  kPciBusInfo = 0x410F,       ///< cl_khr_pci_bus_info
};

/// cl_mem_flags.
enum class OpenClMemory : std::uint64_t {
  kReadWrite = 1 << 0,
  kReadOnly = 1 << 2,
  /// In memory of the host that the caller provides and keeps.
  kReadWriteOfHost = (1 << 0) | (1 << 3),
};

/// cl_device_type, a set of bits.
inline constexpr std::uint64_t kOpenClCpu = 1 << 1;
inline constexpr std::uint64_t kOpenClGpu = 1 << 2;
inline constexpr std::uint64_t kOpenClAccelerator = 1 << 3;
inline constexpr std::uint64_t kOpenClAllDevices = 0xFFFFFFFF;

class OpenClDriver {
 public:
  virtual ~OpenClDriver() = default;

  virtual OpenClStatus platforms(std::vector<OpenClPlatformId>& platforms) = 0;
  virtual OpenClStatus platform_info(std::string& value, OpenClPlatformId platform, OpenClPlatformInfo which) = 0;
  /// Of all types. kDeviceNotFound where there is none.
  virtual OpenClStatus devices(std::vector<OpenClDeviceId>& devices, OpenClPlatformId platform) = 0;
  virtual OpenClStatus device_info(std::string& value, OpenClDeviceId device, OpenClDeviceInfo which) = 0;
  /// A value of exactly so many bytes.
  virtual OpenClStatus device_info(std::span<std::byte> value, OpenClDeviceId device, OpenClDeviceInfo which) = 0;

  virtual OpenClStatus create_context(OpenClContext& context, OpenClPlatformId platform, OpenClDeviceId device) = 0;
  virtual OpenClStatus release(OpenClContext context) = 0;
  /// In order.
  virtual OpenClStatus create_queue(OpenClQueue& queue, OpenClContext context, OpenClDeviceId device) = 0;
  virtual OpenClStatus release(OpenClQueue queue) = 0;
  /// `host` counts for kReadWriteOfHost only.
  virtual OpenClStatus create_buffer(OpenClBuffer& buffer, OpenClContext context, OpenClMemory memory,
                                     std::size_t bytes, void* host) = 0;
  virtual OpenClStatus release(OpenClBuffer buffer) = 0;

  virtual OpenClStatus program_from_source(OpenClProgram& program, OpenClContext context, std::string_view source) = 0;
  virtual OpenClStatus program_from_binary(OpenClProgram& program, OpenClContext context, OpenClDeviceId device,
                                           std::span<const std::uint8_t> binary) = 0;
  /// Waits until it is done: seconds, for a program made from source.
  virtual OpenClStatus build(OpenClProgram program, OpenClDeviceId device, const std::string& options) = 0;
  virtual OpenClStatus build_log(std::string& log, OpenClProgram program, OpenClDeviceId device) = 0;
  /// Of a program with one device.
  virtual OpenClStatus binary(std::vector<std::uint8_t>& binary, OpenClProgram program) = 0;
  virtual OpenClStatus release(OpenClProgram program) = 0;
  virtual OpenClStatus create_kernel(OpenClKernel& kernel, OpenClProgram program, const char* name) = 0;
  virtual OpenClStatus release(OpenClKernel kernel) = 0;
  /// The most work-items that a work-group of this kernel can have.
  virtual OpenClStatus max_group_size(std::size_t& items, OpenClKernel kernel, OpenClDeviceId device) = 0;
  virtual OpenClStatus set_argument(OpenClKernel kernel, std::uint32_t index, OpenClBuffer buffer) = 0;

  // The following only put something into a queue. What they read or write has to stay until it is done.

  /// `done`, where it is not null, is set to an event. `after`, unless null, has to be over first.
  virtual OpenClStatus write(OpenClQueue queue, OpenClBuffer to, const void* from, std::size_t bytes,
                             OpenClEvent* done = nullptr, OpenClEvent after = nullptr) = 0;
  virtual OpenClStatus read(OpenClQueue queue, OpenClBuffer from, void* to, std::size_t bytes,
                            OpenClEvent* done = nullptr) = 0;
  /// One-dimensional. The arguments are those that are set now.
  virtual OpenClStatus launch(OpenClQueue queue, OpenClKernel kernel, std::size_t groups, std::size_t group_size,
                              OpenClEvent* done) = 0;
  /// Without it the device may never hear of what was put into the queue.
  virtual OpenClStatus flush(OpenClQueue queue) = 0;
  /// Waits for all that is in the queue.
  virtual OpenClStatus finish(OpenClQueue queue) = 0;
  /// 0: it is over; greater: it is not; negative: it failed, with that error.
  virtual OpenClStatus execution_status(int& status, OpenClEvent event) = 0;
  virtual OpenClStatus release(OpenClEvent event) = 0;

  /// Takes memory that a command which does not end may still use, and keeps it to the end of the process.
  virtual void keep(std::shared_ptr<void> memory) = 0;
};

}  // namespace lode::device
