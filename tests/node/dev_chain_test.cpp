// How the embedded chain grows: templates, subsidy, transactions, times, difficulty.
#include "host/node/dev_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "host/base/hex.h"
#include "host/chain/address.h"
#include "host/chain/consensus.h"
#include "host/chain/script.h"
#include "tests/node/dev_chain_fixture.h"

namespace lode::node {
namespace {

using test::mine;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = work::BlockOutcome::Kind;
using DevChainGrowth = test::DevChainTest;

std::uint64_t paid(const work::WorkTemplate& work) {
  std::uint64_t total = 0;
  const chain::Block block = test::block_of(work);
  for (const auto& output : block.transactions[0].outputs)
    total += output.value;
  return total;
}

TEST_F(DevChainGrowth, GrowsBlockByBlock) {
  const auto chain = make(options());
  EXPECT_EQ(chain->tip().height, 0U);
  EXPECT_FALSE(chain->outlives_process());
  for (std::uint32_t height = 1; height <= 30; ++height) {
    const auto work = chain->make_template(true).value();
    EXPECT_EQ(work->height, height);
    EXPECT_EQ(work->previous_block, chain->tip().hash);
    const work::BlockOutcome outcome = mine_next(*chain);
    ASSERT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
    EXPECT_EQ(outcome.reason, "");
    EXPECT_EQ(chain->tip().height, height);
  }
  EXPECT_EQ(chain->counters().accepted, 30U);
  EXPECT_EQ(chain->counters().rejected, 0U);
}

TEST_F(DevChainGrowth, TemplatesCarryTheOptions) {
  auto wanted = options();
  wanted.payout_script =
      chain::payout_script_for("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", chain::Network::kRegtest).value();
  wanted.coinbase_text = "/a text/";
  wanted.extranonce2_size = 5;
  const auto chain = make(wanted);
  const auto work = chain->make_template(false).value();
  EXPECT_FALSE(work->clean);
  EXPECT_EQ(work->version, 0x20000000U);
  EXPECT_EQ(work->version_mask, 0x1fffe000U);
  EXPECT_EQ(work->extranonce1.size(), 8U);
  EXPECT_EQ(work->extranonce2_size, 5U);
  EXPECT_EQ(work->bits, 0x207fffffU);
  EXPECT_EQ(work->network_target, work->share_target);
  EXPECT_EQ(work->time, clock_.unix_seconds);
  EXPECT_EQ(work->source, chain->name());
  const chain::Block block = test::block_of(*work);
  EXPECT_EQ(block.transactions[0].outputs[0].script_pubkey, wanted.payout_script);
  const Bytes& script = block.transactions[0].inputs[0].script_sig;
  EXPECT_THAT(std::string(script.begin(), script.end()), HasSubstr("/a text/"));
  EXPECT_TRUE(block.transactions[0].has_witness());
}

TEST_F(DevChainGrowth, RefusesOptionsThatGiveNoBlocks) {
  auto wanted = options();
  wanted.coinbase_text = std::string(101, 'x');
  EXPECT_FALSE(DevChain::create(io_.get_executor(), wanted, Log()));
  wanted = options();
  wanted.payout_script.clear();
  EXPECT_FALSE(DevChain::create(io_.get_executor(), wanted, Log()));
  wanted = options();
  wanted.extranonce2_size = 17;
  EXPECT_FALSE(DevChain::create(io_.get_executor(), wanted, Log()));
}

TEST_F(DevChainGrowth, NoTwoTemplatesShareAnExtranonce) {
  const auto chain = make(options());
  const auto other = make(options());
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(seen.insert(to_hex(chain->make_template(true).value()->extranonce1)).second);
    EXPECT_TRUE(seen.insert(to_hex(other->make_template(true).value()->extranonce1)).second);
  }
}

TEST_F(DevChainGrowth, SubsidyHalves) {
  auto wanted = options();
  wanted.halving_interval = 3;
  const auto chain = make(wanted);
  const std::uint64_t first = 50 * chain::kCoin;
  for (const std::uint64_t subsidy : {first, first, first / 2, first / 2, first / 2, first / 4}) {
    EXPECT_EQ(paid(*chain->make_template(true).value()), subsidy) << chain->tip().height + 1;
    ASSERT_EQ(mine_next(*chain).kind, Kind::kAccepted);
  }
  while (chain->tip().height < 3 * 64)
    ASSERT_EQ(mine_next(*chain).kind, Kind::kAccepted);
  EXPECT_EQ(paid(*chain->make_template(true).value()), 0U);
  EXPECT_EQ(mine_next(*chain).kind, Kind::kAccepted);
}

TEST_F(DevChainGrowth, CarriesTransactionsAndTheirFees) {
  const auto chain = make(options());
  const chain::Block first = chain::Block::parse(mine(*chain->make_template(true).value())).value();
  ASSERT_EQ(chain->judge(first.serialize()).kind, Kind::kAccepted);
  const auto parent = test::spend(first.transactions[0], 49 * chain::kCoin, true);
  EXPECT_THAT(chain->add_transaction(parent).error().message(), StartsWith("bad-txns-premature-spend-of-coinbase"));
  ASSERT_EQ(mine_next(*chain).kind, Kind::kAccepted);
  const auto child = test::spend(parent, 47 * chain::kCoin);
  ASSERT_TRUE(chain->add_transaction(parent));
  ASSERT_TRUE(chain->add_transaction(child));
  EXPECT_EQ(chain->waiting_transactions(), 2U);

  const auto work = chain->make_template(true).value();
  EXPECT_EQ(paid(*work), (50 + 1 + 2) * chain::kCoin);
  const chain::Block block = chain::Block::parse(mine(*work)).value();
  ASSERT_EQ(block.transactions.size(), 3U);
  EXPECT_EQ(block.transactions[1], parent);
  EXPECT_EQ(block.transactions[2], child);
  const auto outcome = chain->judge(block.serialize());
  ASSERT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
  EXPECT_EQ(chain->waiting_transactions(), 0U);
  EXPECT_NE(chain->ledger().find({child.txid(), 0}), nullptr);
  EXPECT_EQ(chain->ledger().find({parent.txid(), 0}), nullptr);
  EXPECT_EQ(paid(*chain->make_template(true).value()), 50 * chain::kCoin);
}

TEST_F(DevChainGrowth, TimeIsNowOrJustAboveTheMedian) {
  const auto chain = make(options());
  for (int i = 0; i < 40; ++i) {  // the clock stands still
    clock_.advance(2);
    const auto work = chain->make_template(true).value();
    EXPECT_EQ(work->time, std::max(clock_.unix_seconds, chain->median_time_past() + 1));
    const auto outcome = chain->judge(mine(*work));
    ASSERT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
  }
  EXPECT_LT(chain->tip().time, clock_.unix_seconds + 20);
  clock_.unix_seconds -= 100'000;  // and is then set back
  EXPECT_EQ(mine_next(*chain).kind, Kind::kAccepted);
}

TEST_F(DevChainGrowth, RolledTimesAndVersionsAreFine) {
  const auto chain = make(options());
  const auto work = chain->make_template(true).value();
  chain::Block block = test::block_of(*work);
  block.header.time += work->time_roll_limit;
  block.header.version |= 0x1fffe000;
  test::grind(block.header);
  const auto outcome = chain->judge(block.serialize());
  EXPECT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
}

TEST_F(DevChainGrowth, TakesBlocksOfEveryTemplateOnTheTip) {
  auto wanted = options();
  wanted.start_hashes = 64;
  const auto chain = make(wanted);
  const auto hard = chain->make_template(true).value();
  clock_.advance(8);
  const auto easy = chain->make_template(false).value();
  EXPECT_NE(hard->bits, easy->bits);
  EXPECT_GT(easy->network_target, hard->network_target);
  EXPECT_EQ(chain->judge(mine(*hard)).kind, Kind::kAccepted);
  EXPECT_EQ(chain->judge(mine(*easy)).kind, Kind::kStale);
}

TEST_F(DevChainGrowth, SettlesAtABlockASecondForARealMiner) {
  // A miner of 1000 hashes a second on a clock that goes by its hashes, from a start that is far too easy.
  constexpr double kRate = 1'000;
  const auto chain = make(options());
  double seconds = 0;
  constexpr int kBlocks = 300;
  for (int i = 0; i < kBlocks; ++i) {
    const auto work = chain->make_template(true).value();
    chain::Block block = test::block_of(*work);
    const double taken = static_cast<double>(test::grind(block.header)) / kRate;
    clock_.advance(taken);
    if (i >= 50) seconds += taken;
    const auto outcome = chain->judge(block.serialize());
    ASSERT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
  }
  EXPECT_NEAR(seconds / (kBlocks - 50), 1.0, 0.25);
}

}  // namespace
}  // namespace lode::node
