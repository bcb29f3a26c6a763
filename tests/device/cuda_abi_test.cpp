// What host/device writes down of the CUDA driver's binary interface, against NVIDIA's own header. Built where there is
// one.
#include <cuda.h>
#include <gtest/gtest.h>

#include <concepts>
#include <type_traits>

#include "host/device/cuda_driver.h"
#include "host/device/cuda_status.h"

namespace lode::device {
namespace {

constexpr bool same(CudaStatus ours, CUresult theirs) {
  return static_cast<int>(ours) == static_cast<int>(theirs);
}

static_assert(same(CudaStatus::kSuccess, CUDA_SUCCESS));
static_assert(same(CudaStatus::kInvalidValue, CUDA_ERROR_INVALID_VALUE));
static_assert(same(CudaStatus::kOutOfMemory, CUDA_ERROR_OUT_OF_MEMORY));
static_assert(same(CudaStatus::kNotInitialized, CUDA_ERROR_NOT_INITIALIZED));
static_assert(same(CudaStatus::kDeinitialized, CUDA_ERROR_DEINITIALIZED));
static_assert(same(CudaStatus::kStubLibrary, CUDA_ERROR_STUB_LIBRARY));
static_assert(same(CudaStatus::kCallRequiresNewerDriver, CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER));
static_assert(same(CudaStatus::kDeviceUnavailable, CUDA_ERROR_DEVICE_UNAVAILABLE));
static_assert(same(CudaStatus::kNoDevice, CUDA_ERROR_NO_DEVICE));
static_assert(same(CudaStatus::kInvalidDevice, CUDA_ERROR_INVALID_DEVICE));
static_assert(same(CudaStatus::kDeviceNotLicensed, CUDA_ERROR_DEVICE_NOT_LICENSED));
static_assert(same(CudaStatus::kInvalidImage, CUDA_ERROR_INVALID_IMAGE));
static_assert(same(CudaStatus::kInvalidContext, CUDA_ERROR_INVALID_CONTEXT));
static_assert(same(CudaStatus::kNoBinaryForGpu, CUDA_ERROR_NO_BINARY_FOR_GPU));
static_assert(same(CudaStatus::kEccUncorrectable, CUDA_ERROR_ECC_UNCORRECTABLE));
static_assert(same(CudaStatus::kInvalidPtx, CUDA_ERROR_INVALID_PTX));
static_assert(same(CudaStatus::kNvlinkUncorrectable, CUDA_ERROR_NVLINK_UNCORRECTABLE));
static_assert(same(CudaStatus::kJitCompilerNotFound, CUDA_ERROR_JIT_COMPILER_NOT_FOUND));
static_assert(same(CudaStatus::kUnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
static_assert(same(CudaStatus::kJitCompilationDisabled, CUDA_ERROR_JIT_COMPILATION_DISABLED));
static_assert(same(CudaStatus::kOperatingSystem, CUDA_ERROR_OPERATING_SYSTEM));
static_assert(same(CudaStatus::kInvalidHandle, CUDA_ERROR_INVALID_HANDLE));
static_assert(same(CudaStatus::kNotFound, CUDA_ERROR_NOT_FOUND));
static_assert(same(CudaStatus::kNotReady, CUDA_ERROR_NOT_READY));
static_assert(same(CudaStatus::kIllegalAddress, CUDA_ERROR_ILLEGAL_ADDRESS));
static_assert(same(CudaStatus::kLaunchOutOfResources, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES));
static_assert(same(CudaStatus::kLaunchTimeout, CUDA_ERROR_LAUNCH_TIMEOUT));
static_assert(same(CudaStatus::kContextIsDestroyed, CUDA_ERROR_CONTEXT_IS_DESTROYED));
static_assert(same(CudaStatus::kAssert, CUDA_ERROR_ASSERT));
static_assert(same(CudaStatus::kHardwareStackError, CUDA_ERROR_HARDWARE_STACK_ERROR));
static_assert(same(CudaStatus::kIllegalInstruction, CUDA_ERROR_ILLEGAL_INSTRUCTION));
static_assert(same(CudaStatus::kMisalignedAddress, CUDA_ERROR_MISALIGNED_ADDRESS));
static_assert(same(CudaStatus::kInvalidAddressSpace, CUDA_ERROR_INVALID_ADDRESS_SPACE));
static_assert(same(CudaStatus::kInvalidPc, CUDA_ERROR_INVALID_PC));
static_assert(same(CudaStatus::kLaunchFailed, CUDA_ERROR_LAUNCH_FAILED));
static_assert(same(CudaStatus::kNotPermitted, CUDA_ERROR_NOT_PERMITTED));
static_assert(same(CudaStatus::kNotSupported, CUDA_ERROR_NOT_SUPPORTED));
static_assert(same(CudaStatus::kSystemNotReady, CUDA_ERROR_SYSTEM_NOT_READY));
static_assert(same(CudaStatus::kSystemDriverMismatch, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH));
static_assert(same(CudaStatus::kCompatNotSupportedOnDevice, CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE));
static_assert(same(CudaStatus::kTimeout, CUDA_ERROR_TIMEOUT));
static_assert(same(CudaStatus::kExternalDevice, CUDA_ERROR_EXTERNAL_DEVICE));
static_assert(same(CudaStatus::kUnknown, CUDA_ERROR_UNKNOWN));
// Newer than the rest, so only where the header knows them.
#if CUDA_VERSION >= 13000
static_assert(same(CudaStatus::kContained, CUDA_ERROR_CONTAINED));
static_assert(same(CudaStatus::kMpsClientTerminated, CUDA_ERROR_MPS_CLIENT_TERMINATED));
#endif

static_assert(static_cast<int>(CudaDeviceAttribute::kMultiprocessorCount) == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
static_assert(static_cast<int>(CudaDeviceAttribute::kComputeCapabilityMajor) ==
              CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
static_assert(static_cast<int>(CudaDeviceAttribute::kComputeCapabilityMinor) ==
              CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
static_assert(static_cast<int>(CudaFunctionAttribute::kMaxThreadsPerBlock) == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
static_assert(static_cast<int>(CudaFunctionAttribute::kBinaryVersion) == CU_FUNC_ATTRIBUTE_BINARY_VERSION);
static_assert(std::same_as<CudaAddress, CUdeviceptr> && std::same_as<CUdevice, int>);
static_assert(sizeof(CUresult) == sizeof(CudaStatus) && sizeof(CUstream) == sizeof(CudaStream));

// The symbols by the names that are looked up, with the parameters that are passed.
template <class Function, class... Arguments>
constexpr bool kTakes = std::is_invocable_r_v<CUresult, Function, Arguments...>;
static_assert(kTakes<decltype(cuInit), unsigned>);
static_assert(kTakes<decltype(cuDriverGetVersion), int*>);
static_assert(kTakes<decltype(cuDeviceGetCount), int*>);
static_assert(kTakes<decltype(cuDeviceGet), int*, int>);
static_assert(kTakes<decltype(cuDeviceGetName), char*, int, int>);
static_assert(kTakes<decltype(cuDeviceGetPCIBusId), char*, int, int>);
static_assert(kTakes<decltype(cuDeviceTotalMem_v2), std::size_t*, int>);
static_assert(kTakes<decltype(cuDevicePrimaryCtxRetain), CUcontext*, int>);
static_assert(kTakes<decltype(cuDevicePrimaryCtxRelease_v2), int>);
static_assert(kTakes<decltype(cuDevicePrimaryCtxReset_v2), int>);
static_assert(kTakes<decltype(cuCtxSetCurrent), CUcontext>);
static_assert(kTakes<decltype(cuModuleLoadData), CUmodule*, const void*>);
static_assert(kTakes<decltype(cuModuleUnload), CUmodule>);
static_assert(kTakes<decltype(cuModuleGetFunction), CUfunction*, CUmodule, const char*>);
static_assert(kTakes<decltype(cuFuncGetAttribute), int*, CUfunction_attribute, CUfunction>);
static_assert(kTakes<decltype(cuOccupancyMaxActiveBlocksPerMultiprocessor), int*, CUfunction, int, std::size_t>);
static_assert(kTakes<decltype(cuMemAlloc_v2), CudaAddress*, std::size_t>);
static_assert(kTakes<decltype(cuMemFree_v2), CudaAddress>);
static_assert(kTakes<decltype(cuMemHostAlloc), void**, std::size_t, unsigned>);
static_assert(kTakes<decltype(cuMemFreeHost), void*>);
static_assert(kTakes<decltype(cuMemHostGetDevicePointer_v2), CudaAddress*, void*, unsigned>);
static_assert(kTakes<decltype(cuStreamCreate), CUstream*, unsigned>);
static_assert(kTakes<decltype(cuStreamDestroy_v2), CUstream>);
static_assert(kTakes<decltype(cuEventCreate), CUevent*, unsigned>);
static_assert(kTakes<decltype(cuEventDestroy_v2), CUevent>);
static_assert(kTakes<decltype(cuMemsetD8Async), CudaAddress, unsigned char, std::size_t, CUstream>);
static_assert(kTakes<decltype(cuMemcpyDtoHAsync_v2), void*, CudaAddress, std::size_t, CUstream>);
static_assert(kTakes<decltype(cuLaunchKernel), CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                     unsigned, CUstream, void**, void**>);
static_assert(kTakes<decltype(cuEventRecord), CUevent, CUstream>);
static_assert(kTakes<decltype(cuEventQuery), CUevent>);
static_assert(CU_STREAM_NON_BLOCKING == 1 && CU_EVENT_DISABLE_TIMING == 2 && CU_MEMHOSTALLOC_DEVICEMAP == 2);

// Each of the above holds or this file does not compile; what is left is to look at a status both ways.
TEST(CudaAbi, KnowsEveryStatusThatTheHeaderCallsSticky) {
  for (const CUresult status :
       {CUDA_ERROR_ILLEGAL_ADDRESS, CUDA_ERROR_LAUNCH_TIMEOUT, CUDA_ERROR_ASSERT, CUDA_ERROR_HARDWARE_STACK_ERROR,
        CUDA_ERROR_ILLEGAL_INSTRUCTION, CUDA_ERROR_MISALIGNED_ADDRESS, CUDA_ERROR_INVALID_ADDRESS_SPACE,
        CUDA_ERROR_INVALID_PC, CUDA_ERROR_LAUNCH_FAILED, CUDA_ERROR_EXTERNAL_DEVICE})
    EXPECT_EQ(fault_of(static_cast<CudaStatus>(status)), CudaFault::kSticky) << status;
}

}  // namespace
}  // namespace lode::device
