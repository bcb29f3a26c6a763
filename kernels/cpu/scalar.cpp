#include "kernels/cpu/block_functions.h"

namespace lode::kernels {

void scalar_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t nonce = first + i;
      if (is_hit(search_hash(plan.tail, plan.states[m], nonce), plan.limit)) hits.push(nonce, m);
    }
  }
}

}  // namespace lode::kernels
