// The inner loops of this folder, one source file an instruction set; what each needs is in registry.cpp. Pure
// functions.
#pragma once

#include "kernels/cpu/block_scan.h"

namespace lode::kernels {

/// Portable C++, one nonce at a time: what the others are measured against.
void scalar_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;

#if defined(__x86_64__)
/// SHA extensions, two nonces at a time.
void shani_x2_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
/// SHA extensions, hash 1 of two nonces together with hash 2 of the two before.
void shani_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
/// SHA extensions, hash 1 of three nonces together with hash 2 of the three before.
void shani_x6_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;

/// SSE4.1, four nonces in the lanes of a vector.
void sse41_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;

/// AVX2, eight nonces in the lanes of a vector.
void avx2_x8_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
/// AVX2, hash 1 of eight nonces together with hash 2 of the eight before.
void avx2_x16_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;

/// AVX-512, sixteen nonces in the lanes of a vector.
void avx512_x16_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
/// AVX-512, hash 1 of sixteen nonces together with hash 2 of the sixteen before.
void avx512_x32_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
#endif

#if defined(__aarch64__)
/// SHA2 instructions, two nonces at a time.
void armv8_x2_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
/// SHA2 instructions, four nonces at a time.
void armv8_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;

/// NEON, four nonces in the lanes of a vector.
void neon_x4_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
/// NEON, hash 1 of four nonces together with hash 2 of the four before.
void neon_x8_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count, HitList& hits) noexcept;
#endif

}  // namespace lode::kernels
