#include "host/chain/script.h"

#include <gtest/gtest.h>

#include "host/base/hex.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

TEST(HeightPush, IsWhatConsensusCompares) {
  const std::pair<std::uint32_t, std::string_view> cases[] = {{0, "00"},
                                                              {1, "51"},
                                                              {2, "52"},
                                                              {16, "60"},
                                                              {17, "0111"},
                                                              {100, "0164"},
                                                              {127, "017f"},
                                                              {128, "028000"},
                                                              {255, "02ff00"},
                                                              {256, "020001"},
                                                              {32767, "02ff7f"},
                                                              {32768, "03008000"},
                                                              {65535, "03ffff00"},
                                                              {65536, "03000001"},
                                                              {227931, "035b7a03"},
                                                              {840000, "0340d10c"},
                                                              {8388607, "03ffff7f"},
                                                              {8388608, "0400008000"},
                                                              {0x7fffffff, "04ffffff7f"},
                                                              {0x80000000, "050000008000"},
                                                              {0xffffffff, "05ffffffff00"}};
  for (const auto& [height, expected] : cases)
    EXPECT_EQ(to_hex(height_push(height)), expected) << height;
}

TEST(AppendPush, TakesTheShortestOpcode) {
  const std::pair<std::size_t, std::string_view> cases[] = {
      {0, "00"}, {1, "01"}, {75, "4b"}, {76, "4c4c"}, {255, "4cff"}, {256, "4d0001"}, {520, "4d0802"}};
  for (const auto& [size, prefix] : cases) {
    Bytes script;
    append_push(script, Bytes(size, 0xee));
    EXPECT_EQ(to_hex(script), std::string(prefix) + to_hex(Bytes(size, 0xee)));
    EXPECT_EQ(push_length(size), script.size());
  }
}

TEST(CountSigops, CountsWithoutLookingAtKeys) {
  EXPECT_EQ(count_sigops({}), 0U);
  EXPECT_EQ(count_sigops(hex("76a914000000000000000000000000000000000000000088ac")), 1U);
  EXPECT_EQ(count_sigops(hex("acadaeaf")), 42U);
  EXPECT_EQ(count_sigops(hex("5151ae")), 20U) << "1 of 1 counts 20 too";
}

TEST(CountSigops, PassesOverPushedData) {
  EXPECT_EQ(count_sigops(hex("02acac")), 0U);
  EXPECT_EQ(count_sigops(hex("02acacac")), 1U);
  EXPECT_EQ(count_sigops(hex("4c02acacac")), 1U);
  EXPECT_EQ(count_sigops(hex("4d0200acacac")), 1U);
  EXPECT_EQ(count_sigops(hex("4e02000000acacac")), 1U);
}

TEST(CountSigops, StopsWhereAPushRunsPastTheEnd) {
  EXPECT_EQ(count_sigops(hex("ac05acac")), 1U);
  EXPECT_EQ(count_sigops(hex("ac4c")), 1U);
  EXPECT_EQ(count_sigops(hex("ac4dac")), 1U);
  EXPECT_EQ(count_sigops(hex("ac4effffffffac")), 1U);
}

}  // namespace
}  // namespace lode::chain
