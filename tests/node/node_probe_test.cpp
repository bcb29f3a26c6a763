// A probe of a node that is well, and of ones that are not.
#include "host/node/node_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/node/node_notes.h"
#include "tests/node/fake_node.h"
#include "tests/support/patience.h"

namespace lode::node {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::FakeReply;
using test::http_reply;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

FakeReply silence() {
  FakeReply nothing;
  nothing.silent = true;
  return nothing;
}

class NodeProbeTest : public testing::Test {
 protected:
  NodeProbeTest() {
    options_.node.host = "127.0.0.1";
    options_.node.port = node_.port();
    options_.node.user = "u";
    options_.node.password = "secret";
    options_.node.times.connect = options_.node.times.write = options_.node.times.call = options_.node.times.propose =
        1min;
    options_.limit = 5min;
    hide_clock();
    node_.chain_info = {{"chain", "regtest"},
                        {"blocks", 100},
                        {"headers", 100},
                        {"verificationprogress", 1.0},
                        {"initialblockdownload", false},
                        {"pruned", false}};
  }

  NodeProbeReport probe() {
    std::optional<NodeProbeReport> report;
    asio::co_spawn(io_, probe_node(io_.get_executor(), options_),
                   [&](std::exception_ptr failure, NodeProbeReport found) {
                     EXPECT_EQ(failure, nullptr);
                     report = std::move(found);
                   });
    EXPECT_TRUE(test::run_until(io_, [&] { return report.has_value(); })) << "the probe does not end";
    return report.value_or(NodeProbeReport{});
  }

  /// What is worth knowing, but for the time that this machine took.
  std::vector<std::string> notes() {
    NodeProbeReport report = probe();
    EXPECT_EQ(report.failure, std::nullopt);
    report.templates_took.assign(3, 1ms);
    return worth_knowing(report);
  }

  /// The template's time is the lowest there may be, whatever the node's clock says.
  void hide_clock() { node_.block_template["curtime"] = node_.block_template["mintime"]; }

  asio::io_context io_;
  test::FakeNode node_{io_};
  NodeProbeOptions options_;
};

TEST_F(NodeProbeTest, ShowsANodeThatIsWell) {
  node_.block_template = test::sample_template(3);
  node_.block_template["curtime"] = now();
  const NodeProbeReport report = probe();
  EXPECT_EQ(report.failure, std::nullopt);
  ASSERT_TRUE(report.chain && report.network && report.work && report.proposal);
  EXPECT_EQ(report.chain->chain, "regtest");
  EXPECT_EQ(report.network->peers, 8);
  EXPECT_EQ(report.calls.size(), needed_calls().size());
  for (const CallPermission& one : report.calls)
    EXPECT_EQ(one.kind, CallPermission::Kind::kAllowed) << one.call->method;
  EXPECT_EQ(report.templates_took.size(), 3U);
  EXPECT_EQ(node_.calls("getblocktemplate"), 3);
  EXPECT_EQ(report.work->height, 101U);
  EXPECT_EQ(report.work->transactions, 3U);
  EXPECT_GT(report.work->weight.value_or(0), 0U);
  EXPECT_EQ(report.work->coinbase_value, 5'000'000'000U);
  EXPECT_THAT(report.work->rules, ElementsAre("csv", "!segwit", "taproot"));
  EXPECT_TRUE(report.work->longpoll);
  EXPECT_EQ(report.work->fault, std::nullopt);
  EXPECT_EQ(report.proposal->kind, ProposalAnswer::Kind::kFine);
  EXPECT_EQ(node_.calls("proposal"), 1);
  ASSERT_TRUE(report.clock_ahead);
  EXPECT_LE(std::chrono::abs(*report.clock_ahead), test::kPatience);
  EXPECT_EQ(node_.calls("submitblock"), 0);
  EXPECT_EQ(node_.calls("longpoll"), 0) << "it would take one of the node's threads";
}

TEST_F(NodeProbeTest, TheProposalPaysTheAddressThatIsGiven) {
  std::string proposed;
  node_.answer_instead = [&](const std::string& method, const json::value& params) -> std::optional<FakeReply> {
    if (method == "proposal") proposed = params.at(0).at("data").as_string();
    return std::nullopt;
  };
  probe();
  EXPECT_THAT(proposed, HasSubstr("160014" + std::string(40, '0'))) << "nobody's script";
  options_.node.payout_address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
  EXPECT_EQ(probe().payout_fault, std::nullopt);
  EXPECT_THAT(proposed, HasSubstr("160014751e76e8199196d454941c45d1b3a323f1433bd6"));
  options_.node.payout_address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
  const NodeProbeReport report = probe();
  EXPECT_EQ(report.failure, std::nullopt);
  EXPECT_THAT(report.payout_fault.value_or(""), HasSubstr("mainnet"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("payout address")));
}

TEST_F(NodeProbeTest, NothingIsWorthKnowingOfANodeThatIsWell) {
  EXPECT_THAT(notes(), IsEmpty());
}

TEST_F(NodeProbeTest, TellsWhatIsNotWell) {
  const auto only_note = [this](const std::string& part) { EXPECT_THAT(notes(), ElementsAre(HasSubstr(part))); };
  node_.chain_info["headers"] = 101;
  EXPECT_THAT(notes(), IsEmpty()) << "one block is on its way";
  node_.chain_info["headers"] = 110;
  only_note("lacks 10 blocks");
  node_.chain_info["initialblockdownload"] = true;
  only_note("still downloading");
  node_.chain_info["initialblockdownload"] = false;
  node_.chain_info["headers"] = 100;
  node_.chain_info["pruned"] = true;
  only_note("no harm");
  node_.chain_info["pruned"] = false;
  node_.chain_info["warnings"] = json::array{"unknown new rules"};
  only_note("unknown new rules");
  node_.chain_info.erase("warnings");
  node_.network_info["connections"] = 0;
  EXPECT_THAT(notes(), IsEmpty()) << "regtest needs no peers";
  node_.chain_info["chain"] = "main";
  only_note("has no peers");
  node_.network_info["connections"] = 8;
  node_.network_info["networkactive"] = false;
  only_note("switched off");
  node_.network_info["networkactive"] = true;
  node_.block_template["curtime"] = now() - 3600;
  only_note("behind this computer's");
  node_.block_template["curtime"] = now() + 3600;
  only_note("ahead of this computer's");
  hide_clock();
  node_.block_template["capabilities"] = json::array{};
  only_note("no proposals");
  node_.block_template["capabilities"] = json::array{"proposal"};
  node_.proposal_answer = "bad-cb-amount";
  only_note("bad-cb-amount");
  node_.proposal_answer = nullptr;
  node_.block_template.erase("longpollid");
  only_note("no longpoll");
}

TEST_F(NodeProbeTest, ATimeThatIsTheLowestAllowedSaysNothingOfTheClock) {
  node_.block_template["mintime"] = now() + 7200;
  hide_clock();
  EXPECT_EQ(probe().clock_ahead, std::nullopt);
}

TEST_F(NodeProbeTest, ASlowTemplateIsWorthKnowing) {
  NodeProbeReport report = probe();
  report.templates_took = {3s, 4s, 1ms};
  EXPECT_THAT(worth_knowing(report), ElementsAre(HasSubstr("takes long for a template")));
}

TEST_F(NodeProbeTest, NamesForbiddenCallsAndTheLineThatAllowsThem) {
  node_.forbidden = {"submitblock", "getnetworkinfo"};
  const NodeProbeReport report = probe();
  EXPECT_EQ(report.failure, std::nullopt);
  EXPECT_FALSE(report.network) << "mining does not need it";
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("submitblock"), HasSubstr("rpcwhitelist=u:getblockchaininfo,")));
}

TEST_F(NodeProbeTest, GoesOnWithoutTheChainInfo) {
  node_.forbidden = {"getblockchaininfo"};
  NodeProbeReport report = probe();
  EXPECT_FALSE(report.chain);
  EXPECT_TRUE(report.work);
  EXPECT_THAT(report.notes, Contains(HasSubstr("does not allow getblockchaininfo")));
  node_.forbidden.clear();
  node_.faults["getblockchaininfo"] = {-32601, "Method not found"};
  report = probe();
  EXPECT_TRUE(report.work);
  EXPECT_THAT(report.notes, Contains(HasSubstr("does not know getblockchaininfo")));
}

TEST_F(NodeProbeTest, ATemplateThatLiesIsNamed) {
  node_.block_template = test::sample_template(3);
  node_.block_template["transactions"].as_array()[1].as_object()["txid"] = std::string(64, '1');
  const NodeProbeReport report = probe();
  ASSERT_TRUE(report.work);
  EXPECT_THAT(report.work->fault.value_or(""), HasSubstr("transaction 1"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("transaction 1")));
}

TEST_F(NodeProbeTest, SaysWhyThereIsNoTemplate) {
  node_.faults["getblocktemplate"] = {-10, "in initial sync"};
  NodeProbeReport report = probe();
  EXPECT_THAT(report.failure.value_or(""), HasSubstr("in initial sync"));
  EXPECT_TRUE(report.chain) << "what is known is shown";
  EXPECT_FALSE(report.calls.empty());
  node_.faults["getblockchaininfo"] = {-28, "Loading block index"};
  EXPECT_THAT(probe().failure.value_or(""), HasSubstr("Loading block index"));
  options_.node.password = "wrong";
  report = probe();
  EXPECT_THAT(report.failure.value_or(""), HasSubstr("user 'u'"));
  EXPECT_EQ(report.failure->find("wrong"), std::string::npos) << "the password must not be shown";
  node_.server().stop();
  EXPECT_TRUE(probe().failure.has_value());
}

TEST_F(NodeProbeTest, ASilentNodeIsLeftInTime) {
  options_.limit = 50ms;
  for (const char* silent : {"getblockchaininfo", "getnetworkinfo", "try submitblock", "getblocktemplate"}) {
    node_.answer_instead = [&](const std::string& method, const json::value&) {
      return method == silent ? std::optional(silence()) : std::nullopt;
    };
    EXPECT_THAT(probe().failure.value_or(""), HasSubstr("within 50 ms")) << silent;
  }
}

TEST_F(NodeProbeTest, SurvivesEveryBadReply) {
  const FakeReply replies[] = {http_reply(200, "<html>It works!</html>", "text/html"),
                               http_reply(404, "<html></html>"),
                               http_reply(200, ""),
                               http_reply(200, "[]"),
                               http_reply(200, R"({"result":null,"error":null,"id":1})"),
                               http_reply(200, R"({"result":7,"error":null,"id":777})"),
                               http_reply(503, "Work queue depth exceeded")};
  for (const char* method :
       {"getblockchaininfo", "getnetworkinfo", "try getblockheader", "getblocktemplate", "proposal"}) {
    for (const FakeReply& bad : replies) {
      node_.answer_instead = [&](const std::string& asked, const json::value&) {
        return asked == method ? std::optional(bad) : std::nullopt;
      };
      const NodeProbeReport report = probe();
      const bool needed =
          std::string_view(method) == "getblockchaininfo" || std::string_view(method) == "getblocktemplate";
      EXPECT_EQ(report.failure.has_value(), needed) << method << ": " << bad.bytes;
    }
  }
}

TEST(Median, IsTheMiddleOne) {
  EXPECT_EQ(median({}), 0ms);
  EXPECT_EQ(median({5ms}), 5ms);
  EXPECT_EQ(median({9ms, 1ms, 2ms}), 2ms);
}

}  // namespace
}  // namespace lode::node
