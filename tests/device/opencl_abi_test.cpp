// What host/device writes down of OpenCL's binary interface, against the Khronos headers. Everything is checked when
// this is compiled.
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <CL/cl_icd.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "host/device/opencl_driver.h"
#include "host/device/opencl_icd.h"
#include "host/device/opencl_status.h"

namespace lode::device {
namespace {

template <class Ours>
constexpr bool same(Ours ours, long long theirs) {
  return static_cast<long long>(ours) == theirs;
}

static_assert(sizeof(OpenClStatus) == sizeof(cl_int));
static_assert(std::is_same_v<cl_uint, std::uint32_t>);
static_assert(std::is_same_v<cl_bool, std::uint32_t>);
static_assert(sizeof(cl_device_type) == sizeof(std::uint64_t) && sizeof(cl_mem_flags) == sizeof(std::uint64_t));
static_assert(sizeof(cl_command_queue_properties) == sizeof(std::uint64_t));
static_assert(sizeof(cl_context_properties) == sizeof(std::intptr_t));
static_assert(sizeof(cl_mem) == sizeof(OpenClBuffer) && sizeof(cl_event) == sizeof(OpenClEvent));

static_assert(same(OpenClStatus::kSuccess, CL_SUCCESS));
static_assert(same(OpenClStatus::kDeviceNotFound, CL_DEVICE_NOT_FOUND));
static_assert(same(OpenClStatus::kDeviceNotAvailable, CL_DEVICE_NOT_AVAILABLE));
static_assert(same(OpenClStatus::kCompilerNotAvailable, CL_COMPILER_NOT_AVAILABLE));
static_assert(same(OpenClStatus::kMemObjectAllocationFailure, CL_MEM_OBJECT_ALLOCATION_FAILURE));
static_assert(same(OpenClStatus::kOutOfResources, CL_OUT_OF_RESOURCES));
static_assert(same(OpenClStatus::kOutOfHostMemory, CL_OUT_OF_HOST_MEMORY));
static_assert(same(OpenClStatus::kBuildProgramFailure, CL_BUILD_PROGRAM_FAILURE));
static_assert(same(OpenClStatus::kMapFailure, CL_MAP_FAILURE));
static_assert(same(OpenClStatus::kExecStatusErrorForEventsInWaitList, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST));
static_assert(same(OpenClStatus::kInvalidValue, CL_INVALID_VALUE));
static_assert(same(OpenClStatus::kInvalidPlatform, CL_INVALID_PLATFORM));
static_assert(same(OpenClStatus::kInvalidDevice, CL_INVALID_DEVICE));
static_assert(same(OpenClStatus::kInvalidContext, CL_INVALID_CONTEXT));
static_assert(same(OpenClStatus::kInvalidCommandQueue, CL_INVALID_COMMAND_QUEUE));
static_assert(same(OpenClStatus::kInvalidMemObject, CL_INVALID_MEM_OBJECT));
static_assert(same(OpenClStatus::kInvalidBinary, CL_INVALID_BINARY));
static_assert(same(OpenClStatus::kInvalidBuildOptions, CL_INVALID_BUILD_OPTIONS));
static_assert(same(OpenClStatus::kInvalidProgram, CL_INVALID_PROGRAM));
static_assert(same(OpenClStatus::kInvalidProgramExecutable, CL_INVALID_PROGRAM_EXECUTABLE));
static_assert(same(OpenClStatus::kInvalidKernelName, CL_INVALID_KERNEL_NAME));
static_assert(same(OpenClStatus::kInvalidKernelDefinition, CL_INVALID_KERNEL_DEFINITION));
static_assert(same(OpenClStatus::kInvalidKernel, CL_INVALID_KERNEL));
static_assert(same(OpenClStatus::kInvalidArgIndex, CL_INVALID_ARG_INDEX));
static_assert(same(OpenClStatus::kInvalidArgValue, CL_INVALID_ARG_VALUE));
static_assert(same(OpenClStatus::kInvalidArgSize, CL_INVALID_ARG_SIZE));
static_assert(same(OpenClStatus::kInvalidKernelArgs, CL_INVALID_KERNEL_ARGS));
static_assert(same(OpenClStatus::kInvalidWorkGroupSize, CL_INVALID_WORK_GROUP_SIZE));
static_assert(same(OpenClStatus::kInvalidWorkItemSize, CL_INVALID_WORK_ITEM_SIZE));
static_assert(same(OpenClStatus::kInvalidEvent, CL_INVALID_EVENT));
static_assert(same(OpenClStatus::kInvalidOperation, CL_INVALID_OPERATION));
static_assert(same(OpenClStatus::kInvalidBufferSize, CL_INVALID_BUFFER_SIZE));
static_assert(same(OpenClStatus::kPlatformNotFound, CL_PLATFORM_NOT_FOUND_KHR));

static_assert(same(OpenClPlatformInfo::kVersion, CL_PLATFORM_VERSION));
static_assert(same(OpenClPlatformInfo::kName, CL_PLATFORM_NAME));
static_assert(same(OpenClDeviceInfo::kType, CL_DEVICE_TYPE));
static_assert(same(OpenClDeviceInfo::kMaxComputeUnits, CL_DEVICE_MAX_COMPUTE_UNITS));
static_assert(same(OpenClDeviceInfo::kMaxWorkGroupSize, CL_DEVICE_MAX_WORK_GROUP_SIZE));
static_assert(same(OpenClDeviceInfo::kGlobalMemSize, CL_DEVICE_GLOBAL_MEM_SIZE));
static_assert(same(OpenClDeviceInfo::kLocalMemSize, CL_DEVICE_LOCAL_MEM_SIZE));
static_assert(same(OpenClDeviceInfo::kAvailable, CL_DEVICE_AVAILABLE));
static_assert(same(OpenClDeviceInfo::kName, CL_DEVICE_NAME));
static_assert(same(OpenClDeviceInfo::kVendor, CL_DEVICE_VENDOR));
static_assert(same(OpenClDeviceInfo::kDriverVersion, CL_DRIVER_VERSION));
static_assert(same(OpenClDeviceInfo::kVersion, CL_DEVICE_VERSION));
#ifdef CL_DEVICE_TOPOLOGY_AMD
static_assert(same(OpenClDeviceInfo::kAmdTopology, CL_DEVICE_TOPOLOGY_AMD));
static_assert(CL_DEVICE_TOPOLOGY_TYPE_PCIE_AMD == 1);
#endif
#ifdef CL_DEVICE_PCI_BUS_INFO_KHR
static_assert(same(OpenClDeviceInfo::kPciBusInfo, CL_DEVICE_PCI_BUS_INFO_KHR));
#endif

static_assert(same(OpenClMemory::kReadWrite, CL_MEM_READ_WRITE));
static_assert(same(OpenClMemory::kReadOnly, CL_MEM_READ_ONLY));
static_assert(same(OpenClMemory::kReadWriteOfHost, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR));
static_assert(same(kOpenClCpu, CL_DEVICE_TYPE_CPU));
static_assert(same(kOpenClGpu, CL_DEVICE_TYPE_GPU));
static_assert(same(kOpenClAccelerator, CL_DEVICE_TYPE_ACCELERATOR));
static_assert(same(kOpenClAllDevices, CL_DEVICE_TYPE_ALL));

// Where a driver's table has a function.
constexpr bool is_at(OpenClEntry entry, std::size_t offset) {
  return static_cast<std::size_t>(entry) * sizeof(void*) == offset;
}
static_assert(is_at(OpenClEntry::kGetPlatformIds, offsetof(cl_icd_dispatch, clGetPlatformIDs)));
static_assert(is_at(OpenClEntry::kGetPlatformInfo, offsetof(cl_icd_dispatch, clGetPlatformInfo)));
static_assert(is_at(OpenClEntry::kGetDeviceIds, offsetof(cl_icd_dispatch, clGetDeviceIDs)));
static_assert(is_at(OpenClEntry::kGetDeviceInfo, offsetof(cl_icd_dispatch, clGetDeviceInfo)));
static_assert(is_at(OpenClEntry::kCreateContext, offsetof(cl_icd_dispatch, clCreateContext)));
static_assert(is_at(OpenClEntry::kReleaseContext, offsetof(cl_icd_dispatch, clReleaseContext)));
static_assert(is_at(OpenClEntry::kCreateCommandQueue, offsetof(cl_icd_dispatch, clCreateCommandQueue)));
static_assert(is_at(OpenClEntry::kReleaseCommandQueue, offsetof(cl_icd_dispatch, clReleaseCommandQueue)));
static_assert(is_at(OpenClEntry::kCreateBuffer, offsetof(cl_icd_dispatch, clCreateBuffer)));
static_assert(is_at(OpenClEntry::kReleaseMemObject, offsetof(cl_icd_dispatch, clReleaseMemObject)));
static_assert(is_at(OpenClEntry::kCreateProgramWithSource, offsetof(cl_icd_dispatch, clCreateProgramWithSource)));
static_assert(is_at(OpenClEntry::kCreateProgramWithBinary, offsetof(cl_icd_dispatch, clCreateProgramWithBinary)));
static_assert(is_at(OpenClEntry::kReleaseProgram, offsetof(cl_icd_dispatch, clReleaseProgram)));
static_assert(is_at(OpenClEntry::kBuildProgram, offsetof(cl_icd_dispatch, clBuildProgram)));
static_assert(is_at(OpenClEntry::kGetProgramInfo, offsetof(cl_icd_dispatch, clGetProgramInfo)));
static_assert(is_at(OpenClEntry::kGetProgramBuildInfo, offsetof(cl_icd_dispatch, clGetProgramBuildInfo)));
static_assert(is_at(OpenClEntry::kCreateKernel, offsetof(cl_icd_dispatch, clCreateKernel)));
static_assert(is_at(OpenClEntry::kReleaseKernel, offsetof(cl_icd_dispatch, clReleaseKernel)));
static_assert(is_at(OpenClEntry::kSetKernelArg, offsetof(cl_icd_dispatch, clSetKernelArg)));
static_assert(is_at(OpenClEntry::kGetKernelWorkGroupInfo, offsetof(cl_icd_dispatch, clGetKernelWorkGroupInfo)));
static_assert(is_at(OpenClEntry::kGetEventInfo, offsetof(cl_icd_dispatch, clGetEventInfo)));
static_assert(is_at(OpenClEntry::kReleaseEvent, offsetof(cl_icd_dispatch, clReleaseEvent)));
static_assert(is_at(OpenClEntry::kFlush, offsetof(cl_icd_dispatch, clFlush)));
static_assert(is_at(OpenClEntry::kFinish, offsetof(cl_icd_dispatch, clFinish)));
static_assert(is_at(OpenClEntry::kEnqueueReadBuffer, offsetof(cl_icd_dispatch, clEnqueueReadBuffer)));
static_assert(is_at(OpenClEntry::kEnqueueWriteBuffer, offsetof(cl_icd_dispatch, clEnqueueWriteBuffer)));
static_assert(is_at(OpenClEntry::kEnqueueNdRangeKernel, offsetof(cl_icd_dispatch, clEnqueueNDRangeKernel)));

TEST(OpenClAbi, IsTheHeaders) {
  // These are private to the library; a driver that took other numbers would fail every test on a real platform.
  EXPECT_EQ(CL_CONTEXT_PLATFORM, 0x1084);
  EXPECT_EQ(CL_PROGRAM_BINARY_SIZES, 0x1165);
  EXPECT_EQ(CL_PROGRAM_BINARIES, 0x1166);
  EXPECT_EQ(CL_PROGRAM_BUILD_LOG, 0x1183);
  EXPECT_EQ(CL_KERNEL_WORK_GROUP_SIZE, 0x11B0);
  EXPECT_EQ(CL_EVENT_COMMAND_EXECUTION_STATUS, 0x11D3);
  EXPECT_EQ(CL_COMPLETE, 0);
}

}  // namespace
}  // namespace lode::device
