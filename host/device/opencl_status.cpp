#include "host/device/opencl_status.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace lode::device {
namespace {

struct Row {
  OpenClStatus status;
  OpenClFault fault;
  std::string_view sentence;
};

using enum OpenClFault;

/// From 0 downwards. The specification leaves open what a context is good for after a failed command, and drivers
/// answer "out of resources" to whatever a kernel did wrong: only failures to get memory leave it sound.
constexpr Row kRows[] = {
    {OpenClStatus::kDeviceNotFound, kLost, "the driver sees no device"},
    {OpenClStatus::kDeviceNotAvailable, kLost, "the device is not available, or no longer there"},
    {OpenClStatus::kCompilerNotAvailable, kUnusable, "the driver has no compiler"},
    {OpenClStatus::kMemObjectAllocationFailure, kTransient, "not enough device memory: other programs use it too"},
    {OpenClStatus::kOutOfResources, kFatal, "the device ran out of resources, or a kernel on it failed"},
    {OpenClStatus::kOutOfHostMemory, kTransient, "not enough memory"},
    {OpenClStatus::kBuildProgramFailure, kUnusable, "the driver's compiler does not take the kernel"},
    {OpenClStatus::kMapFailure, kTransient, "memory could not be mapped"},
    {OpenClStatus::kExecStatusErrorForEventsInWaitList, kFatal, "what this had to wait for failed"},
    {OpenClStatus::kInvalidValue, kTransient, "a call had a value that the driver does not take"},
    {OpenClStatus::kInvalidPlatform, kLost, "the platform is not valid"},
    {OpenClStatus::kInvalidDevice, kLost, "the device is no longer there"},
    {OpenClStatus::kInvalidContext, kFatal, "the context is not valid"},
    {OpenClStatus::kInvalidCommandQueue, kFatal,
     "the command queue is dead: often a kernel failed or the GPU was reset"},
    {OpenClStatus::kInvalidMemObject, kFatal, "a buffer is not valid"},
    {OpenClStatus::kInvalidBinary, kUnusable, "the driver does not take the compiled program"},
    {OpenClStatus::kInvalidBuildOptions, kUnusable, "the driver's compiler does not take the options"},
    {OpenClStatus::kInvalidProgram, kFatal, "the program is not valid"},
    {OpenClStatus::kInvalidProgramExecutable, kUnusable, "the program was not built for the device"},
    {OpenClStatus::kInvalidKernelName, kUnusable, "the kernel is not in the program"},
    {OpenClStatus::kInvalidKernelDefinition, kUnusable, "the kernel has other arguments than it should"},
    {OpenClStatus::kInvalidKernel, kFatal, "the kernel is not valid"},
    {OpenClStatus::kInvalidArgIndex, kUnusable, "the kernel has fewer arguments than it should"},
    {OpenClStatus::kInvalidArgValue, kFatal, "a kernel argument is not valid"},
    {OpenClStatus::kInvalidArgSize, kUnusable, "a kernel argument has another size than it should"},
    {OpenClStatus::kInvalidKernelArgs, kFatal, "kernel arguments are missing"},
    {OpenClStatus::kInvalidWorkGroupSize, kUnusable, "the device does not take work-groups of that size"},
    {OpenClStatus::kInvalidWorkItemSize, kUnusable, "the device does not take that many work-items"},
    {OpenClStatus::kInvalidEvent, kFatal, "an event is not valid"},
    {OpenClStatus::kInvalidOperation, kFatal, "the driver does not allow the call"},
    {OpenClStatus::kInvalidBufferSize, kUnusable, "the device does not take buffers of that size"},
    {OpenClStatus::kPlatformNotFound, kUnusable, "there is no platform"},
    {OpenClStatus::kContextTerminated, kFatal, "the context was ended"},
    {OpenClStatus::kNvidiaIllegalAccess, kFatal, "a kernel used memory that is not its own"},
};
static_assert(std::ranges::is_sorted(kRows, std::greater<>{}, &Row::status));

const Row* find(OpenClStatus status) noexcept {
  const auto* const row = std::ranges::find(kRows, status, &Row::status);
  return row != std::end(kRows) ? row : nullptr;
}

}  // namespace

OpenClFault fault_of(OpenClStatus status) noexcept {
  // Of what is not known the worst that can be mended is assumed: a new context too many costs less than a dead one.
  const Row* const row = find(status);
  return row == nullptr ? kFatal : row->fault;
}

std::string_view explain(OpenClStatus status) noexcept {
  const Row* const row = find(status);
  return row == nullptr ? "an error that this program does not know" : row->sentence;
}

std::string to_string(OpenClStatus status) {
  return std::to_string(static_cast<int>(status)) + " (" + std::string(explain(status)) + ")";
}

}  // namespace lode::device
