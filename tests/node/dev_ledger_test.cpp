// Value rules of the embedded chain, and what its mempool offers to a block.
#include "host/node/dev_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/chain/consensus.h"
#include "host/node/dev_mempool.h"

namespace lode::node {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

chain::Transaction coinbase(std::uint8_t seed, std::uint64_t value) {
  chain::Transaction transaction;
  transaction.inputs.resize(1);
  transaction.inputs[0].script_sig = {seed, seed};
  transaction.outputs = {{value, {0x51}}, {0, {0x6a, 0x00}}};
  return transaction;
}

chain::Transaction spend(const std::vector<chain::OutPoint>& from, const std::vector<std::uint64_t>& to) {
  chain::Transaction transaction;
  for (const chain::OutPoint& outpoint : from) {
    chain::TxIn input;
    input.previous = outpoint;
    transaction.inputs.push_back(input);
  }
  for (const std::uint64_t value : to)
    transaction.outputs.push_back({value, {0x51}});
  return transaction;
}

class DevLedgerTest : public testing::Test {
 protected:
  DevLedgerTest() {
    DevLedgerView view(ledger_);
    view.add_coinbase(first_, 1);
    view.add_coinbase(second_, 2);
    std::move(view).commit(ledger_);
  }
  [[nodiscard]] chain::OutPoint first() const { return {first_.txid(), 0}; }
  [[nodiscard]] chain::OutPoint second() const { return {second_.txid(), 0}; }

  static std::string reason(DevLedgerView& view, const chain::Transaction& transaction,
                            const DevLedgerContext& context) {
    const auto spent = view.spend(transaction, context);
    return spent ? "" : spent.error().message();
  }

  DevLedger ledger_;
  const chain::Transaction first_ = coinbase(1, 1'000);
  const chain::Transaction second_ = coinbase(2, 500);
  const DevLedgerContext mature_{.height = 102, .median_time_past = 1'700'000'000, .maturity = 100};
};

TEST_F(DevLedgerTest, KeepsSpendableOutputsOnly) {
  EXPECT_EQ(ledger_.size(), 2U);
  ASSERT_NE(ledger_.find(first()), nullptr);
  EXPECT_EQ(ledger_.find(first())->value, 1'000U);
  EXPECT_EQ(ledger_.find({first_.txid(), 1}), nullptr);
}

TEST_F(DevLedgerTest, FeeIsWhatDoesNotComeOut) {
  DevLedgerView view(ledger_);
  EXPECT_EQ(view.spend(spend({first(), second()}, {700, 700}), mature_).value(), 100U);
  EXPECT_EQ(ledger_.size(), 2U) << "a view changes nothing before its commit";
  std::move(view).commit(ledger_);
  EXPECT_EQ(ledger_.find(first()), nullptr);
  EXPECT_EQ(ledger_.size(), 2U);
}

TEST_F(DevLedgerTest, ChainsWithinAView) {
  DevLedgerView view(ledger_);
  const auto parent = spend({first()}, {900});
  const auto child = spend({{parent.txid(), 0}}, {850});
  EXPECT_THAT(reason(view, child, mature_), StartsWith("bad-txns-inputs-missingorspent"));
  EXPECT_EQ(view.spend(parent, mature_).value(), 100U);
  EXPECT_EQ(view.spend(child, mature_).value(), 50U);
  EXPECT_THAT(reason(view, child, mature_), StartsWith("bad-txns-inputs-missingorspent"));
  std::move(view).commit(ledger_);
  EXPECT_EQ(ledger_.find({parent.txid(), 0}), nullptr);
  EXPECT_NE(ledger_.find({child.txid(), 0}), nullptr);
}

TEST_F(DevLedgerTest, NamesWhatIsWrong) {
  DevLedgerView view(ledger_);
  const auto expect = [&](const char* name, const chain::Transaction& transaction, const DevLedgerContext& context) {
    EXPECT_THAT(reason(view, transaction, context), StartsWith(std::string(name) + ":"));
  };
  expect("bad-txns-vin-empty", spend({}, {1}), mature_);
  expect("bad-txns-vout-empty", spend({first()}, {}), mature_);
  expect("bad-txns-vout-toolarge", spend({first()}, {chain::kMaxMoney + 1}), mature_);
  expect("bad-txns-vout-toolarge", spend({first()}, {~std::uint64_t{0}}), mature_);
  expect("bad-txns-txouttotal-toolarge", spend({first()}, {chain::kMaxMoney, 1}), mature_);
  expect("bad-txns-inputs-duplicate", spend({first(), first()}, {1}), mature_);
  expect("bad-txns-prevout-null", spend({first(), {}}, {1}), mature_);
  expect("bad-txns-inputs-missingorspent", spend({{first_.txid(), 5}}, {1}), mature_);
  expect("bad-txns-in-belowout", spend({first()}, {1'001}), mature_);
  DevLedgerContext young = mature_;
  young.height = 101;
  expect("bad-txns-premature-spend-of-coinbase", spend({second()}, {1}), young);
  EXPECT_EQ(view.spend(spend({first()}, {1'000}), young).value(), 0U) << "the other one is just old enough";
}

TEST_F(DevLedgerTest, LockTimesAreHeightsOrTimes) {
  DevLedgerView view(ledger_);
  auto transaction = spend({first()}, {1});
  transaction.inputs[0].sequence = 0;
  for (const std::uint32_t open : {102U, 1'700'000'000U, 0xffffffffU}) {
    transaction.lock_time = open;
    EXPECT_THAT(reason(view, transaction, mature_), StartsWith("bad-txns-nonfinal")) << open;
  }
  for (const std::uint32_t over : {0U, 101U, 1'699'999'999U}) {
    DevLedgerView fresh(ledger_);
    transaction.lock_time = over;
    EXPECT_EQ(reason(fresh, transaction, mature_), "") << over;
  }
  transaction.lock_time = 102;
  transaction.inputs[0].sequence = 0xffffffff;
  EXPECT_EQ(reason(view, transaction, mature_), "");
}

TEST_F(DevLedgerTest, MempoolOffersInOrderAndDropsWhatIsDone) {
  DevMempool mempool(ledger_);
  const auto parent = spend({first()}, {900});
  const auto child = spend({{parent.txid(), 0}}, {850});
  EXPECT_FALSE(mempool.add(child, mature_));
  ASSERT_TRUE(mempool.add(parent, mature_));
  ASSERT_TRUE(mempool.add(child, mature_));
  EXPECT_THAT(mempool.add(child, mature_).error().message(), StartsWith("txn-already-in-mempool"));
  EXPECT_THAT(mempool.add(spend({first()}, {1}), mature_).error().message(),
              StartsWith("bad-txns-inputs-missingorspent"));
  EXPECT_THAT(mempool.add(coinbase(3, 1), mature_).error().message(), StartsWith("coinbase"));
  auto chosen = mempool.select();
  ASSERT_THAT(chosen, SizeIs(2));
  EXPECT_EQ(chosen[0]->txid, parent.txid());
  EXPECT_EQ(chosen[0]->fee, 100U);
  EXPECT_EQ(chosen[1]->txid, child.txid());

  DevLedgerView view(ledger_);  // a block takes the parent
  ASSERT_TRUE(view.spend(parent, mature_));
  std::move(view).commit(ledger_);
  mempool.on_ledger_changed(mature_);
  chosen = mempool.select();
  ASSERT_THAT(chosen, SizeIs(1));
  EXPECT_EQ(chosen[0]->txid, child.txid());

  DevLedgerView other(ledger_);  // another block spends what the child wanted
  ASSERT_TRUE(other.spend(spend({{parent.txid(), 0}}, {1}), mature_));
  std::move(other).commit(ledger_);
  mempool.on_ledger_changed(mature_);
  EXPECT_THAT(mempool.select(), IsEmpty());
  EXPECT_EQ(mempool.size(), 0U);
}

TEST_F(DevLedgerTest, MempoolLeavesOutWhatDoesNotFitAndWhatHangsOnIt) {
  DevMempool mempool(ledger_);
  auto big = spend({first()}, {900, 50});
  big.outputs[1].script_pubkey = Bytes(900'000, 0x6a);  // 3.6 million weight
  auto too_much = spend({{big.txid(), 0}}, {800, 50});
  too_much.outputs[1].script_pubkey = Bytes(200'000, 0x6a);
  const auto child = spend({{too_much.txid(), 0}}, {700});
  const auto small = spend({second()}, {400});
  for (const auto& transaction : {big, too_much, child, small})
    ASSERT_TRUE(mempool.add(transaction, mature_));
  const auto chosen = mempool.select();
  ASSERT_THAT(chosen, SizeIs(2));
  EXPECT_EQ(chosen[0]->txid, big.txid());
  EXPECT_EQ(chosen[1]->txid, small.txid());
  EXPECT_EQ(mempool.size(), 4U);

  auto huge = spend({{small.txid(), 0}}, {1});
  huge.outputs[0].script_pubkey = Bytes(1'000'000, 0x6a);
  EXPECT_THAT(mempool.add(huge, mature_).error().message(), StartsWith("bad-txns-oversize"));
  huge.outputs[0].script_pubkey = Bytes(20'000, 0xac);
  EXPECT_THAT(mempool.add(huge, mature_).error().message(), StartsWith("bad-blk-sigops"));
}

}  // namespace
}  // namespace lode::node
