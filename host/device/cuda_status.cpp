#include "host/device/cuda_status.h"

#include <algorithm>
#include <iterator>

namespace lode::device {
namespace {

struct Row {
  CudaStatus status;
  CudaFault fault;
  std::string_view sentence;
};

using enum CudaFault;

/// In the order of the numbers. The driver's reference says of the sticky ones that they leave the process in an
/// inconsistent state; a reset of the primary context, which nobody else in this process shares, clears that.
constexpr Row kRows[] = {
    {CudaStatus::kInvalidValue, kTransient, "a call had a value that the driver does not take"},
    {CudaStatus::kOutOfMemory, kTransient, "not enough memory: other programs use the GPU too"},
    {CudaStatus::kNotInitialized, kUnusable, "the driver was not initialised"},
    {CudaStatus::kDeinitialized, kUnusable, "the driver is shutting down with this process"},
    {CudaStatus::kStubLibrary, kUnusable, "libcuda.so.1 is the toolkit's stub, not a driver: install NVIDIA's driver"},
    {CudaStatus::kCallRequiresNewerDriver, kUnusable, "the driver is too old: install a newer one"},
    {CudaStatus::kDeviceUnavailable, kTransient, "the GPU is in use by another process in exclusive mode"},
    {CudaStatus::kNoDevice, kLost, "the driver sees no GPU"},
    {CudaStatus::kInvalidDevice, kLost, "the GPU is no longer there"},
    {CudaStatus::kDeviceNotLicensed, kUnusable, "the GPU's licence does not allow compute"},
    {CudaStatus::kInvalidImage, kUnusable, "the driver does not take the program's kernels: install a newer one"},
    {CudaStatus::kInvalidContext, kSticky, "the context is not valid"},
    {CudaStatus::kNoBinaryForGpu, kUnusable, "this build has no kernel for the GPU: it is older than all it knows"},
    {CudaStatus::kEccUncorrectable, kSticky, "the GPU's memory had an error that could not be corrected"},
    {CudaStatus::kInvalidPtx, kUnusable, "the driver cannot compile the program's kernels"},
    {CudaStatus::kNvlinkUncorrectable, kSticky, "a link between GPUs had an error that could not be corrected"},
    {CudaStatus::kJitCompilerNotFound, kUnusable, "the GPU is newer than this build, and the driver has no compiler"},
    {CudaStatus::kUnsupportedPtxVersion, kUnusable, "the driver is too old for this build: install a newer one"},
    {CudaStatus::kJitCompilationDisabled, kUnusable, "the GPU is newer than this build, and compiling is disabled"},
    {CudaStatus::kContained, kSticky, "the GPU contained an error of its memory and ended this program's work"},
    {CudaStatus::kOperatingSystem, kTransient, "a call of the operating system failed"},
    {CudaStatus::kInvalidHandle, kSticky, "a handle of the driver is not valid"},
    {CudaStatus::kNotFound, kUnusable, "the kernel is not in the program's image"},
    {CudaStatus::kIllegalAddress, kSticky, "a kernel used memory that is not its own"},
    {CudaStatus::kLaunchOutOfResources, kTransient, "a kernel needs more registers or memory than the GPU has"},
    {CudaStatus::kLaunchTimeout, kSticky, "the system ended a kernel that ran too long: the GPU drives a display"},
    {CudaStatus::kContextIsDestroyed, kSticky, "the context is gone"},
    {CudaStatus::kAssert, kSticky, "a kernel stopped itself"},
    {CudaStatus::kHardwareStackError, kSticky, "the hardware's call stack overflowed"},
    {CudaStatus::kIllegalInstruction, kSticky, "the GPU met an instruction it does not know"},
    {CudaStatus::kMisalignedAddress, kSticky, "a kernel used an address that is not aligned"},
    {CudaStatus::kInvalidAddressSpace, kSticky, "a kernel used an address of the wrong kind"},
    {CudaStatus::kInvalidPc, kSticky, "the GPU's program counter left the program"},
    {CudaStatus::kLaunchFailed, kSticky, "a kernel failed"},
    {CudaStatus::kNotPermitted, kUnusable, "the system does not permit it"},
    {CudaStatus::kNotSupported, kUnusable, "the GPU or the driver does not support it"},
    {CudaStatus::kSystemNotReady, kTransient,
     "the system is not ready: a service such as the fabric manager is missing"},
    {CudaStatus::kSystemDriverMismatch, kUnusable,
     "libcuda and the kernel's driver are of different versions: restart the machine after an update"},
    {CudaStatus::kCompatNotSupportedOnDevice, kUnusable, "the compatibility driver does not support this GPU"},
    {CudaStatus::kMpsClientTerminated, kSticky, "the MPS server ended this program's work"},
    {CudaStatus::kTimeout, kTransient, "the driver waited too long"},
    {CudaStatus::kExternalDevice, kSticky, "another device that takes part failed"},
    {CudaStatus::kUnknown, kLost, "the driver does not know what happened; often the GPU has fallen off the bus"},
};
static_assert(std::ranges::is_sorted(kRows, {}, &Row::status));

const Row* find(CudaStatus status) noexcept {
  const auto* const row = std::ranges::lower_bound(kRows, status, {}, &Row::status);
  return row != std::end(kRows) && row->status == status ? row : nullptr;
}

}  // namespace

CudaFault fault_of(CudaStatus status) noexcept {
  // Of what is not known the worst that can be mended is assumed: a reset too many costs less than a dead context.
  const Row* const row = find(status);
  return row == nullptr ? kSticky : row->fault;
}

std::string_view explain(CudaStatus status) noexcept {
  const Row* const row = find(status);
  return row == nullptr ? "an error that this program does not know" : row->sentence;
}

std::string to_string(CudaStatus status) {
  return std::to_string(static_cast<int>(status)) + " (" + std::string(explain(status)) + ")";
}

}  // namespace lode::device
