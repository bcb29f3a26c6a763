#include "host/chain/target.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <string>

namespace lode::chain {
namespace {

using testing::HasSubstr;

Target target_of(std::string_view text) {
  return Target::from_display(text).value();
}

std::string followed_by(std::string_view begin, std::size_t count, char character) {
  std::string text(begin);
  text.append(count, character);
  return text;
}

struct BitsCase {
  std::uint32_t bits;
  std::string_view target;
};

constexpr BitsCase kBitsCases[] = {
    {0x1d00ffff, "00000000ffff0000000000000000000000000000000000000000000000000000"},
    {0x1b0404cb, "00000000000404cb000000000000000000000000000000000000000000000000"},
    {0x207fffff, "7fffff0000000000000000000000000000000000000000000000000000000000"},
    {0x1705dd01, "00000000000000000005dd010000000000000000000000000000000000000000"},
    {0x1e0377ae, "00000377ae000000000000000000000000000000000000000000000000000000"},
    {0x170331db, "0000000000000000000331db0000000000000000000000000000000000000000"},
    {0x01120000, "0000000000000000000000000000000000000000000000000000000000000012"},
    {0x02123400, "0000000000000000000000000000000000000000000000000000000000001234"},
    {0x03123456, "0000000000000000000000000000000000000000000000000000000000123456"},
    {0x04123456, "0000000000000000000000000000000000000000000000000000000012345600"},
    {0x05009234, "0000000000000000000000000000000000000000000000000000000092340000"},
    {0x20123456, "1234560000000000000000000000000000000000000000000000000000000000"},
    {0x2100ffff, "ffff000000000000000000000000000000000000000000000000000000000000"},
};

TEST(TargetBits, ExpandAndCompact) {
  for (const BitsCase& c : kBitsCases) {
    EXPECT_EQ(Target::from_bits(c.bits).value().to_display(), c.target) << std::hex << c.bits;
    EXPECT_EQ(target_of(c.target).to_bits(), c.bits) << std::hex << c.bits;
  }
}

TEST(TargetBits, ThatAreNotTheShortestFormExpandToo) {
  EXPECT_EQ(Target::from_bits(0x01123456).value(), target_of(std::string(62, '0') + "12"));
  EXPECT_EQ(Target::from_bits(0x22000001).value().to_bits(), 0x20010000U);
}

TEST(TargetBits, RefuseZero) {
  for (const std::uint32_t bits : {0x00000000U, 0x00123456U, 0x01003456U, 0x02000056U, 0x03000000U, 0x04000000U,
                                   0x20000000U, 0x01800000U - 0x00800000U, 0x04800000U, 0xff000000U}) {
    const auto target = Target::from_bits(bits);
    ASSERT_FALSE(target) << std::hex << bits;
    EXPECT_TRUE(target.error().is(Errc::kOutOfRange));
    EXPECT_THAT(target.error().detail, HasSubstr("zero"));
  }
}

TEST(TargetBits, RefuseNegativeNumbers) {
  for (const std::uint32_t bits : {0x01fedcbaU, 0x04923456U, 0x1d80ffffU}) {
    const auto target = Target::from_bits(bits);
    ASSERT_FALSE(target) << std::hex << bits;
    EXPECT_THAT(target.error().detail, HasSubstr("negative"));
  }
}

TEST(TargetBits, RefuseMoreThan256Bits) {
  for (const std::uint32_t bits : {0xff123456U, 0x23000001U, 0x22000100U, 0x21010000U}) {
    const auto target = Target::from_bits(bits);
    ASSERT_FALSE(target) << std::hex << bits;
    EXPECT_THAT(target.error().detail, HasSubstr("more than 256 bits"));
  }
  EXPECT_TRUE(Target::from_bits(0x220000ff));
  EXPECT_TRUE(Target::from_bits(0x2100ffff));
  EXPECT_TRUE(Target::from_bits(0x207fffff));
}

TEST(TargetBits, OfTheExtremes) {
  EXPECT_EQ(Target().to_bits(), 0U);
  EXPECT_EQ(Target::max().to_bits(), 0x2100ffffU);
  EXPECT_EQ(target_of(std::string(62, '0') + "80").to_bits(), 0x02008000U);
}

struct DifficultyCase {
  std::string_view difficulty;
  std::string_view target;
};

// floor(0xffff * 2^208 / difficulty), computed apart with unbounded fractions.
constexpr DifficultyCase kDifficultyCases[] = {
    {"1", "00000000ffff0000000000000000000000000000000000000000000000000000"},
    {"0.001", "000003e7fc180000000000000000000000000000000000000000000000000000"},
    {"0.00015", "00001a0a90a00000000000000000000000000000000000000000000000000000"},
    {"1e-9", "3b9a8e6536000000000000000000000000000000000000000000000000000000"},
    {"1000", "00000000004188f5c28f5c28f5c28f5c28f5c28f5c28f5c28f5c28f5c28f5c28"},
    {"65536", "000000000000ffff000000000000000000000000000000000000000000000000"},
    {"8192", "000000000007fff8000000000000000000000000000000000000000000000000"},
    {"1000000.0", "00000000000010c6e6d9be4cd74927913e81450efdc9c4da9003eea209aaa3ad"},
    {"2.5", "0000000066660000000000000000000000000000000000000000000000000000"},
    {"16307.420938523983", "00000000000404cb0000000004f1519c2c1c5441dfb579aa85bdfc2c4aebfbde"},
    {"120033340651.24", "00000000000000000928efffffffbefc8d58b650464e817fe94a00870bf6b765"},
    {"0.0000000004", "950263fd07000000000000000000000000000000000000000000000000000000"},
    {"2.3283064370807974e-10", "fffeffff0000ff3d59dc86391317fa555b5901d734a21ad59c3a22150019c1e1"},
};

TEST(TargetDifficulty, DividesExactly) {
  for (const DifficultyCase& c : kDifficultyCases) {
    EXPECT_EQ(Target::from_difficulty(c.difficulty).value().to_display(), c.target) << c.difficulty;
    EXPECT_EQ(Target::from_difficulty(std::stod(std::string(c.difficulty))).value().to_display(), c.target)
        << c.difficulty;
  }
}

TEST(TargetDifficulty, IsTheSameHoweverItIsWritten) {
  const Target thousandth = Target::from_difficulty("0.001").value();
  for (const char* text : {".001", "1e-3", "1E-3", "+0.001", "0000.00100", "10e-4", "0.1e-2", "0.000001e+3", "1.e-3"}) {
    EXPECT_EQ(Target::from_difficulty(text).value(), thousandth) << text;
  }
}

TEST(TargetDifficulty, TooLowForATargetIsClamped) {
  for (const char* text : {"2.3e-10", "1e-10", "0.00000000001", "1e-400", "1e-999999999999"}) {
    EXPECT_EQ(Target::from_difficulty(text).value(), Target::max()) << text;
  }
  EXPECT_EQ(Target::from_difficulty(std::numeric_limits<double>::denorm_min()).value(), Target::max());
}

TEST(TargetDifficulty, TooHighForATargetIsRefused) {
  EXPECT_EQ(Target::from_difficulty("2.6e67").value(), target_of(std::string(63, '0') + "1"));
  for (const char* text : {"2.7e67", "1e68", "1e69", "1e400", "1e999999999999"}) {
    const auto target = Target::from_difficulty(text);
    ASSERT_FALSE(target) << text;
    EXPECT_TRUE(target.error().is(Errc::kOutOfRange)) << text;
  }
  EXPECT_TRUE(Target::from_difficulty(std::numeric_limits<double>::max()).error().is(Errc::kOutOfRange));
}

TEST(TargetDifficulty, RefusesWhatIsNotAboveZero) {
  for (const char* text : {"0", "0.0", "0e5", "-1", "-0", "-1e-9"}) {
    EXPECT_TRUE(Target::from_difficulty(text).error().is(Errc::kOutOfRange)) << text;
  }
  for (const double number : {0.0, -0.0, -1.0, std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(Target::from_difficulty(number).error().is(Errc::kOutOfRange)) << number;
  }
}

TEST(TargetDifficulty, RefusesWhatIsNoNumber) {
  for (const char* text : {"", ".", "+", "-", "nan", "inf", "1e", "1e+", "1e1.5", "e5", "1..2", "1,5", " 1", "1 ",
                           "0x10", "1e5x", "--1", "+-1"}) {
    EXPECT_TRUE(Target::from_difficulty(text).error().is(Errc::kMalformed)) << text;
  }
  EXPECT_TRUE(Target::from_difficulty(std::string(64, '1')));
  EXPECT_TRUE(Target::from_difficulty(std::string(65, '1')).error().is(Errc::kMalformed));
}

TEST(TargetDifficulty, HoldsWithEveryDigitThatIsRead) {
  // 62 digits behind the point: the widest numbers that the division meets.
  EXPECT_EQ(Target::from_difficulty(followed_by("0.", 62, '9')).value().to_display(),
            "00000000ffff0000000000000000000000000000000000000000000000041d1b");
  EXPECT_EQ(Target::from_difficulty(followed_by("0.000000001", 53, '0')).value(),
            Target::from_difficulty("1e-9").value());
  EXPECT_EQ(Target::from_difficulty(followed_by("9", 63, '0')).value(), Target::from_difficulty("9e63").value());
}

TEST(Target, TellsItsDifficulty) {
  EXPECT_DOUBLE_EQ(Target::difficulty_one().difficulty(), 1.0);
  EXPECT_DOUBLE_EQ(Target::from_bits(0x1b0404cb).value().difficulty(), 16307.420938523983);
  EXPECT_DOUBLE_EQ(Target::from_bits(0x207fffff).value().difficulty(), 4.6565423739069247e-10);
  EXPECT_DOUBLE_EQ(Target::from_bits(0x1705dd01).value().difficulty(), 48005534313578.78);
  EXPECT_TRUE(std::isinf(Target().difficulty()));
}

TEST(Target, TellsTheHashesExpected) {
  EXPECT_DOUBLE_EQ(Target::difficulty_one().expected_hashes(), 4295032833.000015);
  EXPECT_DOUBLE_EQ(Target::max().expected_hashes(), 1.0);
  EXPECT_DOUBLE_EQ(Target::from_bits(0x207fffff).value().expected_hashes(), 2.000000238418607);
  EXPECT_DOUBLE_EQ(Target().expected_hashes(), std::ldexp(1.0, 256));
}

TEST(Target, IsMetAtAndBelowIt) {
  const Target target = Target::from_bits(0x1d00ffff).value();
  EXPECT_TRUE(target.is_met_by(Hash256{target.le_bytes()}));
  EXPECT_TRUE(target.is_met_by(Hash256{}));
  EXPECT_FALSE(target.is_met_by(
      Hash256::from_display("00000000ffff0000000000000000000000000000000000000000000000000001").value()));
  EXPECT_TRUE(target.is_met_by(
      Hash256::from_display("00000000fffeffffffffffffffffffffffffffffffffffffffffffffffffffff").value()));
  EXPECT_FALSE(Target().is_met_by(Hash256::from_display(std::string(63, '0') + "1").value()));
}

TEST(Target, GivesItsHighestWord) {
  EXPECT_EQ(Target::difficulty_one().top_word(), 0U);
  EXPECT_EQ(Target::from_bits(0x207fffff).value().top_word(), 0x7fffff00U);
  EXPECT_EQ(Target::max().top_word(), 0xffffffffU);
}

TEST(Target, ComparesAsANumber) {
  const Target low = target_of("00000000000000000000000000000000000000000000000000000000000000ff");
  const Target high = target_of("0100000000000000000000000000000000000000000000000000000000000000");
  EXPECT_LT(low, high);
  EXPECT_GT(high, low);
  EXPECT_EQ(low <=> target_of(low.to_display()), std::strong_ordering::equal);
}

TEST(TargetScaled, MultipliesThenDivides) {
  const Target one = Target::difficulty_one();
  EXPECT_EQ(Target::scaled(one, 4, 1).to_display(), "00000003fffc0000000000000000000000000000000000000000000000000000");
  EXPECT_EQ(Target::scaled(one, 1, 4).to_display(), "000000003fffc000000000000000000000000000000000000000000000000000");
  // The main network's first rise, at block 32256: the 2016 blocks before took 1022578 s instead of 1209600.
  EXPECT_EQ(Target::scaled(one, 1262152739 - 1261130161, 1209600).to_bits(), 0x1d00d86aU);
  const Target scaled = Target::scaled(one, 0xffffffffffffffff, 0xffffffffffffffff);
  EXPECT_EQ(scaled, one);
}

TEST(TargetScaled, StopsAtTheHighestTarget) {
  EXPECT_EQ(Target::scaled(Target::max(), 2, 1), Target::max());
  EXPECT_EQ(Target::scaled(Target::max(), 0xffffffffffffffff, 1), Target::max());
  EXPECT_EQ(Target::scaled(Target::max(), 2, 2), Target::max());
  EXPECT_EQ(Target::scaled(Target::difficulty_one(), 1, 0), Target::max());
  EXPECT_EQ(Target::scaled(Target::difficulty_one(), 0, 7), Target());
}

}  // namespace
}  // namespace lode::chain
