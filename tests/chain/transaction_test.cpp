#include "host/chain/transaction.h"

#include <gmock/gmock.h>

#include "host/base/hex.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::HasSubstr;

// BIP143, native P2WPKH.
constexpr std::string_view kUnsigned =
    "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279"
    "655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a78"
    "3a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000";
constexpr std::string_view kSigned =
    "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9"
    "cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618e"
    "f3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb20600000000"
    "1976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa81"
    "5988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f9030"
    "0e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357110000"
    "00";

Transaction parse(std::string_view text) {
  return Transaction::parse(hex(text)).value();
}

TEST(Transaction, ReadsEveryField) {
  const Transaction tx = parse(kSigned);
  EXPECT_EQ(tx.version, 1U);
  EXPECT_EQ(tx.lock_time, 17U);
  ASSERT_EQ(tx.inputs.size(), 2U);
  EXPECT_EQ(tx.inputs[0].previous.txid.to_display(),
            "9f96ade4b41d5433f4eda31e1738ec2b36f6e7d1420d94a6af99801a88f7f7ff");
  EXPECT_EQ(tx.inputs[0].previous.index, 0U);
  EXPECT_EQ(tx.inputs[0].sequence, 0xffffffeeU);
  EXPECT_EQ(tx.inputs[0].script_sig.size(), 0x49U);
  EXPECT_TRUE(tx.inputs[0].witness.empty());
  EXPECT_EQ(tx.inputs[1].previous.index, 1U);
  ASSERT_EQ(tx.inputs[1].witness.size(), 2U);
  EXPECT_EQ(tx.inputs[1].witness[0].size(), 0x47U);
  EXPECT_EQ(to_hex(tx.inputs[1].witness[1]), "025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357");
  ASSERT_EQ(tx.outputs.size(), 2U);
  EXPECT_EQ(tx.outputs[0].value, 112340000U);
  EXPECT_EQ(to_hex(tx.outputs[1].script_pubkey), "76a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac");
  EXPECT_FALSE(tx.is_coinbase());
}

TEST(Transaction, SerializesToWhatItWasParsedFrom) {
  EXPECT_EQ(to_hex(parse(kSigned).serialize()), kSigned);
  EXPECT_EQ(to_hex(parse(kUnsigned).serialize()), kUnsigned);
  Transaction stripped = parse(kSigned);
  stripped.inputs[0].script_sig.clear();
  EXPECT_EQ(to_hex(stripped.serialize(WitnessForm::kWithout)), kUnsigned);
}

TEST(Transaction, HasTwoIdsAndAWeight) {
  const Transaction tx = parse(kSigned);
  EXPECT_EQ(tx.txid().to_display(), "e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609");
  EXPECT_EQ(tx.wtxid().to_display(), "c36c38370907df2324d9ce9d149d191192f338b37665a82e78e76a12c909b762");
  EXPECT_EQ(tx.weight(), 1042U);
  EXPECT_EQ(tx.serialized_size(), kSigned.size() / 2);
  const Transaction plain = parse(kUnsigned);
  EXPECT_EQ(plain.txid(), plain.wtxid());
  EXPECT_EQ(plain.weight(), 4 * kUnsigned.size() / 2);
}

TEST(Transaction, OfTheFirstPaymentHasItsId) {
  const Block block = known_block("main", 170).parsed();
  EXPECT_EQ(block.transactions[1].txid().to_display(),
            "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16");
  EXPECT_TRUE(block.transactions[0].is_coinbase());
  EXPECT_FALSE(block.transactions[1].is_coinbase());
}

TEST(Transaction, IsNoCoinbaseWithAnotherIndexOrASecondInput) {
  Transaction tx;
  tx.inputs.emplace_back();
  EXPECT_TRUE(tx.is_coinbase());
  tx.inputs[0].previous.index = 0;
  EXPECT_FALSE(tx.is_coinbase());
  tx.inputs[0].previous.index = kNullIndex;
  tx.inputs[0].previous.txid.bytes[5] = 1;
  EXPECT_FALSE(tx.is_coinbase());
  tx.inputs[0].previous = {};
  tx.inputs.emplace_back();
  EXPECT_FALSE(tx.is_coinbase());
}

TEST(TransactionParse, RefusesEveryTruncation) {
  for (const std::string_view text : {kSigned, kUnsigned}) {
    const Bytes whole = hex(text);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const auto tx = Transaction::parse(ByteView(whole).first(length));
      ASSERT_FALSE(tx) << length;
      EXPECT_TRUE(tx.error().is(Errc::kMalformed));
    }
  }
}

TEST(TransactionParse, RefusesBytesBehindTheEnd) {
  Bytes bytes = hex(kSigned);
  bytes.push_back(0);
  EXPECT_THAT(Transaction::parse(bytes).error().detail, HasSubstr("after the end"));
}

TEST(TransactionParse, LeavesTheReaderBehindTheTransaction) {
  Bytes bytes = hex(kUnsigned);
  append(bytes, hex(kSigned));
  Reader reader(bytes);
  EXPECT_EQ(Transaction::parse(reader).value(), parse(kUnsigned));
  EXPECT_EQ(Transaction::parse(reader).value(), parse(kSigned));
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(TransactionParse, RefusesOtherFlags) {
  std::string text(kSigned);
  text.replace(8, 4, "0002");
  EXPECT_THAT(Transaction::parse(hex(text)).error().detail, HasSubstr("flag"));
}

TEST(TransactionParse, RefusesAWitnessThatIsEmptyThroughout) {
  const Bytes bytes =
      hex("01000000"
          "0001"
          "01" +
          std::string(64, '0') +
          "ffffffff"
          "00"
          "ffffffff"
          "00"
          "00"
          "00000000");
  EXPECT_THAT(Transaction::parse(bytes).error().detail, HasSubstr("all are empty"));
}

TEST(TransactionParse, RefusesCountsThatCannotFollow) {
  for (const char* text :
       {"01000000feffffffff", "01000000fe00000001", "01000000ffffffffffffffffff", "010000000001ffffffffffffffffff"}) {
    EXPECT_FALSE(Transaction::parse(hex(text + std::string(200, '0')))) << text;
  }
  // A witness of four thousand million items.
  const std::string head =
      "010000000001"
      "01" +
      std::string(64, '0') +
      "ffffffff"
      "00"
      "ffffffff"
      "00";
  EXPECT_FALSE(Transaction::parse(hex(head + "feffffffff" + std::string(200, '0'))));
}

TEST(TransactionParse, ReadsOneWithoutInputsAndOutputs) {
  const Transaction tx = parse("02000000000000000000");
  EXPECT_TRUE(tx.inputs.empty());
  EXPECT_TRUE(tx.outputs.empty());
  EXPECT_EQ(to_hex(tx.serialize()), "02000000000000000000");
}

}  // namespace
}  // namespace lode::chain
