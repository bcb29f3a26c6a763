// A session's launches as a scan function, so that the cases that all kernels are tried with can be run on a GPU.
//
// Used by one thread.
#pragma once

#include <span>

#include "host/device/gpu_session.h"
#include "kernels/core/scan_job.h"

namespace lode::bench {

/// One launch, or several of ever shorter ranges while the list is too small, as a device would. Throws
/// std::runtime_error if the GPU fails.
kernels::ScanResult scan_by_launches(device::GpuSession& session, const kernels::ScanJob& job,
                                     kernels::NonceRange range, std::span<kernels::Hit> hits);

}  // namespace lode::bench
