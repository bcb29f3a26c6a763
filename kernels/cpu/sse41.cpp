// The SSE4.1 kernel: four hashes in the lanes of a vector (lanes_search.h). Two in a pipeline are slower:
// without a third operand, instructions overwrite what the many live words need, and the moves fill the CPU.
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// function: a test looks for other symbols.
#include <smmintrin.h>

#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/lanes_search.h"

namespace lode::kernels {
namespace {

/// One word of four hashes.
struct Lanes {
  static constexpr std::uint32_t kCount = 4;
  using Constant = Lanes;

  __m128i v;

  [[gnu::always_inline]] static Lanes all(std::uint32_t x) noexcept { return {_mm_set1_epi32(static_cast<int>(x))}; }
  [[gnu::always_inline]] static Lanes all(const Lanes& constant) noexcept { return constant; }
  [[gnu::always_inline]] static Lanes constant(std::uint32_t x) noexcept { return all(x); }
  [[gnu::always_inline]] static Lanes counting() noexcept { return {_mm_setr_epi32(0, 1, 2, 3)}; }

  [[gnu::always_inline]] friend Lanes operator+(Lanes a, Lanes b) noexcept { return {_mm_add_epi32(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator^(Lanes a, Lanes b) noexcept { return {_mm_xor_si128(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator&(Lanes a, Lanes b) noexcept { return {_mm_and_si128(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator|(Lanes a, Lanes b) noexcept { return {_mm_or_si128(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator<<(Lanes a, int n) noexcept { return {_mm_slli_epi32(a.v, n)}; }
  [[gnu::always_inline]] friend Lanes operator>>(Lanes a, int n) noexcept { return {_mm_srli_epi32(a.v, n)}; }
};

[[gnu::always_inline]] inline bool any_passes(Lanes x, const Lanes& mask) noexcept {
  const __m128i passed = _mm_cmpeq_epi32((x & mask).v, _mm_setzero_si128());
  return _mm_testz_si128(passed, passed) == 0;
}
[[gnu::always_inline]] inline void store(std::uint32_t* words, Lanes x) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words), x.v);
}

}  // namespace

void sse41_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kInTurn, Code::kLoops, Lanes>(plan, first, count, hits);
}

}  // namespace lode::kernels
