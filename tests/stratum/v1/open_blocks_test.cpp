#include "stratum/v1/open_blocks.h"

#include <gtest/gtest.h>

namespace lode::stratum::v1 {
namespace {

using namespace std::chrono_literals;
using TimePoint = OpenBlocks::TimePoint;

constexpr TimePoint kBegin{1h};

Submission make_block(std::uint8_t name, std::uint32_t height = 100, TimePoint found = kBegin) {
  Submission block;
  block.hash.bytes[0] = name;
  block.height = height;
  block.found = found;
  return block;
}

chain::Hash256 hash_of(std::uint8_t name) {
  return make_block(name).hash;
}

TEST(OpenBlocks, AreSentOnceAsLongAsAnAnswerMayCome) {
  OpenBlocks blocks;
  EXPECT_EQ(blocks.next_to_send(kBegin), nullptr);
  EXPECT_FALSE(blocks.next_deadline(30s));
  blocks.add(make_block(1));
  blocks.add(make_block(1));
  ASSERT_NE(blocks.next_to_send(kBegin), nullptr);
  blocks.note_sent(hash_of(1), 7, kBegin);
  EXPECT_EQ(blocks.next_to_send(kBegin + 1h), nullptr);
  ASSERT_NE(blocks.sent_as(7), nullptr);
  EXPECT_EQ(blocks.sent_as(7)->block.hash, hash_of(1));
  EXPECT_EQ(blocks.sent_as(8), nullptr);
  EXPECT_FALSE(blocks.overdue(kBegin - 1ns));
  EXPECT_EQ(blocks.overdue(kBegin)->hash, hash_of(1));
  EXPECT_EQ(blocks.next_deadline(30s), kBegin + 30s);
  blocks.close(hash_of(1));
  EXPECT_TRUE(blocks.all().empty());
  EXPECT_TRUE(blocks.knows(hash_of(1)));
  blocks.add(make_block(1));
  EXPECT_TRUE(blocks.all().empty()) << "found once more";
}

TEST(OpenBlocks, WaitLongerBeforeEachFurtherTimeButNotBeforeTheSecond) {
  OpenBlocks blocks;
  blocks.add(make_block(1));
  TimePoint now = kBegin;
  for (const std::chrono::seconds wait : {0s, 10s, 20s, 40s}) {
    blocks.note_sent(hash_of(1), 1, now);
    blocks.note_silence(hash_of(1), now);
    EXPECT_EQ(blocks.next_deadline(30s), now + wait);
    if (wait > 0s) {
      EXPECT_EQ(blocks.next_to_send(now + wait - 1ns), nullptr);
    }
    now += wait;
    EXPECT_NE(blocks.next_to_send(now), nullptr);
  }
  for (int i = 0; i < 100; ++i)
    blocks.note_sent(hash_of(1), 1, now);
  blocks.note_silence(hash_of(1), now);
  EXPECT_EQ(blocks.next_deadline(30s), now + 1h);
}

TEST(OpenBlocks, ARefusalHoldsForOneConnection) {
  OpenBlocks blocks;
  blocks.add(make_block(1));
  blocks.note_sent(hash_of(1), 1, kBegin);
  blocks.note_refusal(hash_of(1), kBegin);
  EXPECT_EQ(blocks.next_to_send(kBegin + 24h), nullptr);
  EXPECT_FALSE(blocks.next_deadline(30s));
  blocks.begin_connection();
  EXPECT_NE(blocks.next_to_send(kBegin), nullptr);
}

TEST(OpenBlocks, WhatIsOnItsWayIsNotAfterTheConnection) {
  OpenBlocks blocks;
  blocks.add(make_block(1));
  blocks.note_sent(hash_of(1), 1, kBegin);
  blocks.begin_connection();
  EXPECT_EQ(blocks.sent_as(1), nullptr);
  EXPECT_NE(blocks.next_to_send(kBegin), nullptr);
}

TEST(OpenBlocks, EndInTheChainOrBelowItOrByTheirAge) {
  OpenBlocks blocks;
  for (const std::uint8_t name : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}})
    blocks.add(make_block(name, std::uint32_t{99} + name));
  blocks.add(make_block(4, 0));
  const auto decided = blocks.look_at(hash_of(2), 102, kBegin);  // on top of the block at 101
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].block.hash, hash_of(2));
  EXPECT_TRUE(decided[0].in_chain);
  ASSERT_EQ(blocks.all().size(), 3U);
  EXPECT_EQ(blocks.all()[0].block.hash, hash_of(1)) << "a block in its place may yet be left";
  blocks.look_at(hash_of(9), 106, kBegin);
  EXPECT_EQ(blocks.all().size(), 3U) << "5 blocks are on top of the one at 100";
  const auto buried = blocks.look_at(hash_of(9), 107, kBegin);
  ASSERT_EQ(buried.size(), 1U);
  EXPECT_EQ(buried[0].block.hash, hash_of(1));
  EXPECT_FALSE(buried[0].in_chain);
  ASSERT_EQ(blocks.all().size(), 2U);
  EXPECT_EQ(blocks.all()[0].block.hash, hash_of(3));
  blocks.look_at(hash_of(9), 102, kBegin + 7 * 24h);
  EXPECT_EQ(blocks.all().size(), 2U);
  blocks.look_at(hash_of(9), 102, kBegin + 7 * 24h + 1ns);
  EXPECT_TRUE(blocks.all().empty());
}

TEST(OpenBlocks, TheFirstOfAHeightAreKept) {
  OpenBlocks blocks;
  for (std::uint8_t name = 1; name <= 2 * OpenBlocks::kMostOfAHeight; ++name)
    blocks.add(make_block(name));
  ASSERT_EQ(blocks.all().size(), OpenBlocks::kMostOfAHeight);
  EXPECT_EQ(blocks.all().front().block.hash, hash_of(1));
  blocks.add(make_block(99, 101));
  EXPECT_EQ(blocks.all().back().block.hash, hash_of(99));
}

TEST(OpenBlocks, TheOldestHeightsGiveWay) {
  OpenBlocks blocks;
  for (std::uint32_t i = 0; i < OpenBlocks::kMost + 3; ++i) {
    Submission block = make_block(static_cast<std::uint8_t>(i), 100 + i);
    block.hash.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    blocks.add(block);
  }
  EXPECT_EQ(blocks.all().size(), OpenBlocks::kMost);
  EXPECT_EQ(blocks.all().front().block.height, 103U);
}

TEST(OpenBlocks, ThoseOfAnEarlierRunKeepTheirPause) {
  OpenBlocks blocks;
  blocks.restore(make_block(1), 2, kBegin + 5s);
  EXPECT_EQ(blocks.next_to_send(kBegin), nullptr);
  EXPECT_NE(blocks.next_to_send(kBegin + 5s), nullptr);
  blocks.note_sent(hash_of(1), 1, kBegin + 5s);
  blocks.note_silence(hash_of(1), kBegin + 5s);
  EXPECT_EQ(blocks.next_deadline(30s), kBegin + 25s);
}

}  // namespace
}  // namespace lode::stratum::v1
