// A warp of a real GPU, as scan.h wants it. Only for CUDA; lives in registers.
#pragma once

#include <cstdint>

#include "kernels/cuda/scan.h"

namespace lode::kernels::cuda {

/// A thread's column of the block's shared memory: group g of thread t is at g * kThreads + t, so that the threads of a
/// warp meet no bank twice.
template <std::uint32_t kThreads>
struct SharedKeys {
  uint4* column;

  __device__ __forceinline__ void put(int group, const KeyGroup& keys) const noexcept {
    column[group * kThreads] = make_uint4(keys.words[0], keys.words[1], keys.words[2], keys.words[3]);
  }
  __device__ __forceinline__ KeyGroup get(int group) const noexcept {
    const uint4 four = column[group * kThreads];
    return {{four.x, four.y, four.z, four.w}};
  }
};

template <std::uint32_t kThreads>
struct GpuWarp {
  static constexpr std::uint32_t kLanes = 1;
  static constexpr std::uint32_t kAllLanes = 0xffffffff;

  uint4* shared = nullptr;  ///< kKeyGroups * kThreads of them, where the kernel stores keys

  __device__ __forceinline__ std::uint32_t lane(std::uint32_t) const noexcept { return threadIdx.x % kWarpThreads; }
  __device__ __forceinline__ bool leads() const noexcept { return lane(0) == 0; }
  __device__ __forceinline__ bool any(bool x) const noexcept { return __any_sync(kAllLanes, x); }
  __device__ __forceinline__ std::uint32_t take(std::uint32_t* word) const noexcept {
    std::uint32_t taken = 0;
    if (leads()) taken = add(word, 1);
    return __shfl_sync(kAllLanes, taken, 0);
  }
  __device__ __forceinline__ std::uint32_t add(std::uint32_t* word, std::uint32_t x) const noexcept {
    // In C++ the compiler would first gather what the lanes of a warp add, for which there is never a reason here.
    std::uint32_t before;
    asm volatile("atom.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(word), "r"(x) : "memory");
    return before;
  }
  __device__ __forceinline__ std::uint32_t exchange(std::uint32_t* word, std::uint32_t x) const noexcept {
    return atomicExch(word, x);
  }
  __device__ __forceinline__ std::uint32_t load(std::uint32_t* word) const noexcept {
    return *static_cast<volatile std::uint32_t*>(word);
  }
  __device__ __forceinline__ void store(std::uint32_t* word, std::uint32_t x) const noexcept {
    *static_cast<volatile std::uint32_t*>(word) = x;
  }
  __device__ __forceinline__ void store(HitSlot* slot, HitSlot hit) const noexcept {
    asm volatile("st.volatile.v2.u32 [%0], {%1, %2};"
                 :
                 : "l"(slot), "r"(hit.nonce_word), "r"(hit.midstate_plus_one)
                 : "memory");
  }
  __device__ __forceinline__ SharedKeys<kThreads> keys(std::uint32_t) const noexcept { return {shared + threadIdx.x}; }
};

}  // namespace lode::kernels::cuda
