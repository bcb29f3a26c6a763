// The calls of the CUDA driver that a CudaDevice makes. One implementation asks the real driver, which is looked for
// when the program runs (cuda_library.h), another plays a GPU for the tests.
//
// Each function is the driver's of nearly the same name; its reference ("CUDA Driver API") says what it does. Any
// thread; those that work in a context use the one that set_current() gave the calling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "host/device/cuda_status.h"

namespace lode::device {

// Handles: CUcontext, CUmodule, CUfunction, CUstream, CUevent. What they point to is the driver's.
using CudaContext = struct CudaContextTag*;
using CudaModule = struct CudaModuleTag*;
using CudaFunction = struct CudaFunctionTag*;
using CudaStream = struct CudaStreamTag*;
using CudaEvent = struct CudaEventTag*;
/// CUdeviceptr: an address in GPU memory, or of host memory as the GPU sees it.
using CudaAddress = unsigned long long;

/// CUdevice_attribute.
enum class CudaDeviceAttribute : int {
  kMultiprocessorCount = 16,
  kComputeCapabilityMajor = 75,
  kComputeCapabilityMinor = 76,
};

/// CUfunction_attribute.
enum class CudaFunctionAttribute : int {
  kMaxThreadsPerBlock = 0,
  kBinaryVersion = 6,  ///< compute capability that the code was made for: 10 * major + minor
};

class CudaDriver {
 public:
  virtual ~CudaDriver() = default;

  virtual CudaStatus init() = 0;
  virtual CudaStatus driver_version(int& version) = 0;  ///< 1000 * major + 10 * minor
  virtual CudaStatus device_count(int& count) = 0;
  virtual CudaStatus device(int& device, int ordinal) = 0;
  virtual CudaStatus device_name(std::span<char> name, int device) = 0;
  virtual CudaStatus device_pci_bus_id(std::span<char> id, int device) = 0;
  virtual CudaStatus device_memory(std::size_t& bytes, int device) = 0;
  virtual CudaStatus device_attribute(int& value, CudaDeviceAttribute attribute, int device) = 0;

  virtual CudaStatus retain_primary_context(CudaContext& context, int device) = 0;
  virtual CudaStatus release_primary_context(int device) = 0;
  virtual CudaStatus reset_primary_context(int device) = 0;
  virtual CudaStatus set_current(CudaContext context) = 0;

  virtual CudaStatus load_module(CudaModule& module, std::span<const std::byte> image) = 0;
  virtual CudaStatus unload_module(CudaModule module) = 0;
  virtual CudaStatus function(CudaFunction& function, CudaModule module, const char* name) = 0;
  virtual CudaStatus function_attribute(int& value, CudaFunctionAttribute attribute, CudaFunction function) = 0;
  virtual CudaStatus blocks_per_multiprocessor(int& blocks, CudaFunction function, int threads) = 0;

  virtual CudaStatus allocate(CudaAddress& address, std::size_t bytes) = 0;
  virtual CudaStatus free(CudaAddress address) = 0;
  /// Pinned, and mapped into the GPU.
  virtual CudaStatus allocate_host(void*& memory, std::size_t bytes) = 0;
  virtual CudaStatus free_host(void* memory) = 0;
  virtual CudaStatus host_address(CudaAddress& address, void* memory) = 0;

  virtual CudaStatus create_stream(CudaStream& stream) = 0;
  virtual CudaStatus destroy_stream(CudaStream stream) = 0;
  virtual CudaStatus create_event(CudaEvent& event) = 0;
  virtual CudaStatus destroy_event(CudaEvent event) = 0;

  virtual CudaStatus clear(CudaAddress address, std::size_t bytes, CudaStream stream) = 0;
  virtual CudaStatus copy_to_host(void* to, CudaAddress from, std::size_t bytes, CudaStream stream) = 0;
  /// One-dimensional. `parameter` points to the kernel's only one, which is copied.
  virtual CudaStatus launch(CudaFunction function, std::uint32_t blocks, std::uint32_t threads, CudaStream stream,
                            const void* parameter) = 0;
  virtual CudaStatus record(CudaEvent event, CudaStream stream) = 0;
  /// kNotReady: what was recorded is not over.
  virtual CudaStatus query(CudaEvent event) = 0;
};

}  // namespace lode::device
