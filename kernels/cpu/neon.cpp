// The NEON kernels: four hashes in the lanes of a vector, alone or two such in a pipeline (lanes_search.h).
//
// Every 64-bit ARM processor has these instructions (Arm Architecture Reference Manual, C7), so the file needs no flags
// for them. It must define nothing but the block functions all the same: a test looks for other symbols.
#include <arm_neon.h>

#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/lanes_search.h"

namespace lode::kernels {
namespace {

/// One word of four hashes. Operands are registers only, so constants are whole vectors, which a plain load brings.
struct Lanes {
  static constexpr std::uint32_t kCount = 4;
  using Constant = Lanes;

  uint32x4_t v;

  [[gnu::always_inline]] static Lanes all(std::uint32_t x) noexcept { return {vdupq_n_u32(x)}; }
  [[gnu::always_inline]] static Lanes all(const Lanes& constant) noexcept { return constant; }
  [[gnu::always_inline]] static Lanes constant(std::uint32_t x) noexcept { return all(x); }
  [[gnu::always_inline]] static Lanes counting() noexcept { return {uint32x4_t{0, 1, 2, 3}}; }

  [[gnu::always_inline]] friend Lanes operator+(Lanes a, Lanes b) noexcept { return {vaddq_u32(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator^(Lanes a, Lanes b) noexcept { return {veorq_u32(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator>>(Lanes a, int n) noexcept { return {a.v >> n}; }
};

/// SHL, and SRI to insert the bits that it pushed out.
template <int kBits>
[[gnu::always_inline]] inline Lanes rotate_right(Lanes x) noexcept {
  return {vsriq_n_u32(vshlq_n_u32(x.v, 32 - kBits), x.v, kBits)};
}
[[gnu::always_inline]] inline Lanes choose(Lanes e, Lanes f, Lanes g) noexcept {
  return {vbslq_u32(e.v, f.v, g.v)};
}
/// Where a and b differ, c decides; where not, either of them. BSL overwrites its mask, which nobody needs again.
[[gnu::always_inline]] inline Lanes majority(Lanes a, Lanes b, Lanes c, Lanes&) noexcept {
  return {vbslq_u32((a ^ b).v, c.v, b.v)};
}

[[gnu::always_inline]] inline bool any_passes(Lanes x, const Lanes& mask) noexcept {
  return vminvq_u32(vtstq_u32(x.v, mask.v)) == 0;
}
[[gnu::always_inline]] inline void store(std::uint32_t* words, Lanes x) noexcept {
  vst1q_u32(words, x.v);
}

}  // namespace

void neon_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kInTurn, Code::kLoops, Lanes>(plan, first, count, hits);
}

void neon_x8_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kPipeline, Code::kLoops, Lanes>(plan, first, count, hits);
}

}  // namespace lode::kernels
