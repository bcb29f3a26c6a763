#include "host/chain/hash256.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

#include "host/base/hex.h"

namespace lode::chain {
namespace {

ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Hash256, ShowsItsBytesReversed) {
  Hash256 hash;
  hash.bytes[0] = 0x12;
  hash.bytes[31] = 0xab;
  EXPECT_EQ(hash.to_display(), "ab00000000000000000000000000000000000000000000000000000000000012");
  EXPECT_EQ(Hash256::from_display(hash.to_display()).value(), hash);
}

TEST(Hash256, ReadsOnly64HexDigits) {
  EXPECT_TRUE(Hash256::from_display("ab").error().is(Errc::kMalformed));
  EXPECT_TRUE(Hash256::from_display(std::string(63, '0') + "g").error().is(Errc::kMalformed));
  EXPECT_TRUE(Hash256::from_display(std::string(66, '0')).error().is(Errc::kMalformed));
}

TEST(Hash256, IsZeroOnlyWhenAllBytesAre) {
  Hash256 hash;
  EXPECT_TRUE(hash.is_zero());
  hash.bytes[31] = 1;
  EXPECT_FALSE(hash.is_zero());
}

TEST(Hash256, SpreadsInHashTables) {
  std::unordered_set<Hash256> set;
  for (std::uint8_t i = 0; i < 100; ++i)
    set.insert(sha256(Bytes{i}));
  EXPECT_EQ(set.size(), 100U);
  EXPECT_TRUE(set.contains(sha256(Bytes{42})));
}

// FIPS 180-4 examples.
TEST(Sha256, MatchesTheStandard) {
  EXPECT_EQ(to_hex(sha256({}).bytes), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(view("abc")).bytes), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).bytes),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256d, IsTwoSha256AtEveryLength) {
  Bytes data;
  for (int length = 0; length < 200; ++length) {
    EXPECT_EQ(sha256d(data), sha256(sha256(data).bytes)) << length;
    data.push_back(static_cast<std::uint8_t>(length * 7));
  }
}

TEST(Sha256d, OfTwoHashesIsThatOfTheirBytes) {
  const Hash256 left = sha256(view("left"));
  const Hash256 right = sha256(view("right"));
  Bytes both(left.bytes.begin(), left.bytes.end());
  append(both, right.bytes);
  EXPECT_EQ(sha256d(left, right), sha256d(both));
  EXPECT_NE(sha256d(left, right), sha256d(right, left));
}

TEST(Sha256dWriter, TakesDataInPieces) {
  Bytes data(300);
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<std::uint8_t>(i);
  Sha256d writer;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}}) {
    for (std::size_t at = 0; at < data.size(); at += piece) {
      writer.write(ByteView(data).subspan(at, std::min(piece, data.size() - at)));
    }
    EXPECT_EQ(writer.finish(), sha256d(data)) << piece;  // and is as new
  }
}

}  // namespace
}  // namespace lode::chain
