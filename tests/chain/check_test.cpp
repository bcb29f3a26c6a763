#include "host/chain/check.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "host/chain/coinbase.h"
#include "host/chain/consensus.h"
#include "host/chain/merkle.h"
#include "host/chain/script.h"
#include "host/chain/witness_commitment.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::IsEmpty;
using testing::StartsWith;

constexpr CheckOptions kWithoutWork{.check_work = false};

/// A regtest block at height 200 with a witness commitment and one transaction that has a witness.
Block good_block() {
  return known_block("made-regtest", 200).parsed();
}

BlockContext context_of(const Block& block) {
  BlockContext context;
  context.previous_block = block.header.previous_block;
  context.height = 200;
  context.bits = 0x207fffff;
  context.median_time_past = block.header.time - 1;
  context.max_time = block.header.time;
  context.max_coinbase_value = block_subsidy(200, halving_interval(Network::kRegtest));
  return context;
}

/// Puts a right commitment into the last output of the coinbase, and a right root into the header.
void commit(Block& block) {
  block.transactions[0].outputs.back().script_pubkey =
      witness_commitment_script(witness_commitment(block.wtxids_without_coinbase()));
  block.header.merkle_root = merkle_root(block.txids());
}

/// Names of the rules that fail, in order.
std::vector<std::string> broken_rules(const Block& block, const std::optional<BlockContext>& context = std::nullopt,
                                      const CheckOptions& options = kWithoutWork) {
  std::vector<std::string> names;
  for (const RuleResult& rule : evaluate_block(block, options, context)) {
    if (!rule.passed) names.push_back(rule.name);
  }
  return names;
}

std::vector<std::string> only(std::string name) {
  return {std::move(name)};
}

/// A transaction that spends nothing anybody knows; each `tag` gives another one.
Transaction payment(std::uint8_t tag) {
  Transaction tx;
  TxIn input;
  input.previous = {sha256(Bytes{tag}), 0};
  tx.inputs.push_back(input);
  tx.outputs.push_back({1, {opcode::kOne}});
  return tx;
}

TEST(CheckBlock, PassesEveryKnownBlock) {
  for (const KnownBlock& known : known_blocks()) {
    const auto checked = check_block(ByteView(known.bytes));
    EXPECT_TRUE(checked) << known.network << " " << known.height << ": " << checked.error().detail;
    EXPECT_TRUE(check_header_work(known.parsed().header));
  }
}

TEST(CheckBlock, PassesInItsContext) {
  const Block block = good_block();
  const auto checked = check_block(block, {}, context_of(block));
  EXPECT_TRUE(checked) << checked.error().detail;
}

TEST(CheckBlock, ListsEveryRuleOnce) {
  const Block block = good_block();
  const auto rules = evaluate_block(block, {}, context_of(block));
  std::vector<std::string> names;
  names.reserve(rules.size());
  for (const RuleResult& rule : rules)
    names.push_back(rule.name);
  EXPECT_THAT(names, testing::ElementsAre(
                         "high-hash", "bad-prevblk", "bad-diffbits", "time-too-old", "time-too-new", "bad-version",
                         "bad-txnmrklroot", "bad-txns-duplicate", "bad-blk-length", "bad-cb-missing", "bad-cb-multiple",
                         "bad-cb-length", "bad-txns-vin-empty", "bad-txns-vout-empty", "bad-txns-vout-toolarge",
                         "bad-txns-txouttotal-toolarge", "bad-txns-inputs-duplicate", "bad-txns-prevout-null",
                         "bad-blk-sigops", "bad-txns-nonfinal", "bad-cb-height", "bad-cb-amount",
                         "bad-witness-nonce-size", "bad-witness-merkle-match", "bad-blk-weight"));
  EXPECT_THAT(rules, Each(Field(&RuleResult::passed, true)));
}

TEST(CheckBlock, BeginsItsErrorWithTheRejectString) {
  Block block = good_block();
  block.header.merkle_root.bytes[0] ^= 1;
  const auto checked = check_block(block, kWithoutWork);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().is(Errc::kInvalidBlock));
  EXPECT_THAT(checked.error().detail, StartsWith("bad-txnmrklroot: "));
}

TEST(CheckBlock, RefusesBytesThatAreNoBlock) {
  EXPECT_TRUE(check_block(ByteView{}).error().is(Errc::kMalformed));
  EXPECT_TRUE(check_block(ByteView(Bytes(kMaxBlockBytes + 1))).error().is(Errc::kTooLarge));
}

TEST(CheckWork, FailsAboveTheTarget) {
  Block block = known_block("main", 1).parsed();
  block.header.nonce += 1;
  EXPECT_EQ(broken_rules(block, std::nullopt, {}), only("high-hash"));
  EXPECT_THAT(broken_rules(block), IsEmpty());
  EXPECT_THAT(check_header_work(block.header).error().detail, StartsWith("high-hash: hash "));
}

TEST(CheckWork, FailsForBitsThatAreNoTarget) {
  Block block = known_block("main", 1).parsed();
  for (const std::uint32_t bits : {0U, 0x1d80ffffU, 0xff123456U}) {
    block.header.bits = bits;
    EXPECT_EQ(broken_rules(block, std::nullopt, {}), only("high-hash"));
  }
}

struct Spoiler {
  const char* rule;
  std::function<void(Block&)> spoil;
};

TEST(CheckBlock, NamesTheOneRuleThatIsBroken) {
  const Spoiler spoilers[] = {
      {"bad-txnmrklroot", [](Block& b) { b.header.merkle_root.bytes[31] ^= 0x80; }},
      {"bad-cb-multiple",
       [](Block& b) {
         b.transactions.push_back(b.transactions[0]);
         b.transactions[2].inputs[0].witness.clear();
         b.transactions[2].lock_time = 1;
         commit(b);
       }},
      {"bad-cb-length",
       [](Block& b) {
         b.transactions[0].inputs[0].script_sig.resize(1);
         commit(b);
       }},
      {"bad-cb-length",
       [](Block& b) {
         b.transactions[0].inputs[0].script_sig.resize(101);
         commit(b);
       }},
      {"bad-txns-vout-empty",
       [](Block& b) {
         b.transactions.push_back(payment(1));
         b.transactions[2].outputs.clear();
         commit(b);
       }},
      {"bad-txns-inputs-duplicate",
       [](Block& b) {
         b.transactions.push_back(payment(1));
         b.transactions[2].inputs.push_back(b.transactions[2].inputs[0]);
         commit(b);
       }},
      {"bad-txns-prevout-null",
       [](Block& b) {
         b.transactions.push_back(payment(1));
         b.transactions[2].inputs.emplace_back();
         commit(b);
       }},
      {"bad-txns-txouttotal-toolarge",
       [](Block& b) {
         b.transactions.push_back(payment(1));
         b.transactions[2].outputs.push_back({kMaxMoney, {opcode::kOne}});
         commit(b);
       }},
      {"bad-blk-sigops",
       [](Block& b) {
         b.transactions.push_back(payment(1));
         b.transactions[2].outputs[0].script_pubkey.assign(20'000, opcode::kCheckSig);  // and one in each payment
         commit(b);
       }},
      {"bad-witness-nonce-size", [](Block& b) { b.transactions[0].inputs[0].witness.clear(); }},
      {"bad-witness-nonce-size", [](Block& b) { b.transactions[0].inputs[0].witness.emplace_back(32); }},
      {"bad-witness-nonce-size", [](Block& b) { b.transactions[0].inputs[0].witness[0].resize(31); }},
      {"bad-witness-merkle-match", [](Block& b) { b.transactions[0].inputs[0].witness[0][0] = 1; }},
      {"bad-witness-merkle-match", [](Block& b) { b.transactions[1].inputs[1].witness[0][10] ^= 1; }},
      {"unexpected-witness",
       [](Block& b) {
         b.transactions[0].outputs.pop_back();
         b.header.merkle_root = merkle_root(b.txids());
       }},
      {"bad-blk-weight",
       [](Block& b) {
         b.transactions[1].inputs[1].witness.emplace_back(kMaxBlockWeight - 1'500);
         commit(b);
       }},
  };
  ASSERT_THAT(broken_rules(good_block()), IsEmpty());
  for (const Spoiler& spoiler : spoilers) {
    Block block = good_block();
    spoiler.spoil(block);
    EXPECT_EQ(broken_rules(block), only(spoiler.rule));
    EXPECT_THAT(check_block(block, kWithoutWork).error().detail, StartsWith(spoiler.rule));
  }
}

TEST(CheckBlock, FindsOutputsAboveAllMoney) {
  for (const std::uint64_t value : {kMaxMoney + 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Block block = good_block();
    block.transactions.push_back(payment(1));
    block.transactions[2].outputs[0].value = value;
    commit(block);
    EXPECT_EQ(broken_rules(block),
              (std::vector<std::string>{"bad-txns-vout-toolarge", "bad-txns-txouttotal-toolarge"}));
  }
  Block block = good_block();
  block.transactions.push_back(payment(1));
  block.transactions[2].outputs[0].value = kMaxMoney;
  commit(block);
  EXPECT_THAT(broken_rules(block), IsEmpty());
}

TEST(CheckBlock, CountsSigopsUpToTheLimit) {
  Block block = good_block();
  // The payment that is there has two P2PKH outputs.
  block.transactions.push_back(payment(1));
  block.transactions[2].outputs[0].script_pubkey.assign(kMaxSigopCost / 4 - 2, opcode::kCheckSig);
  commit(block);
  EXPECT_THAT(broken_rules(block), IsEmpty());
  block.transactions[2].outputs[0].script_pubkey.push_back(opcode::kCheckSig);
  commit(block);
  EXPECT_EQ(broken_rules(block), only("bad-blk-sigops"));
}

TEST(CheckBlock, AllowsExactlyTheWeight) {
  Block block = good_block();
  auto& witness = block.transactions[1].inputs[1].witness;
  witness.emplace_back(1'000'000);
  witness.back().resize(witness.back().size() + kMaxBlockWeight - block.weight());
  commit(block);
  EXPECT_EQ(block.weight(), kMaxBlockWeight);
  EXPECT_THAT(broken_rules(block), IsEmpty());
  witness.back().push_back(0);
  commit(block);
  EXPECT_EQ(broken_rules(block), only("bad-blk-weight"));
}

TEST(CheckBlock, FindsABlockTooLongWithoutWitness) {
  Block block = good_block();
  block.transactions.push_back(payment(1));
  block.transactions[2].outputs[0].script_pubkey.assign(1'000'000, opcode::kOne);
  commit(block);
  EXPECT_EQ(broken_rules(block), (std::vector<std::string>{"bad-blk-length", "bad-blk-weight"}));
}

TEST(CheckBlock, FindsRepeatedTransactions) {
  Block block = known_block("main", 170).parsed();
  block.transactions.push_back(payment(1));
  block.header.merkle_root = merkle_root(block.txids());
  ASSERT_THAT(broken_rules(block), IsEmpty());
  block.transactions.push_back(block.transactions[2]);  // the root stays the same
  EXPECT_EQ(broken_rules(block), only("bad-txns-duplicate"));
}

TEST(CheckBlock, FindsAMissingCoinbase) {
  Block block = known_block("main", 170).parsed();
  block.transactions.erase(block.transactions.begin());
  block.header.merkle_root = merkle_root(block.txids());
  EXPECT_EQ(broken_rules(block), only("bad-cb-missing"));
}

TEST(CheckBlock, FindsABlockWithoutTransactions) {
  Block block;
  EXPECT_EQ(broken_rules(block), only("bad-blk-length"));
  EXPECT_EQ(broken_rules(block, BlockContext{}).back(), "bad-blk-length");
}

TEST(CheckBlock, FindsATransactionWithoutInputs) {
  Block block = known_block("main", 170).parsed();
  block.transactions.emplace_back();
  block.header.merkle_root = merkle_root(block.txids());
  EXPECT_EQ(broken_rules(block), (std::vector<std::string>{"bad-txns-vin-empty", "bad-txns-vout-empty"}));
}

TEST(CheckBlock, BeforeSegwitNoWitnessIsAllowed) {
  EXPECT_EQ(broken_rules(good_block(), std::nullopt, {.check_work = true, .segwit = false}),
            only("unexpected-witness"));
  EXPECT_THAT(broken_rules(known_block("main", 170).parsed(), std::nullopt, {.check_work = true, .segwit = false}),
              IsEmpty());
}

TEST(CheckContext, NamesTheOneRuleThatIsBroken) {
  const std::pair<const char*, std::function<void(BlockContext&)>> cases[] = {
      {"bad-prevblk", [](BlockContext& c) { c.previous_block.bytes[3] ^= 1; }},
      {"bad-diffbits", [](BlockContext& c) { c.bits = 0x1d00ffff; }},
      {"time-too-old", [](BlockContext& c) { c.median_time_past += 1; }},
      {"time-too-new", [](BlockContext& c) { c.max_time -= 1; }},
      {"bad-version", [](BlockContext& c) { c.min_version = 0x20000001; }},
      {"bad-cb-height", [](BlockContext& c) { c.height = 201; }},
      {"bad-cb-amount", [](BlockContext& c) { c.max_coinbase_value = *c.max_coinbase_value - 1; }},
  };
  const Block block = good_block();
  for (const auto& [rule, change] : cases) {
    BlockContext context = context_of(block);
    change(context);
    EXPECT_EQ(broken_rules(block, context, {}), only(rule));
  }
}

TEST(CheckContext, HoldsVersionsAsSignedNumbers) {
  Block block = good_block();
  block.header.version = 0xa0000000;
  EXPECT_EQ(broken_rules(block, context_of(block)), only("bad-version"));
  block.header.version = 3;
  EXPECT_EQ(broken_rules(block, context_of(block)), only("bad-version"));
  block.header.version = 4;
  EXPECT_THAT(broken_rules(block, context_of(block)), IsEmpty());
}

TEST(CheckContext, WithoutBip34AnyCoinbaseScriptWillDo) {
  const Block block = good_block();
  BlockContext context = context_of(block);
  context.height = 9'999;
  context.bip34 = false;
  EXPECT_THAT(broken_rules(block, context), IsEmpty());
}

TEST(CheckContext, AllowsAnyAmountWhereFeesAreUnknown) {
  Block block = good_block();
  block.transactions[0].outputs[0].value = kMaxMoney;
  commit(block);
  BlockContext context = context_of(block);
  EXPECT_EQ(broken_rules(block, context), only("bad-cb-amount"));
  context.max_coinbase_value.reset();
  EXPECT_THAT(broken_rules(block, context), IsEmpty());
}

TEST(CheckContext, TheSumOfTheCoinbaseDoesNotWrap) {
  Block block = good_block();
  block.transactions[0].outputs.insert(block.transactions[0].outputs.begin(), {~std::uint64_t{0}, {opcode::kOne}});
  commit(block);
  EXPECT_THAT(broken_rules(block, context_of(block)), Contains("bad-cb-amount"));
}

TEST(CheckContext, LockTimesMustHavePassed) {
  struct Case {
    std::uint32_t lock_time;
    std::uint32_t sequence;
    bool final;
  };
  const Block good = good_block();
  const std::uint32_t median = context_of(good).median_time_past;
  const Case cases[] = {{0, 0, true},
                        {199, 0, true},
                        {200, 0, false},
                        {201, 0, false},
                        {201, 0xffffffff, true},
                        {median - 1, 0, true},
                        {median, 0, false},
                        {kLockTimeThreshold - 1, 0, false},
                        {kLockTimeThreshold, 0, true}};
  for (const Case& c : cases) {
    Block block = good;
    block.transactions.push_back(payment(1));
    block.transactions[2].lock_time = c.lock_time;
    block.transactions[2].inputs[0].sequence = c.sequence;
    commit(block);
    EXPECT_EQ(broken_rules(block, context_of(block)), c.final ? std::vector<std::string>{} : only("bad-txns-nonfinal"))
        << c.lock_time;
  }
}

TEST(CheckContext, PassesABlockMadeFromACoinbaseSpecAtEveryHeight) {
  for (const std::uint32_t height : {1U, 2U, 16U, 17U, 128U, 32'768U, 840'000U}) {
    CoinbaseSpec spec;
    spec.height = height;
    spec.value = block_subsidy(height, halving_interval(Network::kRegtest));
    spec.payout_script = hex("0014751e76e8199196d454941c45d1b3a323f1433bd6");
    spec.witness_commitment_script = witness_commitment_script(witness_commitment({}));
    const CoinbaseParts parts = build_coinbase(spec).value();
    Bytes bare = parts.prefix;
    append(bare, parts.suffix);
    Block block;
    block.transactions.push_back(Transaction::parse(with_witness(bare)).value());
    block.header.version = 0x20000000;
    block.header.bits = 0x207fffff;
    block.header.merkle_root = merkle_root(block.txids());
    block.header.time = 1'700'000'000;
    BlockContext context;
    context.height = height;
    context.bits = block.header.bits;
    context.median_time_past = block.header.time - 1;
    context.max_time = block.header.time;
    context.max_coinbase_value = spec.value;
    EXPECT_THAT(broken_rules(block, context), IsEmpty()) << height;
  }
}

}  // namespace
}  // namespace lode::chain
