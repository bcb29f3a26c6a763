// The AVX2 kernels: eight hashes in the lanes of a vector, or two such in a pipeline (lanes_search.h).
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include <immintrin.h>

#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/lanes_search.h"

namespace lode::kernels {
namespace {

/// One word of eight hashes. AVX2 has neither rotations nor operands that it spreads while it computes: shifts and
/// whole vectors of constants do.
struct Lanes {
  static constexpr std::uint32_t kCount = 8;
  using Constant = Lanes;

  __m256i v;

  [[gnu::always_inline]] static Lanes all(std::uint32_t x) noexcept { return {_mm256_set1_epi32(static_cast<int>(x))}; }
  [[gnu::always_inline]] static Lanes all(const Lanes& constant) noexcept { return constant; }
  [[gnu::always_inline]] static Lanes constant(std::uint32_t x) noexcept { return all(x); }
  [[gnu::always_inline]] static Lanes counting() noexcept { return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)}; }

  [[gnu::always_inline]] friend Lanes operator+(Lanes a, Lanes b) noexcept { return {_mm256_add_epi32(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator^(Lanes a, Lanes b) noexcept { return {_mm256_xor_si256(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator&(Lanes a, Lanes b) noexcept { return {_mm256_and_si256(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator|(Lanes a, Lanes b) noexcept { return {_mm256_or_si256(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator<<(Lanes a, int n) noexcept { return {_mm256_slli_epi32(a.v, n)}; }
  [[gnu::always_inline]] friend Lanes operator>>(Lanes a, int n) noexcept { return {_mm256_srli_epi32(a.v, n)}; }
};

[[gnu::always_inline]] inline bool any_passes(Lanes x, const Lanes& mask) noexcept {
  const __m256i passed = _mm256_cmpeq_epi32((x & mask).v, _mm256_setzero_si256());
  return _mm256_testz_si256(passed, passed) == 0;
}
[[gnu::always_inline]] inline void store(std::uint32_t* words, Lanes x) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), x.v);
}

}  // namespace

void avx2_x8_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kInTurn, Code::kLoops, Lanes>(plan, first, count, hits);
  _mm256_zeroupper();
}

void avx2_x16_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kPipeline, Code::kLoops, Lanes>(plan, first, count, hits);
  _mm256_zeroupper();
}

}  // namespace lode::kernels
