// Vectors of hashes: one word of several hashes side by side, as a word type for the algebra in kernels/core.
//
// An instruction set brings its own type, called Lanes below, with
//   kCount                            how many hashes
//   all(x)                            every lane set to a 32-bit word
//   Constant, constant(x), all(c)     how a constant is kept in memory: as a 32-bit word where instructions can spread
//                                     their operand over the lanes, as a whole vector where not
//   Lanes::counting()                 0, 1, 2, ..
//   operator +, ^, &, |, << and >>    each lane for itself
//   any_passes(x, mask)               whether there is a lane in which all bits of the mask are 0
//   store(words, x)                   the lanes, in order
// and with its own rotate_right, xor3, choose and majority (kernels/core/sha256.h) where it has instructions for them.
// Values only; nothing here belongs to an instruction set.
#pragma once

namespace lode::kernels {

/// Truth tables of functions of three bits, for instruction sets that have an instruction for all of them: bit
/// 4a + 2b + c is the result.
inline constexpr int kXor3Table = 0b1001'0110;
inline constexpr int kChooseTable = 0b1100'1010;
inline constexpr int kMajorityTable = 0b1110'1000;

/// A value that the compiler has to take as it comes: keeps it from folding addresses, tables and loops into the code.
template <class Value>
[[gnu::always_inline]] inline Value opaque(Value x) noexcept {
  asm volatile("" : "+r"(x) : : "memory");
  return x;
}

}  // namespace lode::kernels
