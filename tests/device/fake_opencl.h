// An OpenCL driver with GPUs that are played by the CPU: one thread a queue runs the kernels' algebra, command after
// command, and fails as the test says. Real GPUs do not fail on demand.
//
// Any thread may call the driver's functions; the test's own are for the test's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"
#include "host/device/opencl_session.h"

namespace lode::device {

/// One device, as it describes itself.
struct FakeOpenClDevice {
  std::string name = "Played GPU";
  std::string vendor = "Nobody";
  std::uint64_t type = kOpenClGpu;
  std::vector<std::uint32_t> pci = {0, 1, 0, 0};  ///< domain, bus, device, function; empty: unknown
  bool available = true;
};

class FakeOpenCl final : public OpenClDriver {
 public:
  /// A platform for each list of devices.
  explicit FakeOpenCl(std::vector<std::vector<FakeOpenClDevice>> platforms = {{FakeOpenClDevice{}}});
  ~FakeOpenCl() override;

  static OpenClKernels kernels();
  OpenClGpu gpu(std::size_t index = 0);

  // --- What goes wrong. Calls are named as the interface names them: "launch", "execution_status" ...

  /// The n-th call from now on (0: the next) fails.
  void fail(const std::string& call, OpenClStatus status, int n = 0);
  /// The kernel that runs next ends with this status.
  void fail_run(OpenClStatus status);
  /// Every call fails from now on, whatever is done about it; nothing: no longer.
  void lose(std::optional<OpenClStatus> status = OpenClStatus::kDeviceNotAvailable);
  /// Kernels that begin from now on do not end, until finish_kernels() or the end of the driver.
  void hang();
  void finish_kernels();
  /// Hits get a wrong nonce.
  void corrupt(bool on) { corrupt_ = on; }
  /// Compiling fails, and says this.
  void break_compiler(std::optional<std::string> log);
  /// Binaries are not taken.
  void refuse_binaries(bool on) { refuses_ = on; }

  // --- What happened.

  [[nodiscard]] int calls(const std::string& name);
  /// Programs compiled from source.
  [[nodiscard]] int compiled() const { return compiled_; }
  /// Waits until a kernel runs. False: none ever does.
  bool wait_until_busy();
  /// What was not given back.
  [[nodiscard]] std::size_t alive();
  /// Most kernels that were in flight at the same time.
  [[nodiscard]] int most_in_flight() const { return most_in_flight_; }
  /// Memory that was left to the end of the process.
  [[nodiscard]] std::size_t kept();

  // --- The driver.

  OpenClStatus platforms(std::vector<OpenClPlatformId>& platforms) override;
  OpenClStatus platform_info(std::string& value, OpenClPlatformId platform, OpenClPlatformInfo which) override;
  OpenClStatus devices(std::vector<OpenClDeviceId>& devices, OpenClPlatformId platform) override;
  OpenClStatus device_info(std::string& value, OpenClDeviceId device, OpenClDeviceInfo which) override;
  OpenClStatus device_info(std::span<std::byte> value, OpenClDeviceId device, OpenClDeviceInfo which) override;
  OpenClStatus create_context(OpenClContext& context, OpenClPlatformId platform, OpenClDeviceId device) override;
  OpenClStatus release(OpenClContext context) override;
  OpenClStatus create_queue(OpenClQueue& queue, OpenClContext context, OpenClDeviceId device) override;
  OpenClStatus release(OpenClQueue queue) override;
  OpenClStatus create_buffer(OpenClBuffer& buffer, OpenClContext context, OpenClMemory memory, std::size_t bytes,
                             void* host) override;
  OpenClStatus release(OpenClBuffer buffer) override;
  OpenClStatus program_from_source(OpenClProgram& program, OpenClContext context, std::string_view source) override;
  OpenClStatus program_from_binary(OpenClProgram& program, OpenClContext context, OpenClDeviceId device,
                                   std::span<const std::uint8_t> binary) override;
  OpenClStatus build(OpenClProgram program, OpenClDeviceId device, const std::string& options) override;
  OpenClStatus build_log(std::string& log, OpenClProgram program, OpenClDeviceId device) override;
  OpenClStatus binary(std::vector<std::uint8_t>& binary, OpenClProgram program) override;
  OpenClStatus release(OpenClProgram program) override;
  OpenClStatus create_kernel(OpenClKernel& kernel, OpenClProgram program, const char* name) override;
  OpenClStatus release(OpenClKernel kernel) override;
  OpenClStatus max_group_size(std::size_t& items, OpenClKernel kernel, OpenClDeviceId device) override;
  OpenClStatus set_argument(OpenClKernel kernel, std::uint32_t index, OpenClBuffer buffer) override;
  OpenClStatus write(OpenClQueue queue, OpenClBuffer to, const void* from, std::size_t bytes, OpenClEvent* done,
                     OpenClEvent after) override;
  OpenClStatus read(OpenClQueue queue, OpenClBuffer from, void* to, std::size_t bytes, OpenClEvent* done) override;
  OpenClStatus launch(OpenClQueue queue, OpenClKernel kernel, std::size_t groups, std::size_t group_size,
                      OpenClEvent* done) override;
  OpenClStatus flush(OpenClQueue queue) override;
  OpenClStatus finish(OpenClQueue queue) override;
  OpenClStatus execution_status(int& status, OpenClEvent event) override;
  OpenClStatus release(OpenClEvent event) override;
  void keep(std::shared_ptr<void> memory) override;

 private:
  struct Fault {
    std::string call;
    OpenClStatus status;
    int after;
  };
  struct Memory {
    std::vector<std::byte> bytes;
    std::byte* begin = nullptr;
  };
  struct Event {
    int status = 1;
  };
  struct Program {
    bool from_source = true;
    bool built = false;
  };
  struct Kernel {
    bool is_single = true;
    std::map<std::uint32_t, std::shared_ptr<Memory>> arguments;
  };
  struct Queue {
    std::deque<std::function<void()>> commands;
    bool running = false;
    bool ending = false;
    std::thread thread;
  };

  const FakeOpenClDevice& device_of(OpenClDeviceId device) const;
  /// Counts the call and says how it ends.
  OpenClStatus enter(const std::string& call);
  std::uintptr_t next_handle() { return ++last_handle_; }
  /// `command` says with which status it ends.
  OpenClStatus enqueue(OpenClQueue queue, OpenClEvent* done, std::function<int()> command);
  void run(Queue& queue);
  void stop(Queue& queue);
  int scan(const Kernel& kernel);
  template <class Params>
  void scan_with(const Kernel& kernel);

  std::vector<std::vector<FakeOpenClDevice>> platforms_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> calls_;
  std::vector<Fault> faults_;
  std::optional<OpenClStatus> lost_;
  std::optional<OpenClStatus> run_status_;
  std::optional<std::string> broken_compiler_;
  std::uintptr_t last_handle_ = 0;
  int contexts_ = 0;
  std::map<std::uintptr_t, std::unique_ptr<Queue>> queues_;
  std::map<std::uintptr_t, std::shared_ptr<Memory>> buffers_;
  std::map<std::uintptr_t, Program> programs_;
  std::map<std::uintptr_t, Kernel> kernels_;
  std::map<std::uintptr_t, std::shared_ptr<Event>> events_;
  std::vector<std::shared_ptr<void>> kept_;
  int in_flight_ = 0;
  bool busy_ = false;
  bool hangs_ = false;
  std::atomic<int> most_in_flight_{0};
  std::atomic<int> compiled_{0};
  std::atomic<bool> corrupt_{false};
  std::atomic<bool> refuses_{false};
};

}  // namespace lode::device
