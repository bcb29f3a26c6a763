#include <immintrin.h>

#include "kernels/cpu/block_functions.h"

namespace lode::kernels {
namespace {
struct Lanes {
  __m256i v;
  Lanes() = default;
  [[gnu::always_inline]] explicit Lanes(__m256i x) noexcept : v(x) {}
  [[gnu::always_inline]] explicit Lanes(std::uint32_t x) noexcept : v(_mm256_set1_epi32(static_cast<int>(x))) {}
};
[[gnu::always_inline]] inline Lanes operator+(Lanes a, Lanes b) noexcept {
  return Lanes(_mm256_add_epi32(a.v, b.v));
}
[[gnu::always_inline]] inline Lanes operator^(Lanes a, Lanes b) noexcept {
  return Lanes(_mm256_xor_si256(a.v, b.v));
}
[[gnu::always_inline]] inline Lanes operator&(Lanes a, Lanes b) noexcept {
  return Lanes(_mm256_and_si256(a.v, b.v));
}
[[gnu::always_inline]] inline Lanes operator|(Lanes a, Lanes b) noexcept {
  return Lanes(_mm256_or_si256(a.v, b.v));
}
[[gnu::always_inline]] inline Lanes operator<<(Lanes a, int n) noexcept {
  return Lanes(_mm256_slli_epi32(a.v, n));
}
[[gnu::always_inline]] inline Lanes operator>>(Lanes a, int n) noexcept {
  return Lanes(_mm256_srli_epi32(a.v, n));
}
}  // namespace

void avx2_x8_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  for (std::uint32_t m = 0; m < plan.midstate_count; ++m) {
    for (std::uint32_t done = 0; done < count; done += 8) {
      const Lanes nonce = Lanes(first + done) + Lanes(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
      const Lanes h7 = search_hash(plan.tail, plan.states[m], nonce);
      const __m256i z = _mm256_cmpeq_epi32(_mm256_and_si256(h7.v, _mm256_set1_epi32(static_cast<int>(plan.mask))),
                                           _mm256_setzero_si256());
      if (_mm256_testz_si256(z, z) == 0) {
        alignas(32) std::uint32_t words[8];
        _mm256_store_si256(reinterpret_cast<__m256i*>(words), h7.v);
        for (std::uint32_t i = 0; i < 8 && i < count - done; ++i) {
          if (__builtin_bswap32(words[i]) <= plan.limit) hits.push(first + done + i, m);
        }
      }
    }
  }
}
}  // namespace lode::kernels
