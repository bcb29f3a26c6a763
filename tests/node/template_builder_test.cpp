#include "host/node/template_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/chain/check.h"
#include "host/chain/witness_commitment.h"
#include "tests/node/dev_chain_fixture.h"

namespace lode::node {
namespace {

using testing::HasSubstr;

BlockParts parts(std::size_t transactions = 0) {
  BlockParts parts;
  parts.source = "test";
  parts.height = 700'000;
  parts.time = 1'700'000'000;
  parts.bits = 0x207fffff;
  parts.coinbase_value = 625'000'000;
  parts.payout_script = {0x51};
  parts.extranonce1 = {1, 2, 3, 4};
  auto body = std::make_shared<work::BlockBody>();
  std::vector<chain::Hash256> wtxids;
  chain::Transaction previous;
  previous.outputs = {{1, {0x51}}};
  for (std::size_t i = 0; i < transactions; ++i) {
    previous = test::spend(previous, i, i % 2 == 0);
    previous.serialize_to(body->transactions);
    parts.txids.push_back(previous.txid());
    wtxids.push_back(previous.wtxid());
  }
  body->transaction_count = transactions;
  body->coinbase_has_witness = true;
  parts.body = body;
  parts.witness_commitment_script = chain::witness_commitment_script(chain::witness_commitment(wtxids));
  return parts;
}

TEST(TemplateBuilder, GivesBlocksThatPassEveryRule) {
  for (const std::size_t transactions : {0U, 1U, 2U, 3U, 100U}) {
    const auto work = build_template(parts(transactions)).value();
    const auto checked = chain::check_block(ByteView(test::mine(*work)));
    EXPECT_TRUE(checked) << transactions << ": " << checked.error().message();
  }
}

TEST(TemplateBuilder, GoesWithoutWitness) {
  BlockParts plain = parts();
  plain.witness_commitment_script.reset();
  plain.body = std::make_shared<const work::BlockBody>();
  const auto work = build_template(plain).value();
  EXPECT_TRUE(chain::check_block(ByteView(test::mine(*work))));
}

TEST(TemplateBuilder, CarriesEverythingOver) {
  BlockParts wanted = parts(3);
  wanted.clean = false;
  wanted.version = 0x20000004;
  wanted.version_mask = 0x1fffe000;
  wanted.previous_block.bytes.fill(9);
  wanted.time_roll_limit = 77;
  wanted.extranonce2_size = 4;
  wanted.coinbase_text = "text";
  wanted.coinbase_aux_flags = {0x01, 0xfe};
  const auto work = build_template(wanted).value();
  EXPECT_EQ(work->source, "test");
  EXPECT_EQ(work->job_id, "");
  EXPECT_EQ(work->height, 700'000U);
  EXPECT_FALSE(work->clean);
  EXPECT_EQ(work->version, 0x20000004U);
  EXPECT_EQ(work->version_mask, 0x1fffe000U);
  EXPECT_EQ(work->previous_block, wanted.previous_block);
  EXPECT_EQ(work->time, 1'700'000'000U);
  EXPECT_EQ(work->time_roll_limit, 77U);
  EXPECT_EQ(work->bits, 0x207fffffU);
  EXPECT_EQ(work->network_target, chain::Target::from_bits(0x207fffff).value());
  EXPECT_EQ(work->share_target, work->network_target);
  EXPECT_EQ(work->extranonce1, wanted.extranonce1);
  EXPECT_EQ(work->extranonce2_size, 4U);
  EXPECT_EQ(work->body, wanted.body);
  EXPECT_EQ(work->merkle_branch.size(), 2U);
  const chain::Block block = test::block_of(*work);
  EXPECT_EQ(block.transactions[0].outputs[0].value, 625'000'000U);
  EXPECT_EQ(block.transactions[0].outputs[0].script_pubkey, wanted.payout_script);
  EXPECT_EQ(block.transactions[0].lock_time, 699'999U);
  const Bytes& script = block.transactions[0].inputs[0].script_sig;
  const std::string text(script.begin(), script.end());
  EXPECT_THAT(text, HasSubstr("text"));
  EXPECT_THAT(text, HasSubstr("\x01\xfe"));
}

TEST(TemplateBuilder, RefusesPartsThatDoNotFitTogether) {
  const auto refused = [](auto change) {
    BlockParts broken = parts(2);
    change(broken);
    return !build_template(broken).has_value();
  };
  EXPECT_FALSE(refused([](BlockParts&) {}));
  EXPECT_TRUE(refused([](BlockParts& p) { p.body = nullptr; }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.txids.pop_back(); }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.witness_commitment_script.reset(); }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.extranonce2_size = 17; }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.extranonce1.resize(90); }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.time_roll_limit = 0xffffffff; }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.coinbase_text = std::string(100, 'x'); }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.payout_script.clear(); }));
  EXPECT_TRUE(refused([](BlockParts& p) { p.coinbase_value = ~std::uint64_t{0}; }));
  for (const std::uint32_t bits : {0U, 0x207fffff | 0x00800000U, 0xff123456U, 0x01003456U}) {
    EXPECT_TRUE(refused([bits](BlockParts& p) { p.bits = bits; })) << bits;
  }
}

}  // namespace
}  // namespace lode::node
