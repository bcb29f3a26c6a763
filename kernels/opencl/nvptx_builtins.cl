// What NVIDIA's OpenCL compiler knows by itself and clang only declares, so that clang can compile the kernels for
// NVIDIA's GPUs. Included before their source; count_sass.py does that.

static size_t __attribute__((overloadable)) get_local_id(uint dimension) {
  return dimension == 0 ? (size_t)__nvvm_read_ptx_sreg_tid_x() : 0;
}

static void __attribute__((overloadable, convergent)) barrier(cl_mem_fence_flags flags) { __syncthreads(); }

static uint __attribute__((overloadable)) min(uint x, uint y) { return x < y ? x : y; }

#define LODE_ATOMIC(name, operation)                                                             \
  static uint __attribute__((overloadable)) name(volatile __global uint* p, uint x) {            \
    uint before;                                                                                 \
    __asm__ volatile("atom.global." operation " %0, [%1], %2;" : "=r"(before) : "l"(p), "r"(x)); \
    return before;                                                                               \
  }
LODE_ATOMIC(atomic_or, "or.b32")
LODE_ATOMIC(atomic_xchg, "exch.b32")
LODE_ATOMIC(atomic_add, "add.u32")

static uint __attribute__((overloadable)) atomic_inc(volatile __global uint* p) { return atomic_add(p, 1u); }
