// Lets one source be CUDA and plain C++: the few words in which the two differ.
//
// Everything else in the kernels is plain functions of plain words, so the same lines that a GPU runs are run by the
// tests on a CPU (host_grid.h). Values only.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define LODE_DEVICE __host__ __device__ __forceinline__
#define LODE_UNROLL _Pragma("unroll")
#define LODE_ROLLED _Pragma("unroll 1")
#else
#define LODE_DEVICE [[gnu::always_inline]] inline
#define LODE_UNROLL _Pragma("GCC unroll 64")
#define LODE_ROLLED
#endif

namespace lode::kernels::gpu {

/// x rotated right by n, 0 < n < 32: one funnel shift on the ALU pipe.
LODE_DEVICE std::uint32_t rotate(std::uint32_t x, std::uint32_t n) noexcept {
#ifdef __CUDA_ARCH__
  return __funnelshift_r(x, x, n);
#else
  return (x >> n) | (x << (32 - n));
#endif
}

/// x * y + z on the FMA pipe. Written as assembly so that the compiler neither reorders the sum nor takes it apart.
LODE_DEVICE std::uint32_t multiply_add(std::uint32_t x, std::uint32_t y, std::uint32_t z) noexcept {
#ifdef __CUDA_ARCH__
  std::uint32_t sum;
  asm("mad.lo.u32 %0, %1, %2, %3;" : "=r"(sum) : "r"(x), "r"(y), "r"(z));
  return sum;
#else
  return x * y + z;
#endif
}

/// The high word of x * y, plus z, on the FMA pipe.
LODE_DEVICE std::uint32_t multiply_high_add(std::uint32_t x, std::uint32_t y, std::uint32_t z) noexcept {
#ifdef __CUDA_ARCH__
  std::uint32_t sum;
  asm("mad.hi.u32 %0, %1, %2, %3;" : "=r"(sum) : "r"(x), "r"(y), "r"(z));
  return sum;
#else
  return static_cast<std::uint32_t>((std::uint64_t{x} * y) >> 32) + z;
#endif
}

/// x + y + z as one instruction of the ALU pipe.
LODE_DEVICE std::uint32_t add_three(std::uint32_t x, std::uint32_t y, std::uint32_t z) noexcept {
#ifdef __CUDA_ARCH__
  std::uint32_t sum;
  asm("{ .reg .u32 two; add.u32 two, %1, %2; add.u32 %0, two, %3; }" : "=r"(sum) : "r"(x), "r"(y), "r"(z));
  return sum;
#else
  return x + y + z;
#endif
}

/// x ^ y ^ z, one instruction of the ALU pipe without being asked.
LODE_DEVICE std::uint32_t xor_three(std::uint32_t x, std::uint32_t y, std::uint32_t z) noexcept {
  return x ^ y ^ z;
}

LODE_DEVICE std::uint32_t bytes_reversed(std::uint32_t x) noexcept {
#ifdef __CUDA_ARCH__
  return __byte_perm(x, 0, 0x0123);
#else
  return __builtin_bswap32(x);
#endif
}

/// A value that the compiler has to keep in a register, whatever it knows about it.
LODE_DEVICE std::uint32_t in_register(std::uint32_t x) noexcept {
#ifdef __CUDA_ARCH__
  asm volatile("mov.u32 %0, %0;" : "+r"(x));
#endif
  return x;
}

}  // namespace lode::kernels::gpu
