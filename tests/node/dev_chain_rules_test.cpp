// Every way for a block to be refused: a good block is broken in one place, mined again, and must get Bitcoin's word
// for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/chain/consensus.h"
#include "host/node/dev_chain.h"
#include "tests/node/dev_chain_fixture.h"

namespace lode::node {
namespace {

using chain::Block;
using testing::StartsWith;
using Kind = work::BlockOutcome::Kind;

class DevChainRules : public test::DevChainTest {
 protected:
  DevChainRules() {
    for (int i = 0; i < 3; ++i) {
      clock_.advance(2);
      blocks_.push_back(Block::parse(test::mine(*chain_->make_template(true).value())).value());
      EXPECT_EQ(chain_->judge(blocks_.back().serialize()).kind, Kind::kAccepted);
    }
    clock_.advance(2);
  }

  Block next() { return test::block_of(*chain_->make_template(true).value()); }

  /// A transaction that may go into the next block.
  [[nodiscard]] chain::Transaction payment(std::uint64_t value = 1) const {
    return test::spend(blocks_[0].transactions[0], value);
  }

  /// The word the chain has for the block, once it is sealed and mined. The tip must stay.
  std::string refusal(Block block, bool sealed = false) {
    if (!sealed) test::seal(block);
    test::grind(block.header);
    return judged(block);
  }
  std::string judged(const Block& block) {
    const chain::Hash256 before = chain_->tip().hash;
    const auto outcome = chain_->judge(block.serialize());
    EXPECT_EQ(outcome.kind, Kind::kRejected) << outcome.detail;
    EXPECT_THAT(outcome.detail, StartsWith(outcome.reason));
    EXPECT_EQ(chain_->tip().hash, before);
    return outcome.reason;
  }

  std::unique_ptr<DevChain> chain_ = make(options());
  std::vector<Block> blocks_;
};

TEST_F(DevChainRules, AGoodBlockIsTakenAndABrokenOneDoesNoHarm) {
  Block block = next();
  block.transactions.push_back(payment());
  Block broken = block;
  broken.transactions[0].outputs[0].value += 50 * chain::kCoin;
  EXPECT_EQ(refusal(broken), "bad-cb-amount");
  test::seal(block);
  test::grind(block.header);
  const auto outcome = chain_->judge(block.serialize());
  EXPECT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
}

TEST_F(DevChainRules, Header) {
  Block block = next();
  test::grind(block.header, false);
  EXPECT_EQ(judged(block), "high-hash");

  block = next();
  block.header.bits = 0x207ffffe;
  EXPECT_EQ(refusal(block), "bad-diffbits");
  block = next();
  block.header.bits = 0;
  EXPECT_EQ(judged(block), "high-hash");
  block.header.bits = 0xffffffff;
  EXPECT_EQ(judged(block), "high-hash");

  block = next();
  block.header.time = chain_->median_time_past();
  EXPECT_EQ(refusal(block), "time-too-old");
  block = next();
  block.header.time = std::max(clock_.unix_seconds, chain_->median_time_past() + 1) + 7'201;
  EXPECT_EQ(refusal(block), "time-too-new");

  for (const std::uint32_t version : {0U, 3U, 0x80000000U, 0xffffffffU}) {
    block = next();
    block.header.version = version;
    EXPECT_EQ(refusal(block), "bad-version") << version;
  }

  block = next();
  block.header.merkle_root.bytes[5] ^= 1;
  EXPECT_EQ(refusal(block, true), "bad-txnmrklroot");
}

TEST_F(DevChainRules, Parents) {
  Block block = next();
  block.header.previous_block.bytes[0] ^= 1;
  EXPECT_EQ(refusal(block), "prev-blk-not-found");

  block.header.previous_block.bytes[0] ^= 1;
  test::seal(block);
  test::grind(block.header);
  const Bytes first = block.serialize();
  block.transactions[0].outputs[0].value -= 1;
  test::seal(block);
  test::grind(block.header);
  const Bytes competitor = block.serialize();
  EXPECT_EQ(chain_->judge(first).kind, Kind::kAccepted);
  const auto again = chain_->judge(first);
  EXPECT_EQ(again.kind, Kind::kAccepted) << "it is in the best chain";
  EXPECT_THAT(again.detail, StartsWith("duplicate"));
  for (int i = 0; i < 2; ++i) {
    const auto late = chain_->judge(competitor);
    EXPECT_EQ(late.kind, Kind::kStale);
    EXPECT_EQ(late.reason, "inconclusive");
  }
  test::grind(block.header, false);
  EXPECT_EQ(judged(block), "high-hash") << "being late does not excuse missing work";
  EXPECT_EQ(chain_->counters().duplicates, 1U);
  EXPECT_EQ(chain_->counters().stale, 2U);
}

TEST_F(DevChainRules, Coinbase) {
  Block block = next();
  block.transactions[0] = payment();
  block.header.merkle_root = chain::merkle_root(block.txids());
  EXPECT_EQ(refusal(block, true), "bad-cb-missing");

  block = next();
  block.transactions.push_back(blocks_[1].transactions[0]);
  EXPECT_EQ(refusal(block), "bad-cb-multiple");

  block = next();
  block.transactions[0].inputs[0].script_sig.resize(101);
  EXPECT_EQ(refusal(block), "bad-cb-length");
  block = next();
  block.transactions[0].inputs[0].script_sig.resize(1);
  EXPECT_EQ(refusal(block), "bad-cb-length");

  block = next();
  block.transactions[0].inputs[0].script_sig[0] += 1;
  EXPECT_EQ(refusal(block), "bad-cb-height");

  block = next();
  block.transactions[0].outputs[0].value += 1;
  EXPECT_EQ(refusal(block), "bad-cb-amount");
  block = next();
  block.transactions[0].outputs.insert(block.transactions[0].outputs.begin(), {1, {0x51}});
  EXPECT_EQ(refusal(block), "bad-cb-amount");
  block = next();
  block.transactions[0].outputs[0].value = ~std::uint64_t{0};
  EXPECT_EQ(refusal(block), "bad-txns-vout-toolarge");

  block = next();
  block.transactions[0].outputs[0].value -= 1;  // to claim less is allowed
  test::seal(block);
  test::grind(block.header);
  EXPECT_EQ(chain_->judge(block.serialize()).kind, Kind::kAccepted);
}

TEST_F(DevChainRules, Witness) {
  Block block = next();
  block.transactions[0].inputs[0].witness.clear();
  EXPECT_EQ(refusal(block), "bad-witness-nonce-size");
  block = next();
  block.transactions[0].inputs[0].witness[0].push_back(0);
  EXPECT_EQ(refusal(block), "bad-witness-nonce-size");

  block = next();
  block.transactions[0].outputs.back().script_pubkey[10] ^= 1;
  block.header.merkle_root = chain::merkle_root(block.txids());
  EXPECT_EQ(refusal(block, true), "bad-witness-merkle-match");
  block = next();
  block.transactions.push_back(test::spend(blocks_[0].transactions[0], 1, true));
  test::seal(block);
  block.transactions[1].inputs[0].witness[0][0] ^= 1;
  EXPECT_EQ(refusal(block, true), "bad-witness-merkle-match");

  block = next();
  block.transactions[0].outputs.pop_back();
  block.header.merkle_root = chain::merkle_root(block.txids());
  EXPECT_EQ(refusal(block, true), "unexpected-witness");
}

TEST_F(DevChainRules, Transactions) {
  const auto with = [this](const std::vector<chain::Transaction>& transactions) {
    Block block = next();
    for (const auto& transaction : transactions)
      block.transactions.push_back(transaction);
    return refusal(block);
  };
  const std::uint64_t subsidy = 50 * chain::kCoin;
  auto unknown = payment();
  unknown.inputs[0].previous.txid.bytes[0] ^= 1;
  EXPECT_EQ(with({unknown}), "bad-txns-inputs-missingorspent");
  auto twin = payment();
  twin.outputs[0].value = 2;
  EXPECT_EQ(with({payment(), twin}), "bad-txns-inputs-missingorspent");
  EXPECT_EQ(with({test::spend(payment(), 1), payment()}), "bad-txns-inputs-missingorspent");
  EXPECT_EQ(with({test::spend(blocks_[2].transactions[0], 1)}), "bad-txns-premature-spend-of-coinbase");
  EXPECT_EQ(with({payment(subsidy + 1)}), "bad-txns-in-belowout");
  EXPECT_EQ(with({payment(chain::kMaxMoney + 1)}), "bad-txns-vout-toolarge");
  auto total = payment(chain::kMaxMoney);
  total.outputs.push_back(total.outputs[0]);
  EXPECT_EQ(with({total}), "bad-txns-txouttotal-toolarge");
  auto empty = payment();
  empty.outputs.clear();
  EXPECT_EQ(with({empty}), "bad-txns-vout-empty");
  auto doubled = payment();
  doubled.inputs.push_back(doubled.inputs[0]);
  EXPECT_EQ(with({doubled}), "bad-txns-inputs-duplicate");
  auto null = payment();
  null.inputs.push_back({});
  EXPECT_EQ(with({null}), "bad-txns-prevout-null");
  auto later = payment();
  later.inputs[0].sequence = 0;
  later.lock_time = 1'000;
  EXPECT_EQ(with({later}), "bad-txns-nonfinal");
}

TEST_F(DevChainRules, RepeatedTransactions) {
  Block block = next();
  block.transactions.push_back(payment());
  block.transactions.push_back(test::spend(payment(), 1));
  test::seal(block);
  block.transactions.push_back(block.transactions.back());  // CVE-2012-2459: the same root
  EXPECT_EQ(refusal(block, true), "bad-txns-duplicate");
}

TEST_F(DevChainRules, Limits) {
  Block block = next();
  auto big = payment();
  big.outputs[0].script_pubkey = Bytes(1'000'000, 0x6a);
  block.transactions.push_back(big);
  EXPECT_EQ(refusal(block), "bad-blk-length");

  block = next();
  big.outputs[0].script_pubkey = Bytes(990'000, 0x6a);
  big.inputs[0].witness = {Bytes(100'000, 1)};
  block.transactions.push_back(big);
  EXPECT_EQ(refusal(block), "bad-blk-weight");

  block = next();
  auto signatures = payment();
  signatures.outputs[0].script_pubkey = Bytes(20'001, 0xac);
  block.transactions.push_back(signatures);
  EXPECT_EQ(refusal(block), "bad-blk-sigops");
}

TEST_F(DevChainRules, Nonsense) {
  Block block = next();
  test::grind(block.header);
  const Bytes whole = block.serialize();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto outcome = chain_->judge(ByteView(whole).first(length));
    ASSERT_EQ(outcome.kind, Kind::kRejected) << length;
    ASSERT_EQ(outcome.reason, "decode-failed") << length;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_EQ(chain_->judge(longer).reason, "decode-failed");
  EXPECT_EQ(chain_->judge(Bytes(4'000'001)).reason, "decode-failed");
  EXPECT_EQ(chain_->judge(whole).kind, Kind::kAccepted);
}

}  // namespace
}  // namespace lode::node
