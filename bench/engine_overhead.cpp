// What a kernel's rate loses on its way through the program: by being called for short batches, through a device, and
// through the engine with its worker thread.
//
//   engine_overhead [KERNEL] [MIDSTATES] [ROUNDS] [SLICE]     defaults: the first usable kernel, 1, 40, 20 ms
//
// Everything takes turns on one CPU in slices; each slice is compared with the raw kernel just before and just after.
// Rates are hashes per second of the thread's processor time, so other programs on the machine do not count. Printed
// is the median of the losses and the interval in which it lies with a probability of 95 %.
#include <fmt/format.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "host/device/batch_tuner.h"
#include "host/device/cpu_device.h"
#include "host/device/thread_affinity.h"
#include "host/device/thread_priority.h"
#include "host/engine/engine.h"
#include "kernels/cpu/registry.h"

namespace {

namespace asio = boost::asio;
namespace device = lode::device;
namespace engine = lode::engine;
namespace kernels = lode::kernels;
namespace work = lode::work;

/// Processor time of the calling thread.
std::chrono::nanoseconds thread_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// Work done and the processor time it took.
struct Turn {
  std::uint64_t hashes = 0;
  std::chrono::nanoseconds time{};

  [[nodiscard]] double rate() const { return static_cast<double>(hashes) / static_cast<double>(time.count()); }
};

/// The kernel alone, in one call.
class Raw {
 public:
  Raw(const kernels::Kernel& kernel, std::uint32_t midstates) : kernel_(kernel) {
    job_.midstate_count = midstates;
    std::uint32_t word = 0x9e3779b9;  // any words do
    for (kernels::Midstate& midstate : job_.midstates) {
      for (std::uint32_t& one : midstate)
        one = word = word * 1664525 + 1013904223;
    }
  }

  [[nodiscard]] const kernels::ScanJob& job() const { return job_; }

  /// Nonces that take about `slice`, by what the turn before took.
  [[nodiscard]] std::uint64_t nonces_for(std::chrono::nanoseconds slice) const {
    device::BatchTuner tuner(slice, kernel_.streams);
    tuner.record(last_.hashes, last_.time);
    return tuner.batch(job_.limit, job_.midstate_count);
  }

  Turn turn(std::chrono::nanoseconds slice) { return last_ = scan(nonces_for(slice)); }

  /// Calls for batches of `batch` until they took `slice`.
  Turn turn_in_batches(std::chrono::nanoseconds slice, std::chrono::nanoseconds batch) {
    const std::uint64_t nonces = nonces_for(batch);
    Turn turn;
    const auto begin = thread_time();
    for (std::uint64_t calls = std::max<std::uint64_t>(static_cast<std::uint64_t>(slice / batch), 1); calls > 0;
         --calls)
      turn.hashes += call(nonces);
    turn.time = thread_time() - begin;
    return turn;
  }

 private:
  Turn scan(std::uint64_t nonces) {
    const auto begin = thread_time();
    const std::uint64_t hashes = call(nonces);
    return {hashes, thread_time() - begin};
  }
  std::uint64_t call(std::uint64_t nonces) {
    const auto result = kernel_.scan(job_, {next_, nonces}, hits_);
    next_ += static_cast<std::uint32_t>(result.nonces);
    return result.nonces * job_.midstate_count;
  }

  const kernels::Kernel& kernel_;
  kernels::ScanJob job_;
  std::vector<kernels::Hit> hits_ = std::vector<kernels::Hit>(kernels::kMinHitCapacity);
  Turn last_;
  std::uint32_t next_ = 0;
};

/// Lets a worker's device work for one slice at a time and measures it from the worker's first call of the slice to the
/// first that comes after it: what the worker does between calls counts, the waiting for a turn does not.
class Gate {
 public:
  /// Main thread: has the device work for about `slice`. The first turn begins when the engine has work.
  Turn turn(std::chrono::nanoseconds slice) {
    slice_ = slice;
    open_.release();
    done_.acquire();
    return turn_;
  }

  /// Main thread: no more turns; the device goes on by itself.
  void leave_open() {
    free_ = true;
    open_.release();
  }

  /// Worker thread, before each scan.
  void enter() {
    if (free_) return;
    if (inside_) {
      turn_.time = thread_time() - begin_;
      if (turn_.time < slice_) return;
      inside_ = false;
      done_.release();
    }
    open_.acquire();
    turn_ = {};
    begin_ = thread_time();
    inside_ = true;
  }
  void add(std::uint64_t hashes) { turn_.hashes += hashes; }

 private:
  std::binary_semaphore open_{0}, done_{0};
  std::chrono::nanoseconds slice_{};
  std::atomic<bool> free_{false};
  // The worker thread's between open_ and done_.
  bool inside_ = false;
  Turn turn_;
  std::chrono::nanoseconds begin_{};
};

class GatedDevice final : public device::Device {
 public:
  GatedDevice(device::CpuDevice& inner, Gate& gate) : inner_(inner), gate_(gate) {}

  [[nodiscard]] const device::DeviceInfo& info() const noexcept override { return inner_.info(); }
  void enter_thread() noexcept override { inner_.enter_thread(); }
  lode::Result<void> self_test() override { return inner_.self_test(); }
  lode::Result<kernels::ScanResult> scan(const kernels::ScanJob& job, kernels::NonceRange range,
                                         std::span<kernels::Hit> hits) override {
    gate_.enter();
    auto result = inner_.scan(job, range, hits);
    if (result) gate_.add(result->nonces * job.midstate_count);
    return result;
  }
  void abort_before(std::uint64_t generation) noexcept override { inner_.abort_before(generation); }
  void finish_before(std::uint64_t generation) noexcept override { inner_.finish_before(generation); }

 private:
  device::CpuDevice& inner_;
  Gate& gate_;
};

/// Work that nobody ever solves: no hash is below a target of 0.
class HopelessSource final : public work::WorkSource {
 public:
  HopelessSource(asio::any_io_executor executor, std::uint32_t version_mask) : timer_(executor) {
    auto made = std::make_shared<work::WorkTemplate>();
    made->source = name_;
    made->height = 1;
    made->version = 0x20000000;
    made->version_mask = version_mask;
    made->time = 1'700'000'000;
    made->time_roll_limit = 1000;
    made->bits = 0x1d00ffff;
    made->coinbase_prefix = lode::Bytes(60, 1);
    made->extranonce2_size = 8;
    made->coinbase_suffix = lode::Bytes(60, 2);
    work_ = std::move(made);
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  asio::awaitable<lode::Error> run(work::SourceListener& listener) override {
    listener.on_connected(*this);
    listener.on_work(*this, work_);
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
    boost::system::error_code stopped;
    if (!stopping_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
    co_return lode::Error(lode::Errc::kCancelled, "stopped");
  }
  void stop() noexcept override {
    stopping_ = true;
    timer_.cancel();
  }

 private:
  std::string name_ = "hopeless";
  std::shared_ptr<const work::WorkTemplate> work_;
  asio::steady_timer timer_;
  bool stopping_ = false;
};

struct NoEvents final : engine::EventListener {
  void on_event(const engine::Event&) override {}
};

/// The whole engine with one worker, on a thread of its own as in the program.
class RunningEngine {
 public:
  RunningEngine(device::CpuDevice& cpu, std::uint32_t midstates)
      : source_(context_.get_executor(), midstates > 1 ? 0x1fffe000 : 0) {
    engine::EngineParts parts;
    parts.sources = {&source_};
    parts.devices.push_back(std::make_unique<GatedDevice>(cpu, gate_));
    parts.listener = &events_;
    engine_ = std::make_unique<engine::Engine>(context_.get_executor(), engine::EngineOptions{}, std::move(parts),
                                               lode::Log());
    asio::co_spawn(
        context_, [this]() -> asio::awaitable<void> { co_await engine_->run(); }, asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~RunningEngine() {
    gate_.leave_open();
    asio::post(context_, [this] { engine_->stop(); });
    thread_.join();
  }
  RunningEngine(const RunningEngine&) = delete;
  RunningEngine& operator=(const RunningEngine&) = delete;

  Turn turn(std::chrono::nanoseconds slice) { return gate_.turn(slice); }

 private:
  Gate gate_;
  asio::io_context context_;
  HopelessSource source_;
  NoEvents events_;
  std::unique_ptr<engine::Engine> engine_;
  std::thread thread_;
};

/// A way to hash, and what it lost against the raw kernel, slice by slice.
struct Way {
  std::string name;
  std::function<Turn(std::chrono::nanoseconds slice)> turn;
  std::vector<double> losses = {};

  void print() {
    std::ranges::sort(losses);
    // Ranks that enclose the median with a probability of 95 %, by the normal approximation of the binomial.
    const auto count = static_cast<double>(losses.size());
    const double reach = 0.98 * std::sqrt(count);
    const auto at = [&](double rank) {
      const double inside = std::clamp(rank, 0.0, count - 1);
      return 100 * losses[static_cast<std::size_t>(inside)];
    };
    fmt::print("  {:<34} loses {:+6.2f} %   ({:+.2f} .. {:+.2f})\n", name, at(count / 2), at(count / 2 - reach),
               at(count / 2 + reach));
  }
};

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int index, unsigned long fallback) {
    return argc > index ? std::strtoul(argv[index], nullptr, 10) : fallback;
  };
  const kernels::Kernel* const kernel = argc > 1 ? kernels::find_kernel(argv[1]) : &kernels::best_kernel();
  if (kernel == nullptr || !kernels::usable(*kernel, kernels::detect_cpu_features())) {
    fmt::print(stderr, "{}: no such kernel, or this CPU cannot run it\n", argv[1]);
    return 1;
  }
  const auto midstates = static_cast<std::uint32_t>(std::clamp<unsigned long>(number(2, 1), 1, kernels::kMaxMidstates));
  const unsigned long rounds = std::max(number(3, 40), 8UL);
  const std::chrono::nanoseconds slice = std::chrono::milliseconds(std::max(number(4, 20), 1UL));

  // One CPU and one priority for all, those of a worker.
  const std::vector<unsigned> cpus = device::allowed_cpus();
  const unsigned cpu = cpus.empty() ? 0 : cpus.back();

  device::CpuDevice in_engine(*kernel, {kernel, midstates}, cpu);
  RunningEngine through_engine(in_engine, midstates);

  if (!device::pin_this_thread(cpu)) fmt::print(stderr, "threads cannot be tied to a CPU here: the spread is larger\n");
  device::yield_to_others();

  Raw raw(*kernel, midstates);
  device::CpuDevice alone(*kernel, {kernel, midstates}, std::nullopt);
  std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
  std::uint32_t next = 0;
  std::vector<Way> ways;
  for (const int microseconds : {50, 150, 400, 1000}) {
    const std::chrono::microseconds batch(microseconds);
    ways.push_back({fmt::format("kernel, batches of {} us", batch.count()),
                    [&raw, batch](auto time) { return raw.turn_in_batches(time, batch); }});
  }
  ways.push_back({"device", [&](std::chrono::nanoseconds time) {
                    const std::uint64_t nonces = raw.nonces_for(time);
                    const auto begin = thread_time();
                    const auto result = alone.scan(raw.job(), {next, nonces}, hits);
                    next += static_cast<std::uint32_t>(result->nonces);
                    return Turn{result->nonces * midstates, thread_time() - begin};
                  }});
  ways.push_back({"engine, worker and device", [&](auto time) { return through_engine.turn(time); }});

  for (int i = 0; i < 3; ++i) {  // warm up, and learn the rates
    raw.turn(slice);
    for (Way& way : ways)
      way.turn(slice);
  }
  std::vector<double> rates;
  double before = raw.turn(slice).rate();
  for (unsigned long round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      const double rate = way.turn(slice).rate();
      const double after = raw.turn(slice).rate();
      way.losses.push_back(1 - rate / ((before + after) / 2));
      rates.push_back(after);
      before = after;
    }
  }
  std::ranges::sort(rates);
  fmt::print("{}, {} midstate{}: {:.2f} MH/s of processor time, {} rounds of {} ms slices\n", kernel->name, midstates,
             midstates == 1 ? "" : "s", 1e3 * rates[rates.size() / 2], rounds,
             std::chrono::duration_cast<std::chrono::milliseconds>(slice).count());
  for (Way& way : ways)
    way.print();
  return 0;
}
