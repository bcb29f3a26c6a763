#include "host/chain/header.h"

#include <gtest/gtest.h>

#include "host/base/hex.h"
#include "tests/chain/vectors.h"

namespace lode::chain {
namespace {

Header parse(const Bytes& bytes) {
  return Header::parse(ByteView(bytes).first<kHeaderSize>());
}

TEST(Header, HashesAsTheNetworkDoes) {
  // Block 125552 of the main network.
  const Header header = parse(hex(
      "0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951"
      "ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695"));
  EXPECT_EQ(header.version, 1U);
  EXPECT_EQ(header.time, 1305998791U);
  EXPECT_EQ(header.bits, 0x1a44b9f2U);
  EXPECT_EQ(header.nonce, 0x9546a142U);
  EXPECT_EQ(header.previous_block.to_display(), "00000000000008a3a41b85b8b29ad444def299fee21793cd8b9e567eab02cd81");
  EXPECT_EQ(header.merkle_root.to_display(), "2b12fcf1b09288fcaff797d71e950e71ae42b91e8bdb2304758dfcffc2b620e3");
  EXPECT_EQ(header.hash().to_display(), "00000000000000001e8d6829a8a21adc5d38d0a473b144b6765798e61f98bd1d");
}

TEST(Header, HashesEveryKnownBlock) {
  for (const KnownBlock& block : known_blocks()) {
    EXPECT_EQ(parse(block.bytes).hash(), block.hash) << block.network << " " << block.height;
  }
}

TEST(Header, SerializesToWhatItWasParsedFrom) {
  Bytes bytes(kHeaderSize);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i + 1);
  const Header header = parse(bytes);
  EXPECT_EQ(to_hex(header.serialize()), to_hex(bytes));
  EXPECT_EQ(header.version, 0x04030201U);
  EXPECT_EQ(header.previous_block.bytes[0], 5);
  EXPECT_EQ(header.merkle_root.bytes[31], 68);
  EXPECT_EQ(header.nonce, 0x504f4e4dU);
}

}  // namespace
}  // namespace lode::chain
