// What NVIDIA's OpenCL compiler knows by itself and clang only declares, so that clang can compile the kernels for
// NVIDIA's GPUs. Included before their source; count_sass.py does that.

static size_t lode_local_id(uint dimension) { return dimension == 0 ? (size_t)__nvvm_read_ptx_sreg_tid_x() : 0; }
#define get_local_id lode_local_id

static __attribute__((convergent)) void lode_barrier(void) { __syncthreads(); }
#define barrier(fence) lode_barrier()

static uint lode_min(uint x, uint y) { return x < y ? x : y; }
#define min lode_min

#define LODE_ATOMIC(name, operation)                                                             \
  static uint name(volatile __global uint* p, uint x) {                                          \
    uint before;                                                                                 \
    __asm__ volatile("atom.global." operation " %0, [%1], %2;" : "=r"(before) : "l"(p), "r"(x)); \
    return before;                                                                               \
  }
LODE_ATOMIC(lode_or, "or.b32")
LODE_ATOMIC(lode_exchange, "exch.b32")
LODE_ATOMIC(lode_add, "add.u32")
#define atomic_or lode_or
#define atomic_xchg lode_exchange
#define atomic_inc(p) lode_add(p, 1u)
