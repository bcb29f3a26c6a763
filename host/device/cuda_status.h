// What a CUDA driver call can answer, and what that means for the GPU it was about: the one place that decides which
// failures end a context and which do not.
//
// The numbers are the driver's binary interface (CUresult in NVIDIA's "CUDA Driver API" reference). They are written
// down here so that no toolkit is needed to build this; a test compares them with cuda.h where there is one. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lode::device {

/// CUresult. Values that are not named here occur too.
enum class CudaStatus : int {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialized = 3,
  kDeinitialized = 4,
  kStubLibrary = 34,
  kCallRequiresNewerDriver = 36,
  kDeviceUnavailable = 46,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kDeviceNotLicensed = 102,
  kInvalidImage = 200,
  kInvalidContext = 201,
  kNoBinaryForGpu = 209,
  kEccUncorrectable = 214,
  kInvalidPtx = 218,
  kNvlinkUncorrectable = 220,
  kJitCompilerNotFound = 221,
  kUnsupportedPtxVersion = 222,
  kJitCompilationDisabled = 223,
  kContained = 226,
  kOperatingSystem = 304,
  kInvalidHandle = 400,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kLaunchOutOfResources = 701,
  kLaunchTimeout = 702,
  kContextIsDestroyed = 709,
  kAssert = 710,
  kHardwareStackError = 714,
  kIllegalInstruction = 715,
  kMisalignedAddress = 716,
  kInvalidAddressSpace = 717,
  kInvalidPc = 718,
  kLaunchFailed = 719,
  kNotPermitted = 800,
  kNotSupported = 801,
  kSystemNotReady = 802,
  kSystemDriverMismatch = 803,
  kCompatNotSupportedOnDevice = 804,
  kMpsClientTerminated = 810,
  kTimeout = 909,
  kExternalDevice = 911,
  kUnknown = 999,
};

/// What has to be done before a GPU can work again.
enum class CudaFault : std::uint8_t {
  kTransient,  ///< the context is sound: what failed may be tried again
  kSticky,     ///< the context is dead, every further call in it fails the same way: it has to be reset
  kLost,       ///< the GPU does not answer: a reset may help, or only a restart of the machine
  kUnusable,   ///< this GPU, driver and program do not fit together: nothing changes that while they run
};

/// `status` is none of kSuccess and kNotReady, which are no failures.
CudaFault fault_of(CudaStatus status) noexcept;

/// For people, one sentence without a full stop: what happened and, where it can be known, what to do.
std::string_view explain(CudaStatus status) noexcept;

/// "700 (a kernel used memory that is not its own)".
std::string to_string(CudaStatus status);

}  // namespace lode::device
