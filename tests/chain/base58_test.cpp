#include "host/chain/base58.h"

#include <gmock/gmock.h>

#include "host/base/hex.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::HasSubstr;

TEST(Base58Check, ReadsAndWritesKnownTexts) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0062e907b15cbf27d5425399ebf6f0fb50ebb88f18", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},  // the genesis block's key
      {"000000000000000000000000000000000000000000", "1111111111111111111114oLvT2"},
      {"80"
       "0c28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d",  // a private key, as wallets write it
       "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"},
  };
  for (const auto& [payload, text] : cases) {
    EXPECT_EQ(encode_base58check(hex(payload)), text);
    EXPECT_EQ(to_hex(parse_base58check(text, 40).value()), payload);
  }
}

TEST(Base58Check, FindsEveryWrongCharacter) {
  const std::string right = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_base58check(wrong, 21)) << wrong;
  }
}

TEST(Base58Check, RefusesWithAReason) {
  EXPECT_THAT(parse_base58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a", 21).error().detail, HasSubstr("character 33"));
  EXPECT_THAT(parse_base58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", 21).error().detail, HasSubstr("checksum"));
  EXPECT_THAT(parse_base58check("", 21).error().detail, HasSubstr("too short"));
  EXPECT_THAT(parse_base58check("11", 21).error().detail, HasSubstr("too short"));
  EXPECT_TRUE(parse_base58check(std::string(200, '1'), 21).error().is(Errc::kTooLarge));
  EXPECT_TRUE(parse_base58check("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", 32).error().is(Errc::kTooLarge));
}

}  // namespace
}  // namespace lode::chain
