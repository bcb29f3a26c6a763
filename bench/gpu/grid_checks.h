// What only a grid of thousands of threads can show: ranges that end in the middle of a chunk, stops from outside, full
// lists, all 2^32 nonces. As for kernel_cases.h, each function returns what was wrong; empty: nothing. They throw
// std::runtime_error if the GPU fails.
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <string>

#include "host/device/gpu_session.h"

namespace lode::bench {

/// A launch of another epoch than the mailbox's does nothing.
std::string old_epoch_does_nothing(device::GpuSession& session);

/// Stopped in the middle, a launch has done a prefix of its range, and its hits are those of that prefix, by a CPU.
/// `nonces`: enough for several milliseconds.
std::string stopped_scan_is_a_prefix(device::GpuSession& session, int rounds, std::uint64_t nonces);

/// Where all are hits, a list that is too small is never taken for all of them; one that is large enough is complete.
std::string full_list_is_noticed(device::GpuSession& session);

/// Ranges of every length around those of chunks and grids, by a CPU.
std::string ranges_end_where_they_should(device::GpuSession& session, int rounds);

/// All nonces of a header: every one is counted once, the block is found, and what else is found is a hit.
std::string all_nonces_of_a_block(device::GpuSession& session, std::uint32_t index, std::uint32_t midstates);

}  // namespace lode::bench
