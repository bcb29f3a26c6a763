// A CUDA driver that also takes the time of every launch, by events around it. Devices and sessions use it as they use
// any other, so what is measured is what runs in production.
//
// Used by one thread. Its events are the context's: they live until that is given back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/device/cuda_driver.h"

namespace lode::bench {

/// Events that know when they happened. CudaDriver has none: nothing but measurements wants them.
class EventTimer {
 public:
  virtual ~EventTimer() = default;

  virtual device::CudaStatus create(device::CudaEvent& event) = 0;
  /// Milliseconds between two events that have happened.
  virtual device::CudaStatus elapsed(float& milliseconds, device::CudaEvent begin, device::CudaEvent end) = 0;
};

/// Of the driver's library; null where it has no such functions.
std::unique_ptr<EventTimer> open_event_timer(const char* name = "libcuda.so.1");

class TimedDriver final : public device::CudaDriver {
 public:
  /// Without a timer it only forwards. Neither of the two may be used by others meanwhile.
  TimedDriver(std::shared_ptr<device::CudaDriver> driver, std::unique_ptr<EventTimer> timer)
      : driver_(std::move(driver)), timer_(std::move(timer)) {}

  /// Forgets the launches so far. Measures those to come, or not.
  void measure(bool on);

  /// Milliseconds of GPU time of each launch since measure(true), all of which must be over. Launches that ran at the
  /// same time on two streams count for both. Nothing: there is no timer, or it failed.
  std::optional<std::vector<double>> times();

  /// Of the last launch.
  [[nodiscard]] std::uint32_t last_blocks() const noexcept { return last_blocks_; }
  [[nodiscard]] std::uint32_t last_threads() const noexcept { return last_threads_; }

  device::CudaStatus init() override { return driver_->init(); }
  device::CudaStatus driver_version(int& version) override { return driver_->driver_version(version); }
  device::CudaStatus device_count(int& count) override { return driver_->device_count(count); }
  device::CudaStatus device(int& device, int ordinal) override { return driver_->device(device, ordinal); }
  device::CudaStatus device_name(std::span<char> name, int device) override {
    return driver_->device_name(name, device);
  }
  device::CudaStatus device_pci_bus_id(std::span<char> id, int device) override {
    return driver_->device_pci_bus_id(id, device);
  }
  device::CudaStatus device_memory(std::size_t& bytes, int device) override {
    return driver_->device_memory(bytes, device);
  }
  device::CudaStatus device_attribute(int& value, device::CudaDeviceAttribute attribute, int device) override {
    return driver_->device_attribute(value, attribute, device);
  }
  device::CudaStatus retain_primary_context(device::CudaContext& context, int device) override {
    return driver_->retain_primary_context(context, device);
  }
  device::CudaStatus release_primary_context(int device) override { return driver_->release_primary_context(device); }
  device::CudaStatus reset_primary_context(int device) override { return driver_->reset_primary_context(device); }
  device::CudaStatus set_current(device::CudaContext context) override { return driver_->set_current(context); }
  device::CudaStatus load_module(device::CudaModule& module, std::span<const std::byte> image) override {
    return driver_->load_module(module, image);
  }
  device::CudaStatus unload_module(device::CudaModule module) override { return driver_->unload_module(module); }
  device::CudaStatus function(device::CudaFunction& function, device::CudaModule module, const char* name) override {
    return driver_->function(function, module, name);
  }
  device::CudaStatus function_attribute(int& value, device::CudaFunctionAttribute attribute,
                                        device::CudaFunction function) override {
    return driver_->function_attribute(value, attribute, function);
  }
  device::CudaStatus blocks_per_multiprocessor(int& blocks, device::CudaFunction function, int threads) override {
    return driver_->blocks_per_multiprocessor(blocks, function, threads);
  }
  device::CudaStatus allocate(device::CudaAddress& address, std::size_t bytes) override {
    return driver_->allocate(address, bytes);
  }
  device::CudaStatus free(device::CudaAddress address) override { return driver_->free(address); }
  device::CudaStatus allocate_host(void*& memory, std::size_t bytes) override {
    return driver_->allocate_host(memory, bytes);
  }
  device::CudaStatus free_host(void* memory) override { return driver_->free_host(memory); }
  device::CudaStatus host_address(device::CudaAddress& address, void* memory) override {
    return driver_->host_address(address, memory);
  }
  device::CudaStatus create_stream(device::CudaStream& stream) override { return driver_->create_stream(stream); }
  device::CudaStatus destroy_stream(device::CudaStream stream) override { return driver_->destroy_stream(stream); }
  device::CudaStatus create_event(device::CudaEvent& event) override { return driver_->create_event(event); }
  device::CudaStatus destroy_event(device::CudaEvent event) override { return driver_->destroy_event(event); }
  device::CudaStatus clear(device::CudaAddress address, std::size_t bytes, device::CudaStream stream) override {
    return driver_->clear(address, bytes, stream);
  }
  device::CudaStatus copy_to_host(void* to, device::CudaAddress from, std::size_t bytes,
                                  device::CudaStream stream) override {
    return driver_->copy_to_host(to, from, bytes, stream);
  }
  device::CudaStatus launch(device::CudaFunction function, std::uint32_t blocks, std::uint32_t threads,
                            device::CudaStream stream, const void* parameter) override;
  device::CudaStatus record(device::CudaEvent event, device::CudaStream stream) override {
    return driver_->record(event, stream);
  }
  device::CudaStatus query(device::CudaEvent event) override { return driver_->query(event); }

 private:
  struct Span {
    device::CudaEvent begin = nullptr;
    device::CudaEvent end = nullptr;
  };

  std::shared_ptr<device::CudaDriver> driver_;
  std::unique_ptr<EventTimer> timer_;
  bool measures_ = false;
  bool failed_ = false;  ///< an event could not be made
  std::vector<Span> spans_;
  std::size_t used_ = 0;  ///< spans of launches since measure()
  std::uint32_t last_blocks_ = 0;
  std::uint32_t last_threads_ = 0;
};

}  // namespace lode::bench
