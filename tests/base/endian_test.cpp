#include "host/base/endian.h"

#include <gmock/gmock.h>

#include <array>
#include <limits>

namespace lode {
namespace {

using testing::ElementsAre;

constexpr std::array<std::uint8_t, 8> kCounting{1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::span<const std::uint8_t, 8> kView(kCounting);

TEST(ReadLe, TakesTheFirstByteAsTheLowest) {
  EXPECT_EQ(read_le<std::uint8_t>(kView.first<1>()), 0x01);
  EXPECT_EQ(read_le<std::uint16_t>(kView.first<2>()), 0x0201);
  EXPECT_EQ(read_le<std::uint32_t>(kView.first<4>()), 0x04030201U);
  EXPECT_EQ(read_le<std::uint64_t>(kView), 0x0807060504030201U);
}

TEST(ReadBe, TakesTheFirstByteAsTheHighest) {
  EXPECT_EQ(read_be<std::uint8_t>(kView.first<1>()), 0x01);
  EXPECT_EQ(read_be<std::uint16_t>(kView.first<2>()), 0x0102);
  EXPECT_EQ(read_be<std::uint32_t>(kView.first<4>()), 0x01020304U);
  EXPECT_EQ(read_be<std::uint64_t>(kView), 0x0102030405060708U);
}

TEST(WriteLe, PutsTheLowestByteFirst) {
  std::array<std::uint8_t, 4> bytes{};
  write_le<std::uint32_t>(bytes, 0xa1b2c3d4);
  EXPECT_THAT(bytes, ElementsAre(0xd4, 0xc3, 0xb2, 0xa1));
  EXPECT_THAT(le_bytes<std::uint16_t>(0x0102), ElementsAre(2, 1));
}

TEST(WriteBe, PutsTheHighestByteFirst) {
  std::array<std::uint8_t, 4> bytes{};
  write_be<std::uint32_t>(bytes, 0xa1b2c3d4);
  EXPECT_THAT(bytes, ElementsAre(0xa1, 0xb2, 0xc3, 0xd4));
}

TEST(Endian, KeepsTheExtremes) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    std::array<std::uint8_t, 8> bytes{};
    write_le<std::uint64_t>(bytes, value);
    EXPECT_EQ(read_le<std::uint64_t>(bytes), value);
    write_be<std::uint64_t>(bytes, value);
    EXPECT_EQ(read_be<std::uint64_t>(bytes), value);
  }
}

}  // namespace
}  // namespace lode
