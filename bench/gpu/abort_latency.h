// How fast a GPU lets go of what it does, whatever API drives it. Microseconds.
//
// Used by one thread; new_work_times() starts another one that scans. Both throw std::runtime_error if the GPU fails.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/gpu/records.h"
#include "host/device/gpu_device.h"
#include "host/device/gpu_session.h"

namespace lode::bench {

/// From advance_epoch() to the end of two launches that would have taken seconds.
std::vector<double> abort_times(device::GpuSession& session, std::uint32_t midstates, int count);

/// From abort_before() to the first results of newer work, which is so easy that it has some at once.
std::vector<double> new_work_times(device::GpuDevice& device, std::uint32_t midstates, int count);

/// Writes their quantiles as a record of `table`.
void write_times(Records& records, const char* table, const char* what, std::uint32_t midstates,
                 const std::vector<double>& microseconds);

}  // namespace lode::bench
