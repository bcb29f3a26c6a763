// Loops of known instructions, whose rates say what the scan kernels can hope for, and a probe of the clock.
//
// Every chain is x = op(x, its neighbour, a word), with four words in turn, so that no two steps can be folded into
// one. The compiler leaves what is written; check_microbench.py verifies that.
#include <cstdint>

#include "bench/gpu/microbench_params.h"
#include "kernels/gpu/portable.h"

namespace lode::bench {

using kernels::gpu::in_register;

struct Imad {
  static __device__ __forceinline__ std::uint32_t of(std::uint32_t x, std::uint32_t next, std::uint32_t word) {
    return kernels::gpu::multiply_add(x, word, next);
  }
};
struct ImadHi {
  static __device__ __forceinline__ std::uint32_t of(std::uint32_t x, std::uint32_t next, std::uint32_t word) {
    return kernels::gpu::multiply_high_add(x, word, next);
  }
};
/// Without a third term: the compiler makes a sum of 64 bits apart from the product.
struct ImadWide {
  static __device__ __forceinline__ std::uint64_t of(std::uint64_t x, std::uint64_t next, std::uint32_t) {
    std::uint64_t product;
    asm("mul.wide.u32 %0, %1, %2;"
        : "=l"(product)
        : "r"(static_cast<std::uint32_t>(x >> 32)), "r"(static_cast<std::uint32_t>(next)));
    return product;
  }
};
struct Lop3 {
  static __device__ __forceinline__ std::uint32_t of(std::uint32_t x, std::uint32_t next, std::uint32_t word) {
    std::uint32_t y;
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(y) : "r"(x), "r"(next), "r"(word));
    return y;
  }
};
struct Shf {
  static __device__ __forceinline__ std::uint32_t of(std::uint32_t x, std::uint32_t next, std::uint32_t) {
    return __funnelshift_r(x, next, 7);
  }
};
struct Iadd3 {
  static __device__ __forceinline__ std::uint32_t of(std::uint32_t x, std::uint32_t next, std::uint32_t word) {
    return kernels::gpu::add_three(x, next, word);
  }
};
/// A rotate and a sum in one.
struct LeaHi {
  static __device__ __forceinline__ std::uint32_t of(std::uint32_t x, std::uint32_t next, std::uint32_t) {
    return kernels::gpu::rotate(x, 25) + next;
  }
};

template <class Op>
struct WordOf {
  using Type = std::uint32_t;
};
template <>
struct WordOf<ImadWide> {
  using Type = std::uint64_t;
};

/// kChains values, each the next one's neighbour. Two of them make one dependent chain.
template <class Op, int kChains>
struct Chains {
  typename WordOf<Op>::Type x[kChains];

  __device__ __forceinline__ explicit Chains(std::uint32_t seed) {
    LODE_UNROLL
    for (int i = 0; i < kChains; ++i)
      x[i] = in_register(seed * (2 * i + 3) + threadIdx.x) * static_cast<typename WordOf<Op>::Type>(0x100000001ULL);
  }
  __device__ __forceinline__ void step(int i, std::uint32_t word) {
    x[i % kChains] = Op::of(x[i % kChains], x[(i + 1) % kChains], word);
  }
  __device__ __forceinline__ std::uint32_t digest() const {
    std::uint32_t sum = 0;
    LODE_UNROLL
    for (int i = 0; i < kChains; ++i)
      sum ^= static_cast<std::uint32_t>(x[i]) ^ static_cast<std::uint32_t>(static_cast<std::uint64_t>(x[i]) >> 32);
    return sum;
  }
};

__device__ __forceinline__ std::uint64_t nanoseconds() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)::"memory");
  return now;
}
__device__ __forceinline__ std::uint64_t clocks() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %clock64;" : "=l"(now)::"memory");
  return now;
}
__device__ __forceinline__ std::uint32_t multiprocessor() {
  std::uint32_t number;
  asm volatile("mov.u32 %0, %smid;" : "=r"(number));
  return number;
}

/// Runs `turn` as often as asked for and writes down when.
template <class Turn>
__device__ __forceinline__ void measure(const MicrobenchParams& params, Turn turn) {
  __syncthreads();
  const std::uint64_t nanoseconds_begin = nanoseconds();
  const std::uint64_t clock_begin = clocks();
  LODE_ROLLED
  for (std::uint32_t i = 0; i < params.iterations; ++i)
    turn();
  __syncthreads();
  const std::uint64_t clock_end = clocks();
  if (threadIdx.x == 0) {
    params.records[blockIdx.x] = {clock_begin, clock_end, nanoseconds_begin, nanoseconds(), multiprocessor()};
  }
}

template <class Op, int kChains, int kInstructions>
__device__ __forceinline__ void measure_one(const MicrobenchParams& params) {
  const std::uint32_t words[4] = {in_register(params.words[0]), in_register(params.words[1]),
                                  in_register(params.words[2]), in_register(params.words[3])};
  Chains<Op, kChains> chains(words[0]);
  measure(params, [&] {
    LODE_UNROLL
    for (int i = 0; i < kInstructions; ++i)
      chains.step(i, words[(i + i / kChains) % 4]);
  });
  if (chains.digest() == params.words[3]) *params.never_written = 1;
}

template <class First, class Second, int kChains, int kInstructions>
__device__ __forceinline__ void measure_two(const MicrobenchParams& params) {
  const std::uint32_t words[4] = {in_register(params.words[0]), in_register(params.words[1]),
                                  in_register(params.words[2]), in_register(params.words[3])};
  Chains<First, kChains> first(words[0]);
  Chains<Second, kChains> second(words[1]);
  measure(params, [&] {
    LODE_UNROLL
    for (int i = 0; i < kInstructions; ++i) {
      first.step(i, words[(i + i / kChains) % 4]);
      second.step(i, words[(i + i / kChains + 1) % 4]);
    }
  });
  if ((first.digest() ^ second.digest()) == params.words[3]) *params.never_written = 1;
}

using Params = MicrobenchParams;
constexpr int kPair = kRateInstructions / 2;

// Rates: eight chains of one instruction, or of each of two.
extern "C" __global__ void imad(Params p) {
  measure_one<Imad, 8, kRateInstructions>(p);
}
extern "C" __global__ void imad_hi(Params p) {
  measure_one<ImadHi, 8, kRateInstructions>(p);
}
extern "C" __global__ void imad_wide(Params p) {
  measure_one<ImadWide, 8, kRateInstructions>(p);
}
extern "C" __global__ void lop3(Params p) {
  measure_one<Lop3, 8, kRateInstructions>(p);
}
extern "C" __global__ void shf(Params p) {
  measure_one<Shf, 8, kRateInstructions>(p);
}
extern "C" __global__ void iadd3(Params p) {
  measure_one<Iadd3, 8, kRateInstructions>(p);
}
extern "C" __global__ void lea_hi(Params p) {
  measure_one<LeaHi, 8, kRateInstructions>(p);
}
extern "C" __global__ void lop3_imad(Params p) {
  measure_two<Lop3, Imad, 8, kPair>(p);
}
extern "C" __global__ void lop3_imad_hi(Params p) {
  measure_two<Lop3, ImadHi, 8, kPair>(p);
}
extern "C" __global__ void lop3_imad_wide(Params p) {
  measure_two<Lop3, ImadWide, 8, kPair>(p);
}
extern "C" __global__ void shf_imad(Params p) {
  measure_two<Shf, Imad, 8, kPair>(p);
}
extern "C" __global__ void shf_imad_hi(Params p) {
  measure_two<Shf, ImadHi, 8, kPair>(p);
}
extern "C" __global__ void iadd3_imad(Params p) {
  measure_two<Iadd3, Imad, 8, kPair>(p);
}
extern "C" __global__ void lea_hi_imad(Params p) {
  measure_two<LeaHi, Imad, 8, kPair>(p);
}
extern "C" __global__ void lop3_shf(Params p) {
  measure_two<Lop3, Shf, 8, kPair>(p);
}
extern "C" __global__ void lop3_iadd3(Params p) {
  measure_two<Lop3, Iadd3, 8, kPair>(p);
}
extern "C" __global__ void lop3_lea_hi(Params p) {
  measure_two<Lop3, LeaHi, 8, kPair>(p);
}
extern "C" __global__ void imad_imad_hi(Params p) {
  measure_two<Imad, ImadHi, 8, kPair>(p);
}

// Latencies: each instruction waits for the one before.
extern "C" __global__ void latency_imad(Params p) {
  measure_one<Imad, 2, kLatencyInstructions>(p);
}
extern "C" __global__ void latency_imad_hi(Params p) {
  measure_one<ImadHi, 2, kLatencyInstructions>(p);
}
extern "C" __global__ void latency_imad_wide(Params p) {
  measure_one<ImadWide, 2, kLatencyInstructions>(p);
}
extern "C" __global__ void latency_lop3(Params p) {
  measure_one<Lop3, 2, kLatencyInstructions>(p);
}
extern "C" __global__ void latency_shf(Params p) {
  measure_one<Shf, 2, kLatencyInstructions>(p);
}
extern "C" __global__ void latency_iadd3(Params p) {
  measure_one<Iadd3, 2, kLatencyInstructions>(p);
}
extern "C" __global__ void latency_lea_hi(Params p) {
  measure_one<LeaHi, 2, kLatencyInstructions>(p);
}

// How many warps it takes to fill both pipes where each warp has two chains, as in SHA-256.
extern "C" __global__ void warps_lop3_imad(Params p) {
  measure_two<Lop3, Imad, 2, kLatencyInstructions / 2>(p);
}

// What a long loop costs: straight-line code of so many KiB, 16 bytes an instruction.
extern "C" __global__ void loop_8k(Params p) {
  measure_two<Lop3, Imad, 8, 8 * 32>(p);
}
extern "C" __global__ void loop_16k(Params p) {
  measure_two<Lop3, Imad, 8, 16 * 32>(p);
}
extern "C" __global__ void loop_24k(Params p) {
  measure_two<Lop3, Imad, 8, 24 * 32>(p);
}
extern "C" __global__ void loop_32k(Params p) {
  measure_two<Lop3, Imad, 8, 32 * 32>(p);
}
extern "C" __global__ void loop_40k(Params p) {
  measure_two<Lop3, Imad, 8, 40 * 32>(p);
}
extern "C" __global__ void loop_48k(Params p) {
  measure_two<Lop3, Imad, 8, 48 * 32>(p);
}
extern "C" __global__ void loop_64k(Params p) {
  measure_two<Lop3, Imad, 8, 64 * 32>(p);
}
extern "C" __global__ void loop_96k(Params p) {
  measure_two<Lop3, Imad, 8, 96 * 32>(p);
}
extern "C" __global__ void loop_128k(Params p) {
  measure_two<Lop3, Imad, 8, 128 * 32>(p);
}
extern "C" __global__ void loop_192k(Params p) {
  measure_two<Lop3, Imad, 8, 192 * 32>(p);
}

/// One warp that sleeps beside whatever else runs, and says how fast the clock ran meanwhile.
extern "C" __global__ void clock_probe(Params p) {
  const std::uint64_t nanoseconds_begin = nanoseconds();
  const std::uint64_t clock_begin = clocks();
  while (nanoseconds() - nanoseconds_begin < p.nanoseconds)
    __nanosleep(20'000);
  if (threadIdx.x == 0) {
    p.records[blockIdx.x] = {clock_begin, clocks(), nanoseconds_begin, nanoseconds(), multiprocessor()};
  }
}

}  // namespace lode::bench
