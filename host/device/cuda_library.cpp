#include "host/device/cuda_library.h"

#include <string>

#include "host/device/shared_library.h"

namespace lode::device {
namespace {

constexpr unsigned kStreamNonBlocking = 1;
constexpr unsigned kEventDisableTiming = 2;
constexpr unsigned kHostMemoryMapped = 2;

/// The driver's functions, by their names in the library: those that had another form once carry its version.
struct CudaSymbols {
  using Status = CudaStatus;
  Status (*init)(unsigned) = nullptr;
  Status (*driver_version)(int*) = nullptr;
  Status (*device_count)(int*) = nullptr;
  Status (*device)(int*, int) = nullptr;
  Status (*device_name)(char*, int, int) = nullptr;
  Status (*device_pci_bus_id)(char*, int, int) = nullptr;
  Status (*device_memory)(std::size_t*, int) = nullptr;
  Status (*device_attribute)(int*, CudaDeviceAttribute, int) = nullptr;
  Status (*retain)(CudaContext*, int) = nullptr;
  Status (*release)(int) = nullptr;
  Status (*reset)(int) = nullptr;
  Status (*set_current)(CudaContext) = nullptr;
  Status (*load_module)(CudaModule*, const void*) = nullptr;
  Status (*unload_module)(CudaModule) = nullptr;
  Status (*function)(CudaFunction*, CudaModule, const char*) = nullptr;
  Status (*function_attribute)(int*, CudaFunctionAttribute, CudaFunction) = nullptr;
  Status (*occupancy)(int*, CudaFunction, int, std::size_t) = nullptr;
  Status (*allocate)(CudaAddress*, std::size_t) = nullptr;
  Status (*free)(CudaAddress) = nullptr;
  Status (*allocate_host)(void**, std::size_t, unsigned) = nullptr;
  Status (*free_host)(void*) = nullptr;
  Status (*host_address)(CudaAddress*, void*, unsigned) = nullptr;
  Status (*create_stream)(CudaStream*, unsigned) = nullptr;
  Status (*destroy_stream)(CudaStream) = nullptr;
  Status (*create_event)(CudaEvent*, unsigned) = nullptr;
  Status (*destroy_event)(CudaEvent) = nullptr;
  Status (*clear)(CudaAddress, unsigned char, std::size_t, CudaStream) = nullptr;
  Status (*copy_to_host)(void*, CudaAddress, std::size_t, CudaStream) = nullptr;
  Status (*launch)(CudaFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CudaStream,
                   void**, void**) = nullptr;
  Status (*record)(CudaEvent, CudaStream) = nullptr;
  Status (*query)(CudaEvent) = nullptr;
};

/// The first function that the library lacks; null: it has all.
const char* find_all(const SharedLibrary& library, CudaSymbols& to) {
  const char* missing = nullptr;
  const auto find = [&](const char* name, auto& function) {
    if (!library.find(name, function) && missing == nullptr) missing = name;
  };
  find("cuInit", to.init);
  find("cuDriverGetVersion", to.driver_version);
  find("cuDeviceGetCount", to.device_count);
  find("cuDeviceGet", to.device);
  find("cuDeviceGetName", to.device_name);
  find("cuDeviceGetPCIBusId", to.device_pci_bus_id);
  find("cuDeviceTotalMem_v2", to.device_memory);
  find("cuDeviceGetAttribute", to.device_attribute);
  find("cuDevicePrimaryCtxRetain", to.retain);
  find("cuDevicePrimaryCtxRelease_v2", to.release);
  find("cuDevicePrimaryCtxReset_v2", to.reset);
  find("cuCtxSetCurrent", to.set_current);
  find("cuModuleLoadData", to.load_module);
  find("cuModuleUnload", to.unload_module);
  find("cuModuleGetFunction", to.function);
  find("cuFuncGetAttribute", to.function_attribute);
  find("cuOccupancyMaxActiveBlocksPerMultiprocessor", to.occupancy);
  find("cuMemAlloc_v2", to.allocate);
  find("cuMemFree_v2", to.free);
  find("cuMemHostAlloc", to.allocate_host);
  find("cuMemFreeHost", to.free_host);
  find("cuMemHostGetDevicePointer_v2", to.host_address);
  find("cuStreamCreate", to.create_stream);
  find("cuStreamDestroy_v2", to.destroy_stream);
  find("cuEventCreate", to.create_event);
  find("cuEventDestroy_v2", to.destroy_event);
  find("cuMemsetD8Async", to.clear);
  find("cuMemcpyDtoHAsync_v2", to.copy_to_host);
  find("cuLaunchKernel", to.launch);
  find("cuEventRecord", to.record);
  find("cuEventQuery", to.query);
  return missing;
}

class LibraryDriver final : public CudaDriver {
 public:
  LibraryDriver(SharedLibrary library, const CudaSymbols& symbols) : library_(std::move(library)), call_(symbols) {}

  CudaStatus init() override { return call_.init(0); }
  CudaStatus driver_version(int& version) override { return call_.driver_version(&version); }
  CudaStatus device_count(int& count) override { return call_.device_count(&count); }
  CudaStatus device(int& device, int ordinal) override { return call_.device(&device, ordinal); }
  CudaStatus device_name(std::span<char> name, int device) override {
    return call_.device_name(name.data(), static_cast<int>(name.size()), device);
  }
  CudaStatus device_pci_bus_id(std::span<char> id, int device) override {
    return call_.device_pci_bus_id(id.data(), static_cast<int>(id.size()), device);
  }
  CudaStatus device_memory(std::size_t& bytes, int device) override { return call_.device_memory(&bytes, device); }
  CudaStatus device_attribute(int& value, CudaDeviceAttribute attribute, int device) override {
    return call_.device_attribute(&value, attribute, device);
  }
  CudaStatus retain_primary_context(CudaContext& context, int device) override {
    return call_.retain(&context, device);
  }
  CudaStatus release_primary_context(int device) override { return call_.release(device); }
  CudaStatus reset_primary_context(int device) override { return call_.reset(device); }
  CudaStatus set_current(CudaContext context) override { return call_.set_current(context); }
  CudaStatus load_module(CudaModule& module, std::span<const std::byte> image) override {
    return call_.load_module(&module, image.data());
  }
  CudaStatus unload_module(CudaModule module) override { return call_.unload_module(module); }
  CudaStatus function(CudaFunction& function, CudaModule module, const char* name) override {
    return call_.function(&function, module, name);
  }
  CudaStatus function_attribute(int& value, CudaFunctionAttribute attribute, CudaFunction function) override {
    return call_.function_attribute(&value, attribute, function);
  }
  CudaStatus blocks_per_multiprocessor(int& blocks, CudaFunction function, int threads) override {
    return call_.occupancy(&blocks, function, threads, 0);
  }
  CudaStatus allocate(CudaAddress& address, std::size_t bytes) override { return call_.allocate(&address, bytes); }
  CudaStatus free(CudaAddress address) override { return call_.free(address); }
  CudaStatus allocate_host(void*& memory, std::size_t bytes) override {
    return call_.allocate_host(&memory, bytes, kHostMemoryMapped);
  }
  CudaStatus free_host(void* memory) override { return call_.free_host(memory); }
  CudaStatus host_address(CudaAddress& address, void* memory) override {
    return call_.host_address(&address, memory, 0);
  }
  CudaStatus create_stream(CudaStream& stream) override { return call_.create_stream(&stream, kStreamNonBlocking); }
  CudaStatus destroy_stream(CudaStream stream) override { return call_.destroy_stream(stream); }
  CudaStatus create_event(CudaEvent& event) override { return call_.create_event(&event, kEventDisableTiming); }
  CudaStatus destroy_event(CudaEvent event) override { return call_.destroy_event(event); }
  CudaStatus clear(CudaAddress address, std::size_t bytes, CudaStream stream) override {
    return call_.clear(address, 0, bytes, stream);
  }
  CudaStatus copy_to_host(void* to, CudaAddress from, std::size_t bytes, CudaStream stream) override {
    return call_.copy_to_host(to, from, bytes, stream);
  }
  CudaStatus launch(CudaFunction function, std::uint32_t blocks, std::uint32_t threads, CudaStream stream,
                    const void* parameter) override {
    void* parameters[] = {const_cast<void*>(parameter)};  // the driver only reads it
    return call_.launch(function, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
  }
  CudaStatus record(CudaEvent event, CudaStream stream) override { return call_.record(event, stream); }
  CudaStatus query(CudaEvent event) override { return call_.query(event); }

 private:
  SharedLibrary library_;
  CudaSymbols call_;
};

}  // namespace

Result<std::shared_ptr<CudaDriver>> open_cuda_driver(const char* name) {
  SharedLibrary library(name);
  if (!library.is_open()) {
    // The loader says the same of a file that is not there and of one it cannot use, in words only.
    const bool absent = library.error().find("No such file") != std::string::npos;
    return fail(Errc::kDevice,
                absent ? "no driver (" + std::string(name) + " not found)" : "no driver: " + library.error());
  }
  CudaSymbols symbols;
  if (const char* const missing = find_all(library, symbols)) {
    return fail(Errc::kDevice, "the driver is too old: " + std::string(name) + " has no " + missing);
  }
  auto driver = std::make_shared<LibraryDriver>(std::move(library), symbols);
  if (const CudaStatus status = driver->init(); status != CudaStatus::kSuccess) {
    if (status == CudaStatus::kNoDevice) return fail(Errc::kDevice, "no GPU (the driver sees none)");
    return fail(Errc::kDevice, "the driver cannot be used: error " + to_string(status));
  }
  return std::shared_ptr<CudaDriver>(std::move(driver));
}

}  // namespace lode::device
