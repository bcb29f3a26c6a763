#include "host/chain/coinbase.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "host/base/hex.h"
#include "host/chain/consensus.h"
#include "host/chain/script.h"
#include "host/chain/witness_commitment.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::HasSubstr;

CoinbaseSpec some_spec() {
  CoinbaseSpec spec;
  spec.height = 840'000;
  spec.value = 312'500'000 + 12'345;
  spec.payout_script = hex("0014751e76e8199196d454941c45d1b3a323f1433bd6");
  spec.text = "/lode/";
  spec.extranonce_size = 8;
  spec.witness_commitment_script = witness_commitment_script(witness_commitment({}));
  return spec;
}

Bytes put_together(const CoinbaseSpec& spec, std::uint8_t extranonce_byte = 0xee) {
  const CoinbaseParts parts = build_coinbase(spec).value();
  Bytes bytes = parts.prefix;
  bytes.insert(bytes.end(), spec.extranonce_size, extranonce_byte);
  append(bytes, parts.suffix);
  return bytes;
}

Transaction parsed(const CoinbaseSpec& spec, std::uint8_t extranonce_byte = 0xee) {
  return Transaction::parse(put_together(spec, extranonce_byte)).value();
}

TEST(BuildCoinbase, IsExactlyThis) {
  EXPECT_EQ(to_hex(put_together(some_spec())),
            "02000000"
            "01"
            "0000000000000000000000000000000000000000000000000000000000000000"
            "ffffffff"
            "14"
            "0340d10c"
            "06"
            "2f6c6f64652f"
            "08"
            "eeeeeeeeeeeeeeee"
            "feffffff"
            "02"
            "598fa01200000000"
            "16"
            "0014751e76e8199196d454941c45d1b3a323f1433bd6"
            "0000000000000000"
            "26"
            "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9"
            "3fd10c00");
}

TEST(BuildCoinbase, BeginsWithTheHeightAtEveryHeight) {
  for (const std::uint32_t height : {0U, 1U, 2U, 15U, 16U, 17U, 127U, 128U, 255U, 256U, 32'767U, 32'768U, 840'000U,
                                     8'388'607U, 8'388'608U, 0xffffffffU}) {
    for (const std::size_t extranonce_size : {0U, 1U, 8U}) {
      CoinbaseSpec spec = some_spec();
      spec.height = height;
      spec.text.clear();
      spec.extranonce_size = extranonce_size;
      const Transaction coinbase = parsed(spec);
      ASSERT_TRUE(coinbase.is_coinbase());
      const Bytes& script = coinbase.inputs[0].script_sig;
      const Bytes push = height_push(height);
      ASSERT_GE(script.size(), kMinCoinbaseScript) << height;
      EXPECT_TRUE(std::equal(push.begin(), push.end(), script.begin())) << height;
      EXPECT_EQ(coinbase.lock_time, height == 0 ? 0 : height - 1);
      EXPECT_EQ(is_bip54_coinbase(coinbase, height), height != 0);
    }
  }
}

TEST(BuildCoinbase, PadsAScriptThatWouldBeTooShort) {
  CoinbaseSpec spec = some_spec();
  spec.height = 7;
  spec.text.clear();
  spec.extranonce_size = 0;
  EXPECT_EQ(to_hex(parsed(spec).inputs[0].script_sig), "5700");
  spec.height = 17;
  EXPECT_EQ(to_hex(parsed(spec).inputs[0].script_sig), "0111");
}

TEST(BuildCoinbase, NeverCountsSignatureOperationsInWhatIsPushed) {
  CoinbaseSpec spec = some_spec();
  spec.extranonce_size = 16;
  spec.text = std::string(20, '\xac');
  EXPECT_EQ(count_sigops(parsed(spec, 0xae).inputs[0].script_sig), 0U);
}

TEST(BuildCoinbase, AppendsTheFlags) {
  CoinbaseSpec spec = some_spec();
  spec.aux_flags = hex("062f503253482f");
  EXPECT_THAT(to_hex(parsed(spec).inputs[0].script_sig), testing::EndsWith("062f503253482f"));
}

TEST(BuildCoinbase, SpendsTheWholeValue) {
  CoinbaseSpec spec = some_spec();
  spec.value = 1'000;
  spec.extra_outputs = {{300, hex("51")}, {0, hex("6a")}};
  const Transaction coinbase = parsed(spec);
  ASSERT_EQ(coinbase.outputs.size(), 4U);
  EXPECT_EQ(coinbase.outputs[0].value, 700U);
  EXPECT_EQ(coinbase.outputs[1].value, 300U);
  EXPECT_EQ(coinbase.outputs[3].value, 0U);
  EXPECT_TRUE(find_witness_commitment(coinbase));
}

TEST(BuildCoinbase, RefusesMoreThanTheValue) {
  CoinbaseSpec spec = some_spec();
  spec.value = 1'000;
  spec.extra_outputs = {{600, hex("51")}, {401, hex("51")}};
  EXPECT_TRUE(build_coinbase(spec).error().is(Errc::kOutOfRange));
  spec.extra_outputs = {{0xffffffffffffffff, hex("51")}, {2, hex("51")}};
  EXPECT_TRUE(build_coinbase(spec).error().is(Errc::kOutOfRange));
  spec.extra_outputs = {{600, hex("51")}, {400, hex("51")}};
  EXPECT_EQ(parsed(spec).outputs[0].value, 0U);
}

TEST(BuildCoinbase, RefusesWhatCannotBeMeant) {
  CoinbaseSpec spec = some_spec();
  spec.value = kMaxMoney + 1;
  EXPECT_TRUE(build_coinbase(spec).error().is(Errc::kOutOfRange));
  spec = some_spec();
  spec.payout_script.clear();
  EXPECT_TRUE(build_coinbase(spec).error().is(Errc::kOutOfRange));
  spec = some_spec();
  spec.payout_script.resize(10'001);
  EXPECT_TRUE(build_coinbase(spec).error().is(Errc::kOutOfRange));
  spec = some_spec();
  spec.extranonce_size = kMaxExtranonceSize + 1;
  EXPECT_TRUE(build_coinbase(spec).error().is(Errc::kOutOfRange));
  spec = some_spec();
  spec.aux_flags.resize(90);
  EXPECT_THAT(build_coinbase(spec).error().detail, HasSubstr("flags take 90"));
}

TEST(BuildCoinbase, SaysHowMuchTextFits) {
  CoinbaseSpec spec = some_spec();
  spec.text = std::string(86, 'x');  // 100 - 4 of height - 9 of extranonce = 87, of which one or two are the push
  EXPECT_EQ(max_coinbase_text(spec), 85U);
  const auto refused = build_coinbase(spec);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Errc::kOutOfRange));
  EXPECT_THAT(refused.error().detail, HasSubstr("at most 85 allowed"));
  spec.text.pop_back();
  EXPECT_EQ(parsed(spec).inputs[0].script_sig.size(), kMaxCoinbaseScript);
}

TEST(BuildCoinbase, TakesTextOfExactlyWhatFitsForEveryExtranonce) {
  for (std::size_t size = 0; size <= kMaxExtranonceSize; ++size) {
    CoinbaseSpec spec = some_spec();
    spec.extranonce_size = size;
    spec.text = std::string(max_coinbase_text(spec), 'x');
    EXPECT_TRUE(build_coinbase(spec)) << size;
    EXPECT_LE(parsed(spec).inputs[0].script_sig.size(), kMaxCoinbaseScript);
    spec.text += 'x';
    EXPECT_FALSE(build_coinbase(spec)) << size;
  }
}

TEST(WithWitness, AddsTheReservedValueAndKeepsTheTxid) {
  const Bytes bare = put_together(some_spec());
  const Transaction with = Transaction::parse(with_witness(bare)).value();
  ASSERT_EQ(with.inputs[0].witness.size(), 1U);
  EXPECT_EQ(with.inputs[0].witness[0], Bytes(32, 0));
  EXPECT_EQ(with.serialize(WitnessForm::kWithout), bare);
  EXPECT_EQ(with.txid(), sha256d(bare));
}

TEST(WithWitness, MakesTheKnownBlocksCoinbase) {
  const Transaction coinbase = known_block("made-regtest", 200).parsed().transactions[0];
  EXPECT_EQ(with_witness(coinbase.serialize(WitnessForm::kWithout)), coinbase.serialize());
}

TEST(WithWitness, ThrowsForWhatIsNoTransaction) {
  EXPECT_THROW(with_witness({}), std::invalid_argument);
  EXPECT_THROW(with_witness(Bytes(9)), std::invalid_argument);
}

TEST(Bip54Coinbase, AgreesWithTheBipsVectors) {
  int valid = 0;
  const auto vectors = read_vectors("bip54_coinbases.txt", 3);
  for (const auto& fields : vectors) {
    const Block block = Block::parse(hex(fields.at(1))).value();
    EXPECT_EQ(is_bip54_coinbase(block.transactions.at(0), 4), fields.at(0) == "valid") << fields.at(2);
    if (fields.at(0) == "valid") ++valid;
  }
  EXPECT_EQ(valid, 2);
  EXPECT_EQ(vectors.size(), 7U);
}

}  // namespace
}  // namespace lode::chain
