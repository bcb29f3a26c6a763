// Block functions on the SHA extensions of x86.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/sha_unit_search.h"
#include "kernels/cpu/shani_unit.h"

namespace lode::kernels {

// Dirty upper halves of the wide registers, left by whoever ran before, would slow down every legacy-encoded SHA
// instruction on some CPUs: hence VZEROUPPER first.

void shani_x2_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m)
    search_side_by_side<ShaNi, 2>(plan, m, first, count, hits);
}

void shani_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m)
    search_pipelined<ShaNi, 2>(plan, m, first, count, hits);
}

void shani_x6_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m)
    search_pipelined<ShaNi, 3>(plan, m, first, count, hits);
}

}  // namespace lode::kernels
