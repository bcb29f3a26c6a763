#include "host/chain/compact_size.h"

#include <gmock/gmock.h>

#include <limits>

#include "host/base/hex.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Case {
  std::uint64_t value;
  std::string_view bytes;
};

constexpr Case kCases[] = {
    {0, "00"},
    {1, "01"},
    {0xfc, "fc"},
    {0xfd, "fdfd00"},
    {0xffff, "fdffff"},
    {0x10000, "fe00000100"},
    {0xffffffff, "feffffffff"},
    {0x100000000, "ff0000000001000000"},
    {std::numeric_limits<std::uint64_t>::max(), "ffffffffffffffffff"},
};

TEST(CompactSize, WritesAndReadsTheShortestForm) {
  for (const Case& c : kCases) {
    Bytes bytes;
    append_compact_size(bytes, c.value);
    EXPECT_EQ(to_hex(bytes), c.bytes);
    EXPECT_EQ(compact_size_length(c.value), bytes.size());
    Reader reader(bytes);
    EXPECT_EQ(read_compact_size(reader), c.value);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0U);
  }
}

TEST(CompactSize, RefusesLongerForms) {
  for (const char* text :
       {"fd0000", "fdfc00", "fe00000000", "feffff0000", "ff0000000000000000", "ffffffffff00000000"}) {
    const Bytes bytes = hex(text);
    Reader reader(bytes);
    EXPECT_EQ(read_compact_size(reader), 0U) << text;
    EXPECT_FALSE(reader.ok()) << text;
  }
}

TEST(CompactSize, RefusesWhatIsCutShort) {
  for (const Case& c : kCases) {
    Bytes bytes = hex(c.bytes);
    bytes.pop_back();
    Reader reader(bytes);
    EXPECT_EQ(read_compact_size(reader), 0U);
    EXPECT_FALSE(reader.ok()) << c.bytes;
  }
}

TEST(ReadCount, IsHeldAgainstWhatIsLeft) {
  const Bytes fits = hex("02aabbccdd");
  Reader two(fits);
  EXPECT_EQ(read_count(two, 2), 2U);
  EXPECT_TRUE(two.ok());
  Reader too_many(fits);
  EXPECT_EQ(read_count(too_many, 3), 0U);
  EXPECT_FALSE(too_many.ok());
  const Bytes huge = hex("ffffffffffffffffffaabb");
  Reader overflow(huge);
  EXPECT_EQ(read_count(overflow, 1'000'000), 0U);
  EXPECT_FALSE(overflow.ok());
}

TEST(ReadSizedBytes, HoldsItsLimit) {
  const Bytes bytes = hex("03aabbcc");
  Reader within(bytes);
  EXPECT_THAT(read_sized_bytes(within, 3), ElementsAre(0xaa, 0xbb, 0xcc));
  Reader above(bytes);
  EXPECT_TRUE(read_sized_bytes(above, 2).empty());
  EXPECT_FALSE(above.ok());
}

TEST(Reader, ReadsInOrderAndThenFailsForGood) {
  const Bytes bytes = hex("010302070605040f0e0d0c0b0a0908ff");
  Reader reader(bytes);
  EXPECT_EQ(reader.peek(1), 0x03);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0fU);
  EXPECT_EQ(reader.offset(), 15U);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "a byte is left, but the reader has failed";
  EXPECT_EQ(reader.remaining(), 0U);
  EXPECT_EQ(reader.peek(), 0);
  EXPECT_TRUE(reader.error().is(Errc::kMalformed));
  EXPECT_THAT(reader.error().detail, HasSubstr("at byte 15: 2 bytes expected, 1 left"));
}

TEST(Reader, KeepsTheFirstFailure) {
  Reader reader({});
  reader.fail("first");
  reader.fail("second");
  EXPECT_THAT(reader.error().detail, HasSubstr("first"));
}

}  // namespace
}  // namespace lode::chain
