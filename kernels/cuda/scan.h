// The scan kernels' bodies: chunks from the counter, nonces of a chunk, hits into the list. One call is one warp of the
// grid.
//
// What differs between a GPU and a CPU that plays one is the Warp type:
//   kLanes            lanes that this thread of control stands for: 1 on a GPU, the whole warp on a CPU
//   lane(i)           number of the i-th of them, 0 .. 31
//   take(word)        adds one to a word for the whole warp, returns what was there
//   any(x)            whether x holds in any lane of the warp; on a CPU, where lanes run one after the other, x
//   leads()           whether this is the thread that speaks for its warp
//   add, exchange     atomics on a word in GPU memory
//   load, store       of a word that the host writes or reads at the same time; store of a hit is one 8-byte write
//   keys(i)           shared memory of the i-th lane: put(group, words), get(group), four words at a time
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/gpu/hash.h"
#include "kernels/gpu/portable.h"
#include "kernels/gpu/scan_params.h"
#include "kernels/gpu/tuning.h"

namespace lode::kernels::cuda {

using namespace gpu;  // the words that the kernels of all GPUs are written in

/// The next chunk of the warp, or one behind the last. Now and then it looks whether to go on; the mailbox is in the
/// memory of the host, so not every time. Whoever finds that not leaves no chunk to anyone, and the first to do so
/// remembers how many had been taken.
template <class Warp, class Params>
LODE_DEVICE std::uint32_t take_chunk(Warp& warp, const Params& params) noexcept {
  ScanCounters& counters = *params.counters;
  const std::uint32_t chunk = warp.take(&counters.next_chunk);
  if (warp.leads() && (chunk & (params.poll_interval - 1)) == 0 && chunk < params.chunks.count) {
    warp.store(&params.mailbox->chunks_taken, chunk);
    if (warp.load(&params.mailbox->epoch) != params.epoch || warp.load(&counters.found) > params.hit_capacity) {
      const std::uint32_t taken = warp.exchange(&counters.next_chunk, kStopped);
      if (taken < kStopped) warp.store(&counters.stopped_at, taken);
    }
  }
  return chunk;
}

/// The nonces that one lane has before it. All lanes of a warp take the same number of steps; in the last chunk they
/// may leave the range, see push().
struct LaneNonces {
  std::uint32_t nonce;  ///< the next
  std::uint32_t steps;  ///< of kWarpThreads nonces
};
template <class Params>
LODE_DEVICE LaneNonces lane_nonces(const Params& params, std::uint32_t chunk, std::uint32_t lane) noexcept {
  const std::uint32_t begin = chunk * params.chunks.nonces;
  const std::uint32_t rest = params.chunks.last - begin;  // nonces of the range from there on, less one
  const std::uint32_t end = rest < params.chunks.nonces - 1 ? rest : params.chunks.nonces - 1;
  return {params.chunks.first + begin + lane, end / kWarpThreads + 1};
}

/// Whose digest a thread has.
struct Tried {
  std::uint32_t chunk;
  std::uint32_t nonce;
  std::uint32_t midstate;
};

/// Appends to the list what belongs to the range and is a hit by the exact rule.
template <class Warp, class Params>
LODE_DEVICE void push(Warp& warp, const Params& params, const Tried& tried, std::uint32_t digest7) noexcept {
  const std::uint32_t begin = tried.chunk * params.chunks.nonces;
  if (tried.nonce - (params.chunks.first + begin) > params.chunks.last - begin) return;
  if (bytes_reversed(digest7) > params.limit) return;
  const std::uint32_t place = warp.add(&params.counters->found, 1);
  if (place < params.hit_capacity) warp.store(&params.hits[place], HitSlot{tried.nonce, tried.midstate + 1});
}

/// K + W of rounds 18 .. 63 of hash 1, for all midstates of a nonce, in shared memory. Groups of four words, the first
/// is W[16] .. W[19].
inline constexpr int kKeyGroups = 12;
struct KeyGroup {
  std::uint32_t words[4];
};

/// Reads what store_keys() left.
template <Tuning kTuning, class LaneKeys>
struct StoredKeys {
  const Pipes<kTuning>& pipes;
  LaneKeys lane;
  KeyGroup group;

  template <int kRound>
  LODE_DEVICE std::uint32_t add_to(std::uint32_t h) noexcept {
    if constexpr (kRound % 4 == 0) group = lane.get((kRound - 16) / 4);
    return pipes.key_sum(h, group.words[kRound % 4]);
  }
};

template <Tuning kTuning, class LaneKeys, int... kGroup>
LODE_DEVICE void store_keys(Schedule1<kTuning>& schedule, LaneKeys& lane,
                            std::integer_sequence<int, kGroup...>) noexcept {
  (lane.put(kGroup, KeyGroup{{next_key<16 + 4 * kGroup>(schedule), next_key<17 + 4 * kGroup>(schedule),
                              next_key<18 + 4 * kGroup>(schedule), next_key<19 + 4 * kGroup>(schedule)}}),
   ...);
}

// The hot loops below do nothing but hash and are left when any lane of the warp has a candidate, so that what is
// rarely done is not in their way.

/// One lane's nonces of a chunk, one midstate.
template <Tuning kTuning, class Warp>
LODE_DEVICE void scan_lane_m1(Warp& warp, const Pipes<kTuning>& pipes, const ScanParamsM1& params, std::uint32_t chunk,
                              std::uint32_t lane) noexcept {
  auto [nonce, steps] = lane_nonces(params, chunk, lane);
  while (true) {
    std::uint32_t digest7 = 0;
    LODE_ROLLED
    do {
      FusedKeys<kTuning> keys{begin_schedule(pipes, params.tail, nonce)};
      digest7 = header_hash(pipes, params.midstates[0], nonce, keys);
      nonce += kWarpThreads;
      --steps;
    } while (!warp.any((digest7 & params.mask) == 0) && steps != 0);
    push(warp, params, {chunk, nonce - kWarpThreads, 0}, digest7);
    if (steps == 0) return;
  }
}

/// One lane's nonces of a chunk, any number of midstates: the schedule of hash 1 is made once for all of them.
template <Tuning kTuning, class Warp, class LaneKeys>
LODE_DEVICE void scan_lane_mn(Warp& warp, const Pipes<kTuning>& pipes, const ScanParamsMn& params, LaneKeys stored,
                              std::uint32_t chunk, std::uint32_t lane) noexcept {
  auto [nonce, steps] = lane_nonces(params, chunk, lane);
  LODE_ROLLED
  for (; steps != 0; --steps, nonce += kWarpThreads) {
    auto schedule = begin_schedule(pipes, params.tail, nonce);
    store_keys(schedule, stored, std::make_integer_sequence<int, kKeyGroups>{});
    for (std::uint32_t midstate = 0; midstate < params.midstate_count;) {
      std::uint32_t digest7 = 0;
      LODE_ROLLED
      do {
        StoredKeys<kTuning, LaneKeys> keys{pipes, stored, {}};
        digest7 = header_hash(pipes, params.midstates[midstate], nonce, keys);
        ++midstate;
      } while (!warp.any((digest7 & params.mask) == 0) && midstate < params.midstate_count);
      push(warp, params, {chunk, nonce, midstate - 1}, digest7);
    }
  }
}

/// Kernel sha256d_m1.
template <Tuning kTuning, class Warp>
LODE_DEVICE void scan_m1(Warp& warp, const ScanParamsM1& params) noexcept {
  const Pipes<kTuning> pipes{in_register(params.powers[0]), params.powers.data()};
  if (warp.any(warp.load(&params.mailbox->epoch) != params.epoch)) return;
  std::uint32_t chunk = 0;
  while ((chunk = take_chunk(warp, params)) < params.chunks.count) {
    for (std::uint32_t i = 0; i < Warp::kLanes; ++i)
      scan_lane_m1(warp, pipes, params, chunk, warp.lane(i));
  }
}

/// Kernel sha256d_mn.
template <Tuning kTuning, class Warp>
LODE_DEVICE void scan_mn(Warp& warp, const ScanParamsMn& params) noexcept {
  const Pipes<kTuning> pipes{in_register(params.powers[0]), params.powers.data()};
  if (warp.any(warp.load(&params.mailbox->epoch) != params.epoch)) return;
  std::uint32_t chunk = 0;
  while ((chunk = take_chunk(warp, params)) < params.chunks.count) {
    for (std::uint32_t i = 0; i < Warp::kLanes; ++i)
      scan_lane_mn(warp, pipes, params, warp.keys(i), chunk, warp.lane(i));
  }
}

}  // namespace lode::kernels::cuda
