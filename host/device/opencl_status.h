// What an OpenCL call can answer, and what that means for the GPU it was about: the one place that decides which
// failures end a context and which do not.
//
// The numbers are the binary interface of the OpenCL specification (appendix "Error Codes") and of its extensions. They
// are written down here so that no headers are needed to build this; a test compares them with CL/cl.h where there is
// one. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lode::device {

/// cl_int as an error code. Values that are not named here occur too.
enum class OpenClStatus : int {
  kSuccess = 0,
  kDeviceNotFound = -1,
  kDeviceNotAvailable = -2,
  kCompilerNotAvailable = -3,
  kMemObjectAllocationFailure = -4,
  kOutOfResources = -5,
  kOutOfHostMemory = -6,
  kBuildProgramFailure = -11,
  kMapFailure = -12,
  kExecStatusErrorForEventsInWaitList = -14,
  kInvalidValue = -30,
  kInvalidPlatform = -32,
  kInvalidDevice = -33,
  kInvalidContext = -34,
  kInvalidCommandQueue = -36,
  kInvalidMemObject = -38,
  kInvalidBinary = -42,
  kInvalidBuildOptions = -43,
  kInvalidProgram = -44,
  kInvalidProgramExecutable = -45,
  kInvalidKernelName = -46,
  kInvalidKernelDefinition = -47,
  kInvalidKernel = -48,
  kInvalidArgIndex = -49,
  kInvalidArgValue = -50,
  kInvalidArgSize = -51,
  kInvalidKernelArgs = -52,
  kInvalidWorkGroupSize = -54,
  kInvalidWorkItemSize = -55,
  kInvalidEvent = -58,
  kInvalidOperation = -59,
  kInvalidBufferSize = -61,
  kPlatformNotFound = -1001,    ///< cl_khr_icd: the loader knows no platform
  kContextTerminated = -1121,   ///< cl_khr_terminate_context
  kNvidiaIllegalAccess = -9999  ///< NVIDIA's drivers, in no document of theirs
};

/// What has to be done before a GPU can work again.
enum class OpenClFault : std::uint8_t {
  kTransient,  ///< the context is sound: what failed may be tried again
  kFatal,      ///< the context is dead: a new one may work
  kLost,       ///< the GPU does not answer: a new context may work later, or only after a restart of the machine
  kUnusable,   ///< this GPU, driver and program do not fit together: nothing changes that while they run
};

/// `status` is a failure.
OpenClFault fault_of(OpenClStatus status) noexcept;

/// For people, one sentence without a full stop: what happened and, where it can be known, what to do.
std::string_view explain(OpenClStatus status) noexcept;

/// "-5 (the GPU ran out of resources ...)".
std::string to_string(OpenClStatus status);

}  // namespace lode::device
