// The operations that the hash is written in, by vendor. The build options say: LODE_FLAVOUR (0 plain, 1 AMD, 2 NVIDIA),
// LODE_BALANCE, LODE_WIDTH (nonces that a work-item does at once), LODE_GROUP_SIZE, LODE_KEYS_STORED (0 or 1).
// LODE_PLAIN_INTRINSICS puts plain code in the place of what only one vendor's compiler knows, for tests.

#if LODE_WIDTH == 1
typedef uint word_t;
#elif LODE_WIDTH == 2
typedef uint2 word_t;
#elif LODE_WIDTH == 4
typedef uint4 word_t;
#elif LODE_WIDTH == 8
typedef uint8 word_t;
#endif
#define LODE_WORD(x) ((word_t)(x))

#if LODE_FLAVOUR == 0

// rotate() turns left.
#define LODE_ROTATE(x, n) rotate(x, LODE_WORD(32u - n))
#define LODE_CHOOSE(e, f, g) bitselect(g, f, e)
#define LODE_MAJORITY(a, b, c) bitselect(c, b, (a) ^ (c))
#define LODE_XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define LODE_ADD3(x, y, z) ((x) + (y) + (z))

#elif LODE_FLAVOUR == 1

#ifdef LODE_PLAIN_INTRINSICS
#define LODE_BITALIGN(high, low, n) ((high) << (LODE_WORD(32u) - (n)) | (low) >> (n))
#else
#pragma OPENCL EXTENSION cl_amd_media_ops : enable
#define LODE_BITALIGN(high, low, n) amd_bitalign(high, low, n)
#endif
#define LODE_ROTATE(x, n) LODE_BITALIGN(x, x, LODE_WORD(n))
#define LODE_CHOOSE(e, f, g) bitselect(g, f, e)
#define LODE_MAJORITY(a, b, c) bitselect(c, b, (a) ^ (c))
#define LODE_XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define LODE_ADD3(x, y, z) ((x) + (y) + (z))

#elif LODE_FLAVOUR == 2

// As assembly for the same reason as in CUDA: the compiler must neither reorder a sum nor take a multiplication apart.
// lop3's number is the result for 0xf0, 0xcc and 0xaa.
#ifdef LODE_PLAIN_INTRINSICS
#define LODE_LOP3(table) \
  return ((table) >> 0 & 1 ? ~x & ~y & ~z : 0) | \
         ((table) >> 1 & 1 ? ~x & ~y & z : 0) | \
         ((table) >> 2 & 1 ? ~x & y & ~z : 0) | \
         ((table) >> 3 & 1 ? ~x & y & z : 0) | \
         ((table) >> 4 & 1 ? x & ~y & ~z : 0) | \
         ((table) >> 5 & 1 ? x & ~y & z : 0) | \
         ((table) >> 6 & 1 ? x & y & ~z : 0) | \
         ((table) >> 7 & 1 ? x & y & z : 0);
#define LODE_PTX(code, plain) return plain;
#else
#define LODE_LOP3(table) LODE_PTX("lop3.b32 %0, %1, %2, %3, " #table ";", 0)
#define LODE_PTX(code, plain)                                       \
  uint result;                                                      \
  __asm__(code : "=r"(result) : "r"(x), "r"(y), "r"(z));            \
  return result;
#endif
#define LODE_THREE(name, body) \
  static inline __attribute__((always_inline)) uint name(const uint x, const uint y, const uint z) { body }
LODE_THREE(LODE_CHOOSE, LODE_LOP3(0xca))
LODE_THREE(LODE_MAJORITY, LODE_LOP3(0xe8))
LODE_THREE(LODE_XOR3, LODE_LOP3(0x96))
LODE_THREE(LODE_FUNNEL, LODE_PTX("shf.r.wrap.b32 %0, %1, %2, %3;", (x >> z) | (y << (32 - z))))
LODE_THREE(LODE_MAD, LODE_PTX("mad.lo.u32 %0, %1, %2, %3;", x * y + z))
LODE_THREE(LODE_MAD_HI, LODE_PTX("mad.hi.u32 %0, %1, %2, %3;", mul_hi(x, y) + z))
LODE_THREE(LODE_ADD3, LODE_PTX("{ .reg .u32 two; add.u32 two, %1, %2; add.u32 %0, two, %3; }", x + y + z))
#define LODE_ROTATE(x, n) LODE_FUNNEL(x, x, n)

#endif

// Parameters: words of the launch and of a midstate.
#define LODE_P(i) LODE_WORD(params[i])
#define LODE_M(i) LODE_WORD(midstate[i])

// K + W of rounds 16 .. 63, four to a group; `keys` is a work-item's own column of them. What is not a vector anyway is
// read four words at a time.
#define LODE_KEY_GROUPS 12
#if LODE_WIDTH == 1
typedef uint4 keys_t;
#define LODE_KEYS_OF_ITEM LODE_KEY_GROUPS
#define LODE_KEY(group, i) keys[(group) * LODE_GROUP_SIZE].s##i
#define LODE_PUT_KEYS(group, a, b, c, d) keys[(group) * LODE_GROUP_SIZE] = (uint4)(a, b, c, d)
#else
typedef word_t keys_t;
#define LODE_KEYS_OF_ITEM (4 * LODE_KEY_GROUPS)
#define LODE_KEY(group, i) keys[(4 * (group) + i) * LODE_GROUP_SIZE]
#define LODE_PUT_KEYS(group, a, b, c, d) \
  LODE_KEY(group, 0) = a;                \
  LODE_KEY(group, 1) = b;                \
  LODE_KEY(group, 2) = c;                \
  LODE_KEY(group, 3) = d
#endif
#define LODE_FUNCTION static inline __attribute__((always_inline))
