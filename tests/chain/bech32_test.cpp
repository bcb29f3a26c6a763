#include "host/chain/bech32.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

using testing::HasSubstr;

/// \xNN becomes the byte.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\x") {
      out += static_cast<char>(hex(text.substr(i + 2, 2)).at(0));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

TEST(Bech32, AgreesWithTheBipsVectors) {
  std::size_t valid = 0;
  for (const auto& fields : read_vectors("bech32.txt", 3)) {
    const std::string text = unescape(fields.at(1));
    const auto parsed = parse_bech32(text);
    if (fields.at(0) == "invalid") {
      ASSERT_FALSE(parsed) << fields.at(1) << ": " << fields.at(2);
      EXPECT_TRUE(parsed.error().is(Errc::kMalformed));
      continue;
    }
    ++valid;
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().detail;
    EXPECT_EQ(parsed->kind, fields.at(0) == "bech32" ? Bech32Kind::kBech32 : Bech32Kind::kBech32m) << text;
    EXPECT_EQ(encode_bech32(parsed->prefix, parsed->values, parsed->kind), lower(text));
  }
  EXPECT_EQ(valid, 14U);
}

TEST(Bech32, FindsEveryWrongCharacter) {
  const std::string right = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
  ASSERT_TRUE(parse_bech32(right));
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
    EXPECT_FALSE(parse_bech32(wrong)) << wrong;
  }
}

TEST(Bech32, NamesWhatIsWrong) {
  EXPECT_THAT(parse_bech32("bc1Qw508d6").error().detail, HasSubstr("mixed"));
  EXPECT_THAT(parse_bech32("bcqw508d6").error().detail, HasSubstr("separator"));
  EXPECT_THAT(parse_bech32("1qw508d6").error().detail, HasSubstr("nothing stands before"));
  EXPECT_THAT(parse_bech32("bc1qbqqqqqq").error().detail, HasSubstr("character 5"));
  EXPECT_THAT(parse_bech32("bc1qqq").error().detail, HasSubstr("too short"));
  EXPECT_THAT(parse_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5").error().detail, HasSubstr("checksum"));
  EXPECT_THAT(parse_bech32(std::string(91, 'q')).error().detail, HasSubstr("91 characters"));
  EXPECT_THAT(parse_bech32("bc1 qqqqqqqq").error().detail, HasSubstr("character 4"));
}

TEST(FiveBits, ReadBackWhatWasWritten) {
  Bytes bytes;
  for (int length = 0; length <= 45; ++length) {
    EXPECT_EQ(from_five_bits(to_five_bits(bytes)).value(), bytes) << length;
    bytes.push_back(static_cast<std::uint8_t>(0xff - length * 3));
  }
}

TEST(FiveBits, RefuseWrongPadding) {
  EXPECT_TRUE(from_five_bits(Bytes{0}).error().is(Errc::kMalformed)) << "five bits of padding";
  EXPECT_TRUE(from_five_bits(Bytes{0, 1}).error().is(Errc::kMalformed)) << "padding not zero";
  EXPECT_TRUE(from_five_bits(Bytes{0, 32}).error().is(Errc::kMalformed)) << "six bits";
  EXPECT_EQ(from_five_bits(Bytes{0, 4}).value(), Bytes{1});
}

}  // namespace
}  // namespace lode::chain
