#include "host/chain/address.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "host/base/hex.h"
#include "host/chain/base58.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct KnownAddress {
  std::string_view text;
  std::string_view script;
  AddressType type;
  NetworkSet networks;
};

constexpr NetworkSet kMainOnly{Network::kMain};
constexpr NetworkSet kTestAndSignet{Network::kTest, Network::kSignet};
constexpr NetworkSet kRegtestOnly{Network::kRegtest};
constexpr NetworkSet kAllButMain{Network::kTest, Network::kSignet, Network::kRegtest};

const KnownAddress kAddresses[] = {
    {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "76a91477bff20c60e522dfaa3350c39b030a5d004e839a88ac", AddressType::kP2pkh,
     kMainOnly},
    {"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "a914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87", AddressType::kP2sh,
     kMainOnly},
    {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac", AddressType::kP2pkh,
     kAllButMain},
    {"2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "a9144e9f39ca4688ff102128ea4ccda34105324305b087", AddressType::kP2sh,
     kAllButMain},
    {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0014751e76e8199196d454941c45d1b3a323f1433bd6", AddressType::kP2wpkh,
     kMainOnly},
    {"bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
     "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262", AddressType::kP2wsh, kMainOnly},
    {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
     "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", AddressType::kP2tr, kMainOnly},
    {"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "0014751e76e8199196d454941c45d1b3a323f1433bd6", AddressType::kP2wpkh,
     kTestAndSignet},
    {"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
     "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433", AddressType::kP2tr, kTestAndSignet},
    {"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "0014751e76e8199196d454941c45d1b3a323f1433bd6",
     AddressType::kP2wpkh, kRegtestOnly},
};

TEST(ParseAddress, KnowsEveryTypeOnEveryNetwork) {
  for (const KnownAddress& known : kAddresses) {
    const auto address = parse_address(known.text);
    ASSERT_TRUE(address) << known.text << ": " << address.error().detail;
    EXPECT_EQ(to_hex(address->script), known.script) << known.text;
    EXPECT_EQ(address->type, known.type) << known.text;
    EXPECT_EQ(address->networks, known.networks) << known.text;
  }
}

TEST(EncodeAddress, IsTheInverse) {
  for (const KnownAddress& known : kAddresses) {
    for (const Network network : kAllNetworks) {
      const auto text = encode_address(hex(known.script), network);
      ASSERT_TRUE(text);
      EXPECT_EQ(*text == known.text, known.networks.contains(network)) << *text;
      const auto again = parse_address(*text);
      ASSERT_TRUE(again) << *text;
      EXPECT_EQ(to_hex(again->script), known.script);
      EXPECT_TRUE(again->networks.contains(network));
    }
  }
}

TEST(EncodeAddress, HasNoneForOtherScripts) {
  for (const char* script : {"", "51", "6a24aa21a9ed", "0013751e76e8199196d454941c45d1b3a323f1433b", "5101aa",
                             "76a91477bff20c60e522dfaa3350c39b030a5d004e839a88ad", "001475",
                             "76a91477bff20c60e522dfaa3350c39b030a5d004e839a88acac"}) {
    EXPECT_TRUE(encode_address(hex(script), Network::kMain).error().is(Errc::kUnsupported)) << script;
  }
}

TEST(ParseAddress, AgreesWithTheBipsVectors) {
  std::size_t valid = 0;
  for (const auto& fields : read_vectors("segwit_addresses.txt", 3)) {
    const auto address = parse_address(fields.at(0));
    if (fields.at(1) == "invalid") {
      EXPECT_FALSE(address) << fields.at(0) << ": " << fields.at(2);
      continue;
    }
    ++valid;
    ASSERT_TRUE(address) << fields.at(0) << ": " << address.error().detail;
    EXPECT_EQ(to_hex(address->script), fields.at(1));
    std::string lower = fields.at(0);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const Network network = lower.starts_with("bc1") ? Network::kMain : Network::kTest;
    EXPECT_EQ(encode_address(address->script, network).value(), lower);
  }
  EXPECT_EQ(valid, 8U);
}

TEST(ParseAddress, NamesWhatIsWrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "empty"},
      {std::string(91, 'q'), "91 characters"},
      {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "checksum"},
      {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "checksum"},
      {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "witness version 0 takes bech32"},
      {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "witness version 1 takes bech32m"},
      {"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", "mixed"},
      {"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "16 bytes, version 0 takes 20 or 32"},
      {"bc1pw5dgrnzv", "1 bytes, version 1 takes 2 to 40"},
      {"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "witness version 17"},
      {"tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", "unknown prefix tc"},
      {"bc1gmk9yu", "no witness version"},
      {"bc1qbw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "character 5"},
      {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVO2", "character 33"},
      {" 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "character 1"},
      {encode_base58check(hex("3077bff20c60e522dfaa3350c39b030a5d004e839a")), "unknown version byte 48"},
      {encode_base58check(hex("0077bff20c60e522dfaa3350c39b030a5d004e83")), "20 bytes, an address has 21"},
  };
  for (const auto& [text, why] : cases) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_TRUE(address.error().is(Errc::kMalformed));
    EXPECT_THAT(address.error().detail, HasSubstr(why));
  }
}

TEST(ParseAddress, NeverRepeatsControlCharacters) {
  const std::string text = "bc1\x1b[31mqqqqqqqq";
  EXPECT_THAT(parse_address(text).error().detail, AllOf(HasSubstr("bc1?[31m"), testing::Not(HasSubstr("\x1b"))));
}

TEST(PayoutScript, TakesAnAddressOfTheNodesNetwork) {
  for (const KnownAddress& known : kAddresses) {
    for (const Network network : kAllNetworks) {
      const auto script = payout_script_for(known.text, network);
      EXPECT_EQ(script.has_value(), known.networks.contains(network)) << known.text;
      if (script) {
        EXPECT_EQ(to_hex(*script), known.script);
      } else {
        EXPECT_TRUE(script.error().is(Errc::kOutOfRange));
      }
    }
  }
}

TEST(PayoutScript, SaysWhichNetworkAnAddressIsFor) {
  EXPECT_EQ(payout_script_for("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Network::kRegtest).error().detail,
            "address bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 is for mainnet, the node runs regtest");
  EXPECT_THAT(payout_script_for("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", Network::kMain).error().detail,
              HasSubstr("is for testnet or signet, the node runs mainnet"));
}

TEST(PayoutScript, RefusesWitnessVersionsWithoutRules) {
  for (const char* text : {"BC1SW50QGDZ25J", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
                           "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y"}) {
    EXPECT_EQ(parse_address(text).value().type, AddressType::kFutureWitness) << text;
    const auto script = payout_script_for(text, Network::kMain);
    ASSERT_FALSE(script);
    EXPECT_TRUE(script.error().is(Errc::kUnsupported));
    EXPECT_THAT(script.error().detail, HasSubstr("anyone could take"));
  }
}

TEST(AddressTypeName, IsForPeople) {
  EXPECT_EQ(address_type_name(AddressType::kP2tr), "P2TR");
  EXPECT_EQ(address_type_name(AddressType::kFutureWitness), "unknown witness program");
}

}  // namespace
}  // namespace lode::chain
