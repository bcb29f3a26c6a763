// A CUDA driver with one GPU that is played by the CPU: it runs the kernels' own source on a thread, launch after
// launch, and fails as the test says. Real GPUs do not fail on demand.
//
// Any thread may call the driver's functions; the test's own are for the test's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "host/device/cuda_driver.h"
#include "host/device/cuda_gpu.h"
#include "host/device/cuda_session.h"

namespace lode::device {

class FakeCuda final : public CudaDriver {
 public:
  FakeCuda();
  ~FakeCuda() override;

  /// Images as this driver takes them.
  static CudaKernels kernels();
  CudaGpu gpu();

  // --- What goes wrong. Calls are named as the interface names them: "launch", "query" ...

  /// The n-th call from now on (0: the next) fails. A sticky status fails all calls in the context until it is reset.
  void fail(const std::string& call, CudaStatus status, int n = 0);
  /// Every call fails from now on, whatever is done about it.
  void lose(CudaStatus status = CudaStatus::kUnknown);
  /// Launches that begin from now on do not end, until finish() or the end of the driver.
  void hang();
  void finish();
  /// Hits get a wrong nonce.
  void corrupt(bool on) { corrupt_ = on; }

  // --- What happened.

  [[nodiscard]] int calls(const std::string& name);
  [[nodiscard]] int launches() { return calls("launch"); }
  /// Waits until a launch runs. False: none ever does.
  bool wait_until_busy();
  /// The shape of a launch.
  struct Shape {
    std::uint32_t blocks = 0;
    std::uint32_t nonces_in_chunk = 0;
  };
  /// Of the one that was asked for last.
  [[nodiscard]] Shape last_shape();
  /// Allocations, streams, events, modules and contexts that were not given back.
  [[nodiscard]] std::size_t alive();
  /// Most launches that were in flight at the same time.
  [[nodiscard]] int most_in_flight() const { return most_in_flight_; }

  // --- The driver.

  CudaStatus init() override { return enter("init", false); }
  CudaStatus driver_version(int& version) override;
  CudaStatus device_count(int& count) override;
  CudaStatus device(int& device, int ordinal) override;
  CudaStatus device_name(std::span<char> name, int device) override;
  CudaStatus device_pci_bus_id(std::span<char> id, int device) override;
  CudaStatus device_memory(std::size_t& bytes, int device) override;
  CudaStatus device_attribute(int& value, CudaDeviceAttribute attribute, int device) override;
  CudaStatus retain_primary_context(CudaContext& context, int device) override;
  CudaStatus release_primary_context(int device) override;
  CudaStatus reset_primary_context(int device) override;
  CudaStatus set_current(CudaContext context) override;
  CudaStatus load_module(CudaModule& module, std::span<const std::byte> image) override;
  CudaStatus unload_module(CudaModule module) override;
  CudaStatus function(CudaFunction& function, CudaModule module, const char* name) override;
  CudaStatus function_attribute(int& value, CudaFunctionAttribute attribute, CudaFunction function) override;
  CudaStatus blocks_per_multiprocessor(int& blocks, CudaFunction function, int threads) override;
  CudaStatus allocate(CudaAddress& address, std::size_t bytes) override;
  CudaStatus free(CudaAddress address) override;
  CudaStatus allocate_host(void*& memory, std::size_t bytes) override;
  CudaStatus free_host(void* memory) override;
  CudaStatus host_address(CudaAddress& address, void* memory) override;
  CudaStatus create_stream(CudaStream& stream) override;
  CudaStatus destroy_stream(CudaStream stream) override;
  CudaStatus create_event(CudaEvent& event) override;
  CudaStatus destroy_event(CudaEvent event) override;
  CudaStatus clear(CudaAddress address, std::size_t bytes, CudaStream stream) override;
  CudaStatus copy_to_host(void* to, CudaAddress from, std::size_t bytes, CudaStream stream) override;
  CudaStatus launch(CudaFunction function, std::uint32_t blocks, std::uint32_t threads, CudaStream stream,
                    const void* parameter) override;
  CudaStatus record(CudaEvent event, CudaStream stream) override;
  CudaStatus query(CudaEvent event) override;

 private:
  struct Fault {
    std::string call;
    CudaStatus status;
    int after;
  };

  /// Counts the call and says how it ends.
  CudaStatus enter(const std::string& call, bool in_context = true);
  /// Something that has to be given back, as a handle.
  std::uintptr_t make(std::size_t bytes = 1);
  CudaStatus drop(std::uintptr_t handle);
  void enqueue(std::function<void()> operation);
  void run();
  template <class Params>
  void scan(const Params& params, std::uint32_t blocks);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> calls_;
  std::vector<Fault> faults_;
  std::optional<CudaStatus> dead_;  ///< answer of all calls in the context
  std::optional<CudaStatus> lost_;
  std::map<std::uintptr_t, std::unique_ptr<std::byte[]>> objects_;
  std::map<std::uintptr_t, bool> done_;  ///< events
  int contexts_ = 0;
  std::deque<std::function<void()>> queue_;
  int in_flight_ = 0;
  Shape last_shape_;
  std::atomic<int> most_in_flight_{0};
  bool busy_ = false;     ///< a launch is running
  bool running_ = false;  ///< anything is
  bool hangs_ = false;
  bool ending_ = false;
  std::atomic<bool> corrupt_{false};
  std::thread thread_;  ///< the GPU
};

}  // namespace lode::device
