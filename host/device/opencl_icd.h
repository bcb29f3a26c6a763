// A vendor's OpenCL driver without the ICD loader: some machines, containers above all, have the driver's library and
// nothing that would find it. It exports next to nothing; what it can do stands in a table that each of its platforms
// begins with (extension cl_khr_icd).
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "host/device/opencl_driver.h"
#include "host/device/opencl_status.h"
#include "host/device/shared_library.h"

namespace lode::device {

/// Places in the table, of the functions that are used here. The order is that of OpenCL 1.2 and never changes.
enum class OpenClEntry : std::uint8_t {
  kGetPlatformIds = 0,
  kGetPlatformInfo = 1,
  kGetDeviceIds = 2,
  kGetDeviceInfo = 3,
  kCreateContext = 4,
  kReleaseContext = 7,
  kCreateCommandQueue = 9,
  kReleaseCommandQueue = 11,
  kCreateBuffer = 14,
  kReleaseMemObject = 18,
  kCreateProgramWithSource = 26,
  kCreateProgramWithBinary = 27,
  kReleaseProgram = 29,
  kBuildProgram = 30,
  kGetProgramInfo = 32,
  kGetProgramBuildInfo = 33,
  kCreateKernel = 34,
  kReleaseKernel = 37,
  kSetKernelArg = 38,
  kGetKernelWorkGroupInfo = 40,
  kGetEventInfo = 42,
  kReleaseEvent = 44,
  kFlush = 46,
  kFinish = 47,
  kEnqueueReadBuffer = 48,
  kEnqueueWriteBuffer = 49,
  kEnqueueNdRangeKernel = 59,
};

/// What a driver offers by itself.
struct OpenClIcd {
  /// clIcdGetPlatformIDsKHR, which is clGetPlatformIDs of this driver alone.
  OpenClStatus (*platforms)(std::uint32_t, OpenClPlatformId*, std::uint32_t*) = nullptr;
  void* const* table = nullptr;

  /// Sets `function`, whose type is the caller's affair. False, and null, where the table has none.
  template <class Function>
  bool find(OpenClEntry entry, Function*& function) const noexcept {
    function = reinterpret_cast<Function*>(table[static_cast<std::size_t>(entry)]);
    return function != nullptr;
  }
};

/// Nothing: the library is no such driver, or it has no platform on this machine.
std::optional<OpenClIcd> find_opencl_icd(const SharedLibrary& library);

}  // namespace lode::device
