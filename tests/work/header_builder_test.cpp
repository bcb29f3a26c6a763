#include "host/work/header_builder.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "host/base/hex.h"
#include "host/chain/merkle.h"
#include "tests/support/test_work.h"

namespace lode::work {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(Extranonce2, IsLittleEndianCutOrPaddedToItsSize) {
  const std::uint64_t counter = 0x8877665544332211;
  for (std::size_t size = 0; size <= 16; ++size) {
    const Bytes field = encode_extranonce2(counter, size);
    ASSERT_EQ(field.size(), size);
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_EQ(field[i], i < 8 ? 0x11 * (i + 1) : 0) << size << " " << i;
  }
}

TEST(Extranonce2, LastIsWhereFieldsBeginToRepeat) {
  EXPECT_EQ(last_extranonce2(0), 0U);
  EXPECT_EQ(last_extranonce2(1), 0xffU);
  EXPECT_EQ(last_extranonce2(2), 0xffffU);
  EXPECT_EQ(last_extranonce2(3), 0xffffffU);
  EXPECT_EQ(last_extranonce2(4), 0xffffffffU);
  EXPECT_EQ(last_extranonce2(5), 0xffffffffffU);
  EXPECT_EQ(last_extranonce2(6), 0xffffffffffffU);
  EXPECT_EQ(last_extranonce2(7), 0xffffffffffffffU);
  for (std::size_t size = 8; size <= 16; ++size)
    EXPECT_EQ(last_extranonce2(size), kMax);
  for (std::size_t size = 1; size <= 16; ++size) {
    EXPECT_EQ(encode_extranonce2(last_extranonce2(size), size), encode_extranonce2(kMax, size));
  }
  for (std::size_t size = 0; size <= 2; ++size) {
    std::set<std::string> fields;
    for (std::uint64_t counter = 0; counter <= last_extranonce2(size); ++counter) {
      fields.insert(to_hex(encode_extranonce2(counter, size)));
    }
    EXPECT_EQ(fields.size(), last_extranonce2(size) + 1) << size;
    EXPECT_TRUE(fields.contains(to_hex(encode_extranonce2(last_extranonce2(size) + 1, size))));
  }
}

TEST(HeaderBuilder, PutsTheCoinbaseTogether) {
  WorkTemplate work;
  work.coinbase_prefix = {1, 2};
  work.extranonce1 = {3};
  work.extranonce2_size = 2;
  work.coinbase_suffix = {6, 7};
  EXPECT_EQ(coinbase_without_witness(work, 0x0504), (Bytes{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(merkle_root(work, 0x0504), chain::sha256d(Bytes{1, 2, 3, 4, 5, 6, 7}));
}

TEST(HeaderBuilder, RootIsThatOfTheWholeTree) {
  auto work = *test::make_template(1);
  for (std::size_t others = 0; others <= 9; ++others) {
    std::vector<chain::Hash256> txids(others);
    for (std::size_t i = 0; i < others; ++i)
      txids[i].bytes.fill(static_cast<std::uint8_t>(i + 1));
    work.merkle_branch = chain::coinbase_branch(txids);
    txids.insert(txids.begin(), chain::sha256d(coinbase_without_witness(work, 42)));
    EXPECT_EQ(merkle_root(work, 42), chain::merkle_root(txids)) << others;
  }
}

TEST(HeaderBuilder, TakesRolledFieldsFromTheRoll) {
  const auto work = test::make_template(9);
  const Roll roll{.extranonce2 = 5, .version = 0x20002000, .time = work->time + 3, .nonce = 77};
  const chain::Header header = build_header(*work, roll);
  EXPECT_EQ(header.version, roll.version);
  EXPECT_EQ(header.previous_block, work->previous_block);
  EXPECT_EQ(header.merkle_root, merkle_root(*work, 5));
  EXPECT_EQ(header.time, roll.time);
  EXPECT_EQ(header.bits, work->bits);
  EXPECT_EQ(header.nonce, 77U);
}

}  // namespace
}  // namespace lode::work
