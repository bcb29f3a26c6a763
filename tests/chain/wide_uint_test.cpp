#include "host/chain/wide_uint.h"

#include <gtest/gtest.h>

namespace lode::chain {
namespace {

TEST(WideUint, ShiftsAcrossLimbs) {
  const WideUint one(1);
  for (std::size_t bits = 0; bits < WideUint::kBits; ++bits) {
    const WideUint shifted = one.shifted_left(bits);
    EXPECT_EQ(shifted.bit_width(), bits + 1);
    EXPECT_TRUE(shifted.bit(bits));
    EXPECT_EQ(shifted.shifted_right(bits), one);
  }
  EXPECT_EQ(WideUint(0x8000000000000001).shifted_left(31).shifted_right(31), WideUint(0x8000000000000001));
}

TEST(WideUint, AddsAndSubtractsWithCarry) {
  WideUint number = WideUint(1).shifted_left(128);
  number.subtract(WideUint(1));
  EXPECT_EQ(number.bit_width(), 128U);
  number.add(WideUint(1));
  EXPECT_EQ(number, WideUint(1).shifted_left(128));
}

TEST(WideUint, DividesToTheFloor) {
  EXPECT_EQ(WideUint(100).divided_by(WideUint(7)), WideUint(14));
  EXPECT_EQ(WideUint(6).divided_by(WideUint(7)), WideUint(0));
  EXPECT_EQ(WideUint(7).shifted_left(300).divided_by(WideUint(7)), WideUint(1).shifted_left(300));
}

TEST(WideUint, BecomesTheNearestDouble) {
  EXPECT_EQ(WideUint(0).to_double(), 0.0);
  EXPECT_EQ(WideUint(1).shifted_left(300).to_double(), std::ldexp(1.0, 300));
  // 2^200 + 2^147 lies halfway between two doubles and goes to the even one; one more tips it over.
  WideUint halfway = WideUint(1).shifted_left(200);
  halfway.add(WideUint(1).shifted_left(147));
  EXPECT_EQ(halfway.to_double(), std::ldexp(1.0, 200));
  halfway.add(WideUint(1));
  EXPECT_EQ(halfway.to_double(), std::ldexp(1.0, 200) + std::ldexp(1.0, 148));
}

TEST(WideUint, ComparesFromTheTop) {
  EXPECT_LT(WideUint(0xffffffffffffffff), WideUint(1).shifted_left(64));
  EXPECT_GT(WideUint(2), WideUint(1));
}

}  // namespace
}  // namespace lode::chain
