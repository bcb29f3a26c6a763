// Work, known answers and waiting, for the tests of GPU devices whatever drives them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "host/device/gpu_tuning.h"
#include "kernels/core/scan_job.h"
#include "kernels/cpu/registry.h"
#include "tests/support/patience.h"

namespace lode::device {

/// Work of `midstates` versions; a header passes whose last hash word is at most `limit`.
inline kernels::ScanJob make_job(std::uint32_t midstates, std::uint32_t limit, std::uint64_t generation = 1) {
  kernels::ScanJob job{.generation = generation,
                       .midstate_count = midstates,
                       .merkle_tail = 0x12345678,
                       .time = 0x60000000,
                       .bits = 0x1d00ffff,
                       .limit = limit,
                       .range = {}};
  for (std::uint32_t i = 0; i < midstates; ++i)
    job.midstates.at(i) = {i + 1, i * 7919, 0x9e3779b9 * i, 4, 5, 6, 7, i ^ 0x55555555};
  return job;
}

inline std::vector<kernels::Hit> sorted(std::vector<kernels::Hit> hits) {
  std::ranges::sort(hits);
  return hits;
}

/// What the portable kernel finds.
inline std::vector<kernels::Hit> answers(const kernels::ScanJob& job, kernels::NonceRange range) {
  const kernels::Kernel& scalar = *kernels::find_kernel("scalar");
  std::vector<kernels::Hit> all;
  std::vector<kernels::Hit> list(kernels::kMinHitCapacity);
  while (range.count > 0) {
    const kernels::ScanResult result = scalar.scan(job, range, list);
    all.insert(all.end(), list.begin(), list.begin() + result.hits);
    range = {static_cast<std::uint32_t>(range.first + result.nonces), range.count - result.nonces};
  }
  return sorted(all);
}

/// False: it never comes true.
inline bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// "name M=midstates" of each.
inline std::vector<std::string> names_of(const std::vector<GpuCandidate>& candidates) {
  std::vector<std::string> names;
  names.reserve(candidates.size());
  for (const GpuCandidate& candidate : candidates)
    names.push_back(candidate.name + " M=" + std::to_string(candidate.midstates));
  return names;
}

}  // namespace lode::device
