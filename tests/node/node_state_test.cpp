#include "host/node/node_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

namespace lode::node {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

TEST(NodeState, ReadsWhatBitcoinCoreSays) {
  const auto chain = parse_chain_state(json::parse(
      R"({"chain":"main","blocks":899990,"headers":900000,"verificationprogress":0.99,"initialblockdownload":true,)"
      R"("pruned":true,"warnings":["one","two"]})"));
  ASSERT_TRUE(chain) << chain.error().message();
  EXPECT_EQ(chain->chain, "main");
  EXPECT_EQ(chain->blocks, 899990);
  EXPECT_EQ(chain->headers, 900000);
  EXPECT_EQ(chain->verified, 0.99);
  EXPECT_EQ(chain->downloading, true);
  EXPECT_EQ(chain->pruned, true);
  EXPECT_EQ(chain->warnings, "one; two");
  const auto network = parse_network_state(json::parse(
      R"({"version":310100,"subversion":"/Satoshi:31.1.0/","connections":10,"connections_in":2,"connections_out":8,)"
      R"("networkactive":false})"));
  ASSERT_TRUE(network) << network.error().message();
  EXPECT_EQ(network->version, 310100);
  EXPECT_EQ(network->subversion, "/Satoshi:31.1.0/");
  EXPECT_EQ(network->peers, 10);
  EXPECT_EQ(network->peers_in, 2);
  EXPECT_EQ(network->peers_out, 8);
  EXPECT_EQ(network->active, false);
}

TEST(NodeState, TakesWhatOtherNodesSayOrLeaveOut) {
  const auto chain = parse_chain_state(json::parse(R"({"chain":"regtest","warnings":"","verificationprogress":7})"));
  ASSERT_TRUE(chain) << chain.error().message();
  EXPECT_EQ(chain->blocks, std::nullopt);
  EXPECT_EQ(chain->verified, std::nullopt) << "a share is at most 1";
  EXPECT_EQ(chain->warnings, "");
  EXPECT_EQ(parse_chain_state(json::parse(R"({"warnings":"one"})"))->warnings, "one");
  const auto network = parse_network_state(json::parse(R"({"version":"2.2.0"})"));
  ASSERT_TRUE(network) << network.error().message();
  EXPECT_EQ(network->version, std::nullopt);
  EXPECT_EQ(network->peers, std::nullopt);
}

TEST(NodeState, NamesTheFieldAtFault) {
  EXPECT_TRUE(parse_chain_state(json::parse("[]")).error().is(Errc::kProtocol));
  EXPECT_TRUE(parse_network_state(json::parse("7")).error().is(Errc::kProtocol));
  for (const char* bad : {R"({"blocks":-1})", R"({"blocks":"many"})", R"({"blocks":99999999999})"})
    EXPECT_THAT(parse_chain_state(json::parse(bad)).error().message(), HasSubstr("'blocks'")) << bad;
  EXPECT_THAT(parse_chain_state(json::parse(R"({"warnings":[1]})")).error().message(), HasSubstr("'warnings'"));
  EXPECT_THAT(parse_network_state(json::parse(R"({"connections":-1})")).error().message(), HasSubstr("'connections'"));
}

TEST(NodeState, ShowsNoMoreOfItsWordsThanALineTakes) {
  const json::object answer{{"chain", "a\nb"}, {"warnings", std::string(10'000, 'w')}};
  const auto chain = parse_chain_state(answer);
  ASSERT_TRUE(chain) << chain.error().message();
  EXPECT_EQ(chain->chain, "a?b");
  EXPECT_LE(chain->warnings.size(), 503U);
}

}  // namespace
}  // namespace lode::node
