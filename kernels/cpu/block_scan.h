// Turns a function that searches a small block of nonces into a kernel's scan function: cuts the range, watches the hit
// list. Not compiled for any particular instruction set, so that the files that are hold nothing but their inner loop.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/core/scan_job.h"
#include "kernels/core/search.h"

namespace lode::kernels {

/// What a scan prepares once, before its first nonce.
struct ScanPlan {
  TailPlan tail;
  std::uint32_t limit = 0;
  std::uint32_t mask = 0;  ///< reject_mask(limit)
  std::uint32_t midstate_count = 0;
  StatePlan states[kMaxMidstates];  ///< the first midstate_count count
};

/// Where a block function writes. Room beyond the capacity is refused and remembered.
struct HitList {
  Hit* places = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t size = 0;
  bool overflowed = false;

  [[gnu::always_inline]] void push(std::uint32_t nonce_word, std::uint32_t midstate) noexcept {
    if (size == capacity) {
      overflowed = true;
      return;
    }
    places[size].nonce_word = nonce_word;
    places[size].midstate = midstate;
    ++size;
  }
};

/// Most nonces that a block function is given at once. Large enough that filling a pipeline or a table does not count.
inline constexpr std::uint32_t kBlockNonces = 4096;

/// Searches nonces first .. first + count - 1 (wrapping, 1 <= count <= kBlockNonces) with every midstate of the plan
/// and pushes exactly the hits, in any order.
using BlockFunction = void (*)(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;

/// A ScanFunction (kernel.h) out of a block function.
ScanResult scan_in_blocks(const ScanJob& job, NonceRange range, std::span<Hit> hits, BlockFunction block) noexcept;

}  // namespace lode::kernels
