// One way to search for nonces on a CPU. A Kernel is a constant description plus a pure function: any number of threads
// may call it at the same time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/core/scan_job.h"
#include "kernels/cpu/cpu_features.h"

namespace lode::kernels {

/// Scans `range` with all midstates of `job` (job.range is not looked at) and writes the hits to the front of `hits`.
///
/// - `range` may be any part of the job's: any first nonce, 0 .. 2^32 nonces, wrapping at 2^32, no alignment.
/// - `hits` has at least kMinHitCapacity places, job.midstate_count is 1 .. kMaxMidstates.
/// - A hit is what passes the exact 32-bit rule (ScanJob::limit), and each is written once.
/// - It stops early only when the list might not hold what comes next, and always after at least one nonce (of a range
///   that is not empty). The hits are exactly those of the first ScanResult::nonces nonces.
/// - Order: none that a caller may count on.
using ScanFunction = ScanResult (*)(const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept;

struct Kernel {
  std::string_view name;            ///< as the command line takes it: "avx2_x8"
  std::string_view description;     ///< for people: what it uses and how
  std::uint32_t streams = 1;        ///< nonces in flight at a time
  std::uint32_t max_midstates = 1;  ///< how many midstates a job it profits from; all kernels are right for all counts
  CpuFeatures required;             ///< calling `scan` on a CPU without these is an illegal instruction
  ScanFunction scan = nullptr;
};

}  // namespace lode::kernels
