#include "host/chain/network.h"

#include <gtest/gtest.h>

namespace lode::chain {
namespace {

TEST(Network, IsReadFromANodesNameAndFromItsOwn) {
  EXPECT_EQ(network_from_name("main"), Network::kMain);
  EXPECT_EQ(network_from_name("test"), Network::kTest);
  EXPECT_EQ(network_from_name("testnet4"), Network::kTest);
  EXPECT_EQ(network_from_name("signet"), Network::kSignet);
  EXPECT_EQ(network_from_name("regtest"), Network::kRegtest);
  for (const Network network : kAllNetworks)
    EXPECT_EQ(network_from_name(network_name(network)), network);
  EXPECT_FALSE(network_from_name("litecoin"));
  EXPECT_FALSE(network_from_name(""));
}

TEST(NetworkSet, HoldsAndNamesItsMembers) {
  const NetworkSet two{Network::kTest, Network::kSignet};
  EXPECT_TRUE(two.contains(Network::kSignet));
  EXPECT_FALSE(two.contains(Network::kMain));
  EXPECT_EQ(two.to_string(), "testnet or signet");
  EXPECT_EQ(NetworkSet({Network::kMain}).to_string(), "mainnet");
  EXPECT_EQ(NetworkSet({Network::kTest, Network::kSignet, Network::kRegtest}).to_string(),
            "testnet, signet or regtest");
  EXPECT_EQ(NetworkSet().to_string(), "no network");
  EXPECT_TRUE(NetworkSet().empty());
}

}  // namespace
}  // namespace lode::chain
