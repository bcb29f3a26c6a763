// Block functions on the SHA extensions of x86.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/sha_unit_interleaved.h"
#include "kernels/cpu/sha_unit_search.h"
#include "kernels/cpu/shani_unit.h"

namespace lode::kernels {

// Dirty upper halves of the wide registers, left by whoever ran before, would slow down every legacy-encoded SHA
// instruction on some CPUs: hence VZEROUPPER first.

void shani_x2_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  if (plan.midstate_count == 1) {
    search_side_by_side<ShaNi, 2>(plan, first, count, hits);
  } else {
    search_shared<ShaNi, 1>(plan, first, count, hits);
  }
}

void shani_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  search_interleaved<ShaNi, 2>(plan, first, count, hits);
}

void shani_x6_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  _mm256_zeroupper();
  search_interleaved<ShaNi, 3>(plan, first, count, hits);
}

}  // namespace lode::kernels
