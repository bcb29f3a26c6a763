#include "bench/gpu/planted_scan.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "bench/gpu/gpu_under_test.h"
#include "kernels/core/scan_job.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Brings newer work every few milliseconds.
class Interrupter {
 public:
  Interrupter(std::span<const std::unique_ptr<device::GpuDevice>> devices, bool works) {
    if (!works) return;
    thread_ = std::jthread([this, devices](const std::stop_token& stop) {
      std::mt19937 random(31);
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 15'000));
        const std::uint64_t generation = ++generation_;
        for (const auto& device : devices)
          device->abort_before(generation);
      }
    });
  }

  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_.load(); }

 private:
  std::atomic<std::uint64_t> generation_{1};
  std::jthread thread_;  // ends before what it uses
};

/// A range's scan, and what it found.
struct Searched {
  bool found = false;
  bool interrupted = false;
};

}  // namespace

PlantedResult scan_planted(std::span<const std::unique_ptr<device::GpuDevice>> devices, double seconds,
                           std::uint64_t hashes, bool aborts) {
  PlantedResult total;
  std::mt19937 random(29);
  std::vector<kernels::Hit> hits(2 * device::GpuSession::kHitCapacity);
  Interrupter interrupter(devices, aborts);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (std::uint32_t round = 0; Clock::now() < end && total.fault.empty(); ++round) {
    constexpr std::uint32_t kMidstates[] = {1, 2, 3, 8, 16, 33, 64};
    device::GpuDevice& device = *devices[round % devices.size()];
    const std::uint32_t midstates = kMidstates[random() % 7];
    const std::uint32_t place = static_cast<std::uint32_t>(random()) % midstates;
    const auto index = static_cast<std::uint32_t>(random());
    kernels::ScanJob job = planted_job(index, midstates, place);
    const kernels::Hit solution{planted_nonce(index), place};
    const std::uint64_t count = std::clamp<std::uint64_t>(hashes / midstates, 64, std::uint64_t{1} << 32);
    kernels::NonceRange range{solution.nonce_word - static_cast<std::uint32_t>(random() % count), count};
    Searched searched;
    while (range.count > 0) {
      job.generation = interrupter.generation();
      const auto result = device.scan(job, range, hits);
      ++total.scans;
      if (!result) {
        total.fault = result.error().message();
        break;
      }
      total.hashes += static_cast<double>(result->nonces) * midstates;
      for (const kernels::Hit& hit : std::span(hits).first(result->hits)) {
        // What is found twice, or behind what was reported as done, is wrong too.
        const bool in_range = hit.nonce_word - range.first < result->nonces;
        const auto plain = kernels::plain_hits(job, {hit.nonce_word, 1});
        if (!in_range || std::ranges::count(plain, hit) != 1 || (hit == solution && searched.found)) ++total.wrong;
        searched.found = searched.found || hit == solution;
      }
      if (result->nonces < range.count && result->hits == 0) searched.interrupted = true;
      range = {range.first + static_cast<std::uint32_t>(result->nonces), range.count - result->nonces};
    }
    if (!total.fault.empty()) break;
    ++total.planted;
    total.missed += searched.found ? 0 : 1;
    total.aborts += searched.interrupted ? 1 : 0;
  }
  return total;
}

}  // namespace lode::bench
