// The AVX-512 kernels: sixteen hashes in the lanes of a vector, or two such in a pipeline (lanes_search.h).
//
// This file is compiled with instruction set flags of its own (CMakeLists.txt). It must define nothing but the block
// functions: a test looks for other symbols.
#include <immintrin.h>

#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/lanes_search.h"

namespace lode::kernels {
namespace {

/// One word of sixteen hashes. Rotations are instructions, every function of three inputs is one, and instructions
/// spread a 32-bit operand in memory over the lanes.
struct Lanes {
  static constexpr std::uint32_t kCount = 16;
  using Constant = std::uint32_t;

  __m512i v;

  [[gnu::always_inline]] static Lanes all(const std::uint32_t& x) noexcept {
    return {_mm512_set1_epi32(static_cast<int>(x))};
  }
  [[gnu::always_inline]] static Constant constant(std::uint32_t x) noexcept { return x; }
  [[gnu::always_inline]] static Lanes counting() noexcept {
    return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)};
  }

  [[gnu::always_inline]] friend Lanes operator+(Lanes a, Lanes b) noexcept { return {_mm512_add_epi32(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator^(Lanes a, Lanes b) noexcept { return {_mm512_xor_si512(a.v, b.v)}; }
  [[gnu::always_inline]] friend Lanes operator>>(Lanes a, unsigned n) noexcept { return {_mm512_srli_epi32(a.v, n)}; }
};

/// Intel SDM volume 2, VPTERNLOG.
template <int kTable>
[[gnu::always_inline]] inline Lanes ternary(Lanes a, Lanes b, Lanes c) noexcept {
  return {_mm512_ternarylogic_epi32(a.v, b.v, c.v, kTable)};
}

template <int kBits>
[[gnu::always_inline]] inline Lanes rotate_right(Lanes x) noexcept {
  return {_mm512_ror_epi32(x.v, kBits)};
}
[[gnu::always_inline]] inline Lanes xor3(Lanes a, Lanes b, Lanes c) noexcept {
  return ternary<kXor3Table>(a, b, c);
}
[[gnu::always_inline]] inline Lanes choose(Lanes e, Lanes f, Lanes g) noexcept {
  return ternary<kChooseTable>(e, f, g);
}
[[gnu::always_inline]] inline Lanes majority(Lanes a, Lanes b, Lanes c, Lanes&) noexcept {
  return ternary<kMajorityTable>(a, b, c);
}

/// Instructions can read what they rotate from memory, and GCC lets all three read the same word there: loading it once
/// is faster.
[[gnu::always_inline]] inline Lanes loaded(Lanes x) noexcept {
  asm("" : "+v"(x.v));
  return x;
}
[[gnu::always_inline]] inline Lanes small_sigma0(Lanes w) noexcept {
  const Lanes x = loaded(w);
  return xor3(rotate_right<7>(x), rotate_right<18>(x), x >> 3);
}
[[gnu::always_inline]] inline Lanes small_sigma1(Lanes w) noexcept {
  const Lanes x = loaded(w);
  return xor3(rotate_right<17>(x), rotate_right<19>(x), x >> 10);
}

[[gnu::always_inline]] inline bool any_passes(Lanes x, std::uint32_t mask) noexcept {
  return _mm512_testn_epi32_mask(x.v, Lanes::all(mask).v) != 0;
}
[[gnu::always_inline]] inline void store(std::uint32_t* words, Lanes x) noexcept {
  _mm512_storeu_si512(words, x.v);
}

}  // namespace

void avx512_x16_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kInTurn, Code::kWrittenOut, Lanes>(plan, first, count, hits);
  _mm256_zeroupper();
}

void avx512_x32_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  search_block<Order::kPipeline, Code::kWrittenOut, Lanes>(plan, first, count, hits);
  _mm256_zeroupper();
}

}  // namespace lode::kernels
