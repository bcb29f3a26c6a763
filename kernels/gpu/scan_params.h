// What passes between a host and the scan kernels: launch parameters, the hit list, and how a running scan is stopped.
//
// A scan covers a nonce range in chunks of consecutive nonces. The warps of a persistent grid take them in order from
// one atomic counter, and a chunk that was taken is always finished. So the chunks done are a prefix of the range at
// whatever moment a scan ends, and the host knows exactly which nonces were tried (outcome_of).
//
// Three ways for a scan to end: no chunk is left; the epoch in the mailbox is no longer the launch's, since the host
// has newer work; the hit list is full. In the latter two the warp that notices takes all chunks away at once, and the
// grid is idle one chunk's time later.
//
// Memory, all of it provided by the host and used by one launch at a time, except for the mailbox:
//   ScanCounters  in GPU memory, set to zero before the launch, read by the host after it;
//   HitSlot[]     set to zero before the launch. Where it is host memory that the GPU writes to, the host may read it
//                 while the scan runs: a slot is written by one 8-byte store;
//   Mailbox       host memory mapped into the GPU, one for all launches of a device.
// Everything here is trivially copyable. Plain data; whoever holds it guards it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include "kernels/core/scan_job.h"
#include "kernels/core/search.h"

namespace lode::kernels::gpu {

/// Threads of CUDA that run in step; a chunk of theirs is a multiple of so many nonces.
inline constexpr std::uint32_t kWarpThreads = 32;

/// Counters of one launch.
struct ScanCounters {
  std::uint32_t next_chunk;  ///< chunks handed out so far; more than there are once the range is done; see kStopped
  std::uint32_t stopped_at;  ///< next_chunk when the scan was stopped; of a meaning only behind kStopped
  std::uint32_t found;       ///< hits, also those that found no place in the list
};
/// next_chunk is at least this once a scan was stopped. No range has so many chunks.
inline constexpr std::uint32_t kStopped = 0x80000000;

/// A place of the hit list; all zero until it is written.
struct alignas(8) HitSlot {
  std::uint32_t nonce_word;
  std::uint32_t midstate_plus_one;

  friend bool operator==(const HitSlot&, const HitSlot&) = default;
};

/// What the host and running scans tell each other. Each word on a cache line of its own.
struct Mailbox {
  /// Set by the host. A scan goes on as long as this is the value it was launched with.
  alignas(128) std::uint32_t epoch;
  /// Set by the scan every poll_interval chunks: chunks handed out. For people to look at; it may lag and, for a
  /// moment, fall.
  alignas(128) std::uint32_t chunks_taken;
};

/// Chunks of a range: the launch parameters that say which nonces are scanned in what portions.
struct Chunks {
  std::uint32_t first = 0;   ///< first nonce word; nonce words wrap at 2^32
  std::uint32_t last = 0;    ///< number of nonces - 1
  std::uint32_t nonces = 0;  ///< in a chunk (the last may have fewer), see cut()
  std::uint32_t count = 0;   ///< of chunks, less than kStopped
};

/// Cuts a range (1 .. 2^32 nonces) into chunks in which each thread does about `hashes_per_thread` hashes (at least 1),
/// one nonce at least. That is the time in which a scan can be stopped. Chunks are multiples of `unit` (32 .. 2^10):
/// the nonces that those who share a chunk do in a step.
constexpr Chunks cut(NonceRange range, std::uint32_t midstates, std::uint32_t hashes_per_thread,
                     std::uint32_t unit = kWarpThreads) noexcept {
  const std::uint32_t steps = std::clamp(hashes_per_thread / midstates, 1U, 1U << 20);
  Chunks chunks{.first = range.first, .last = static_cast<std::uint32_t>(range.count - 1), .nonces = steps * unit};
  chunks.count = chunks.last / chunks.nonces + 1;
  return chunks;
}

/// What hash 1 needs of one midstate.
template <class Word>
struct BasicMidstateParams {
  Word start[7];       ///< a .. g after round 3 with nonce 0; the nonce is then added to a and e
  Word h_and_keys[3];  ///< h + K + W of rounds 4 .. 6, whose h is still a constant
  Word midstate[8];
};
using MidstateParams = BasicMidstateParams<std::uint32_t>;

constexpr MidstateParams midstate_params(const TailPlan& tail, const Midstate& midstate) noexcept {
  const StatePlan plan = plan_state(tail, midstate);
  MidstateParams params{};
  for (std::size_t i = 0; i < 7; ++i)
    params.start[i] = plan.after_nonce_round[i];
  for (std::size_t i = 0; i < 3; ++i)
    params.h_and_keys[i] = plan.after_nonce_round[7 - i] + tail.keys[kNonceWord + 1 + i];
  for (std::size_t i = 0; i < 8; ++i)
    params.midstate[i] = plan.midstate[i];
  return params;
}

/// What a launch is to do, all but where its memory is.
template <std::uint32_t kMidstates>
struct LaunchParams {
  TailPlan tail;
  /// 2^0 .. 2^31, in words that the compiler cannot know: with them sums, shifts and rotates become multiplications,
  /// which have a pipe of their own.
  std::array<std::uint32_t, 32> powers{};
  std::uint32_t limit = 0;  ///< see ScanJob::limit
  std::uint32_t mask = 0;   ///< reject_mask(limit)
  Chunks chunks;
  /// Of so many chunks one looks into the mailbox; a power of two. GPUs take a chunk every 0.2 to 2 microseconds.
  std::uint32_t poll_interval = 32;
  std::uint32_t epoch = 0;
  std::uint32_t hit_capacity = 0;
  std::uint32_t midstate_count = 0;  ///< 1 .. kMidstates
  MidstateParams midstates[kMidstates] = {};
};
static_assert(std::is_standard_layout_v<LaunchParams<1>>, "OpenCL's source is told the offsets");

/// The one parameter of a CUDA kernel. GPUs keep it in constant memory.
template <std::uint32_t kMidstates>
struct ScanParams : LaunchParams<kMidstates> {
  ScanCounters* counters = nullptr;
  HitSlot* hits = nullptr;
  Mailbox* mailbox = nullptr;
};
using ScanParamsM1 = ScanParams<1>;              ///< of kernel sha256d_m1
using ScanParamsMn = ScanParams<kMaxMidstates>;  ///< of kernel sha256d_mn
static_assert(std::is_trivially_copyable_v<ScanParamsM1> && std::is_trivially_copyable_v<ScanParamsMn>);
static_assert(sizeof(ScanParamsMn) <= 32'764, "what a launch can carry");

/// Everything that follows from the job: all but chunks, polling, epoch and the addresses. The job has 1 .. kMidstates
/// midstates.
template <class Params>
constexpr void set_job(Params& params, const ScanJob& job) noexcept {
  params.tail = plan_tail(job.merkle_tail, job.time, job.bits);
  for (std::size_t i = 0; i < params.powers.size(); ++i)
    params.powers[i] = std::uint32_t{1} << i;
  params.limit = job.limit;
  params.mask = reject_mask(job.limit);
  params.midstate_count = std::min(job.midstate_count, static_cast<std::uint32_t>(std::size(params.midstates)));
  for (std::uint32_t i = 0; i < params.midstate_count; ++i)
    params.midstates[i] = midstate_params(params.tail, job.midstates[i]);
}

/// What a finished launch did.
struct Outcome {
  std::uint64_t nonces = 0;  ///< done, from the start of the range, each with every midstate
  std::uint32_t hits = 0;    ///< slots written: all hits of these nonces, in no order
  /// The list was too small. `nonces` and `hits` are 0 then, whatever the slots hold: scan the range again in smaller
  /// parts or elsewhere.
  bool overflowed = false;
};

constexpr Outcome outcome_of(const ScanCounters& counters, const Chunks& chunks, std::uint32_t hit_capacity) noexcept {
  if (counters.found > hit_capacity) return {.overflowed = true};
  const std::uint32_t taken = counters.next_chunk >= kStopped ? counters.stopped_at : counters.next_chunk;
  const std::uint64_t range = std::uint64_t{chunks.last} + 1;
  return {.nonces = std::min(range, std::uint64_t{taken} * chunks.nonces), .hits = counters.found};
}

}  // namespace lode::kernels::gpu
