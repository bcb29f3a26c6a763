#include "kernels/cpu/block_scan.h"

#include <algorithm>
#include <bit>

namespace lode::kernels {
namespace {

/// Even if each of its nonces hits with every midstate, a block of this many fits an empty hit list.
constexpr std::uint32_t kSafeNonces = kMinHitCapacity / kMaxMidstates;

ScanPlan make_plan(const ScanJob& job) noexcept {
  ScanPlan plan;
  plan.tail = plan_tail(job.merkle_tail, job.time, job.bits);
  plan.limit = job.limit;
  plan.mask = reject_mask(job.limit);
  plan.midstate_count = std::min(job.midstate_count, kMaxMidstates);
  for (std::uint32_t i = 0; i < plan.midstate_count; ++i)
    plan.states[i] = plan_state(plan.tail, job.midstates[i]);
  return plan;
}

}  // namespace

ScanResult scan_in_blocks(const ScanJob& job, NonceRange range, std::span<Hit> hits, BlockFunction block) noexcept {
  const ScanPlan plan = make_plan(job);
  HitList list{.places = hits.data(), .capacity = static_cast<std::uint32_t>(hits.size())};
  // With fewer than 12 leading zero bits a large block would fill the list more often than not.
  std::uint32_t largest = std::countl_zero(job.limit) >= 12 ? kBlockNonces : kSafeNonces;
  std::uint64_t done = 0;
  while (done < range.count) {
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(range.count - done, largest));
    const std::uint32_t before = list.size;
    if (largest == kSafeNonces && list.capacity - before < count * plan.midstate_count) break;
    block(plan, range.first + static_cast<std::uint32_t>(done), count, list);
    if (list.overflowed) {  // rare: take the block back and go on in steps that cannot overflow
      list.overflowed = false;
      list.size = before;
      largest = kSafeNonces;
      continue;
    }
    done += count;
  }
  return {.nonces = done, .hits = list.size};
}

}  // namespace lode::kernels
