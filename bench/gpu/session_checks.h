// All that can be asked of the kernels through a session, whatever API drives it: the cases of all kernels' tests, and
// what only a grid can show.
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <string>

#include "bench/gpu/options.h"
#include "bench/gpu/records.h"
#include "host/device/gpu_session.h"

namespace lode::bench {

/// How much of each, by how slow the GPU is.
struct Amounts {
  int random_cases;
  int rounds;             ///< of other cases that are made up
  std::uint64_t stopped;  ///< nonces of scans that are stopped
  std::uint64_t planted;  ///< hashes of a range with a solution
  double seconds;         ///< of planted scanning, each way
  bool many_launches;     ///< cases of thousands of launches
  bool whole_ranges;      ///< all 2^32 nonces
};

/// Of a GPU, or of one that the CPU plays.
Amounts amounts_of(const Options& options);

/// Runs the checks and writes a record of `table` for each, with `build` as its `column`. How many found a fault.
int run_checks(const char* table, const char* column, const std::string& build, device::GpuSession& session,
               const Amounts& amounts, Records& records);

}  // namespace lode::bench
