#include "host/chain/block.h"

#include <gmock/gmock.h>

#include "host/chain/consensus.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::HasSubstr;

TEST(Block, SerializesToWhatItWasParsedFrom) {
  for (const KnownBlock& known : known_blocks()) {
    const Block block = known.parsed();
    EXPECT_EQ(block.serialize(), known.bytes);
    EXPECT_EQ(block.serialized_size(), known.bytes.size());
    EXPECT_EQ(block.header.hash(), known.hash);
    EXPECT_EQ(Block::parse(block.serialize()).value(), block);
  }
}

TEST(Block, WeighsWitnessesLess) {
  const KnownBlock known = known_block("made-regtest", 200);
  const Block block = known.parsed();
  const std::size_t stripped = block.serialize(WitnessForm::kWithout).size();
  EXPECT_LT(stripped, known.bytes.size());
  EXPECT_EQ(block.weight(), 3 * stripped + known.bytes.size());
  EXPECT_EQ(known_block("main", 170).parsed().weight(), 4 * known_block("main", 170).bytes.size());
}

TEST(Block, GivesTheIdsOfItsTransactions) {
  const Block block = known_block("made-regtest", 200).parsed();
  ASSERT_EQ(block.txids().size(), 2U);
  ASSERT_EQ(block.wtxids_without_coinbase().size(), 1U);
  EXPECT_EQ(block.txids()[1], block.transactions[1].txid());
  EXPECT_EQ(block.wtxids_without_coinbase()[0], block.transactions[1].wtxid());
  EXPECT_TRUE(Block().wtxids_without_coinbase().empty());
}

TEST(BlockParse, RefusesEveryTruncation) {
  const KnownBlock known = known_block("made-regtest", 200);
  for (std::size_t length = 0; length < known.bytes.size(); ++length) {
    const auto block = Block::parse(ByteView(known.bytes).first(length));
    ASSERT_FALSE(block) << length;
    EXPECT_TRUE(block.error().is(Errc::kMalformed));
  }
}

TEST(BlockParse, RefusesBytesBehindTheEnd) {
  Bytes bytes = known_block("main", 170).bytes;
  bytes.push_back(0);
  EXPECT_THAT(Block::parse(bytes).error().detail, HasSubstr("1 bytes after the end"));
}

TEST(BlockParse, RefusesMoreThanABlockCanHave) {
  EXPECT_TRUE(Block::parse(Bytes(kMaxBlockBytes + 1)).error().is(Errc::kTooLarge));
  EXPECT_FALSE(Block::parse(Bytes(kMaxBlockBytes)).error().is(Errc::kTooLarge));
}

TEST(BlockParse, RefusesATransactionCountThatCannotFollow) {
  Bytes bytes = known_block("main", 0).bytes;
  bytes[kHeaderSize] = 0xfc;
  EXPECT_FALSE(Block::parse(bytes));
}

TEST(BlockParse, NamesTheTransactionThatIsBroken) {
  Bytes bytes = known_block("main", 170).bytes;
  bytes.pop_back();
  EXPECT_THAT(Block::parse(bytes).error().detail, HasSubstr("transaction 1 "));
}

}  // namespace
}  // namespace lode::chain
