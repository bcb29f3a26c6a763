#include "host/base/hex.h"

#include <gmock/gmock.h>

#include <array>

namespace lode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ToHex, WritesTwoLowerCaseDigitsAByte) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0x0f, 0xa0, 0xff}), "000fa0ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(FromHex, ReadsEitherCase) {
  EXPECT_THAT(from_hex("00aBcDeF", 4).value(), ElementsAre(0x00, 0xab, 0xcd, 0xef));
  EXPECT_THAT(from_hex("", 0).value(), IsEmpty());
}

TEST(FromHex, ReadsBackEveryByte) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(from_hex(to_hex(all), all.size()).value(), all);
}

TEST(FromHex, RefusesWhatIsNoHex) {
  EXPECT_TRUE(from_hex("abc", 10).error().is(Errc::kMalformed));
  EXPECT_TRUE(from_hex("0x12", 10).error().is(Errc::kMalformed));
  EXPECT_TRUE(from_hex("12 34 ", 10).error().is(Errc::kMalformed));
  EXPECT_TRUE(from_hex(std::string_view("1\0", 2), 10).error().is(Errc::kMalformed));
}

TEST(FromHex, RefusesEveryCharacterThatIsNoDigitInEitherPlace) {
  int refused = 0;
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    const bool digit = std::string_view("0123456789abcdefABCDEF").find(character) != std::string_view::npos;
    EXPECT_EQ(from_hex(std::string{character, '0'}, 1).has_value(), digit) << c;
    EXPECT_EQ(from_hex(std::string{'0', character}, 1).has_value(), digit) << c;
    if (!digit) ++refused;
  }
  EXPECT_EQ(refused, 256 - 22);
}

TEST(FromHex, HoldsTheLimit) {
  EXPECT_TRUE(from_hex("0011", 2));
  EXPECT_TRUE(from_hex("001122", 2).error().is(Errc::kTooLarge));
}

TEST(FromHexInto, TakesExactlyTheLength) {
  std::array<std::uint8_t, 2> out{};
  EXPECT_TRUE(from_hex_into("beef", out));
  EXPECT_THAT(out, ElementsAre(0xbe, 0xef));
  EXPECT_TRUE(from_hex_into("be", out).error().is(Errc::kMalformed));
  EXPECT_TRUE(from_hex_into("beef00", out).error().is(Errc::kMalformed));
  EXPECT_TRUE(from_hex_into("bexf", out).error().is(Errc::kMalformed));
}

}  // namespace
}  // namespace lode
