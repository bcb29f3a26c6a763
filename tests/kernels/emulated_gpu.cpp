#include "tests/kernels/emulated_gpu.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/core/scan_job.h"
#include "kernels/cuda/host_warp.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/tunings.h"
#include "kernels/gpu/scan_params.h"

namespace lode::kernels {
namespace {

/// What a host provides for a launch.
template <std::uint32_t kMidstates>
struct Launch {
  cuda::ScanCounters counters{};
  cuda::Mailbox mailbox{};
  cuda::ScanParams<kMidstates> params{};
};

/// Launches and waits.
template <cuda::Tuning kTuning, std::uint32_t kMidstates>
cuda::Outcome launch(const ScanJob& job, NonceRange range, std::vector<cuda::HitSlot>& slots) {
  const auto launch = std::make_unique<Launch<kMidstates>>();
  cuda::ScanParams<kMidstates>& params = launch->params;
  std::fill(slots.begin(), slots.end(), cuda::HitSlot{});
  cuda::set_job(params, job);
  params.chunks = cuda::cut(range, job.midstate_count, 4);  // small chunks, so that there are many
  params.poll_interval = 1;
  params.hit_capacity = static_cast<std::uint32_t>(slots.size());
  params.counters = &launch->counters;
  params.hits = slots.data();
  params.mailbox = &launch->mailbox;
  for (int warp = 0; warp < 2; ++warp) {
    cuda::HostWarp host;
    if constexpr (kMidstates == 1) {
      cuda::scan_m1<kTuning>(host, params);
    } else {
      cuda::scan_mn<kTuning>(host, params);
    }
  }
  return cuda::outcome_of(launch->counters, params.chunks, params.hit_capacity);
}

/// A ScanFunction. Where the list is too small the range is halved, as a host would.
template <cuda::Tuning kTuning, std::uint32_t kMidstates>
ScanResult scan(const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
  std::vector<cuda::HitSlot> slots(hits.size());
  while (range.count != 0) {
    const cuda::Outcome outcome = launch<kTuning, kMidstates>(job, range, slots);
    if (outcome.overflowed) {
      range.count /= 2;
      continue;
    }
    for (std::uint32_t i = 0; i < outcome.hits; ++i)
      hits[i] = {slots[i].nonce_word, slots[i].midstate_plus_one - 1};
    return {.nonces = outcome.nonces, .hits = outcome.hits};
  }
  return {};
}

/// Jobs of one midstate go to one kernel, all others to the other.
template <cuda::Tuning kM1, cuda::Tuning kMn>
ScanResult scan_both(const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
  return job.midstate_count == 1 ? scan<kM1, 1>(job, range, hits) : scan<kMn, kMaxMidstates>(job, range, hits);
}

constexpr cuda::Tuning kAllAlu{.round_sums = false, .key_sums = false, .schedule_sums = false, .shifts = false};
constexpr cuda::Tuning kAllFma{
    .schedule_rotates = {64, 64, 64, 64}, .inner_rotates = {64, 64, 64, 64}, .outer_rotates = {64, 64}};
constexpr cuda::Tuning kMixed{.schedule_rotates = {8, 16, 24, 32},
                              .inner_rotates = {5, 10, 20, 40},
                              .outer_rotates = {33, 7},
                              .three_term_keys = 31,
                              .three_term_last = true};

constexpr Kernel kKernels[] = {
    {.name = "cuda_sm_90",
     .description = "the CUDA source as tuned for Hopper",
     .max_midstates = kMaxMidstates,
     .required = {},
     .scan = scan_both<cuda::tuning_m1(90), cuda::tuning_mn(90)>},
    {.name = "cuda_all_alu",
     .description = "the CUDA source without a multiplication, one kernel for any number of midstates",
     .max_midstates = kMaxMidstates,
     .required = {},
     .scan = scan<kAllAlu, kMaxMidstates>},
    {.name = "cuda_all_fma",
     .description = "the CUDA source with every rotate as a multiplication",
     .max_midstates = kMaxMidstates,
     .required = {},
     .scan = scan_both<kAllFma, kAllFma>},
    {.name = "cuda_mixed",
     .description = "the CUDA source with all that can be tuned in between",
     .max_midstates = kMaxMidstates,
     .required = {},
     .scan = scan_both<kMixed, kMixed>},
};

}  // namespace

std::span<const Kernel> emulated_gpu_kernels() {
  return kKernels;
}

}  // namespace lode::kernels
