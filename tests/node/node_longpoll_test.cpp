// The getblocktemplate source and the threads of its node: a longpoll takes one, and must not take the last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/json/serialize.hpp>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "tests/node/memory_record.h"
#include "tests/node/node_source_fixture.h"

namespace lode::node {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using test::FakeReply;
using test::http_reply;
using testing::HasSubstr;
using testing::Not;
using Kind = work::BlockOutcome::Kind;

class NodeLongpollTest : public test::NodeSourceFixture {
 protected:
  NodeLongpollTest() {
    log_ = Log(std::make_shared<spdlog::logger>("node", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_)));
    options_.times.hold = 60ms;
    options_.times.hold_again = 120ms;
    options_.longpoll_record = record_;
  }
  ~NodeLongpollTest() override { stop(); }  // while there is a log

  bool calls(const std::string& method, int count) {
    return run_until([&] { return node_.calls(method) >= count; });
  }
  bool starved() {
    return run_until([&] { return source_->counters().starvations >= 1; });
  }
  /// So often the node was asked since: whoever meant to send a longpoll has.
  bool polls(int more) { return calls("getblocktemplate", node_.calls("getblocktemplate") + more); }

  std::ostringstream logged_;
  std::shared_ptr<test::MemoryRecord> record_ = std::make_shared<test::MemoryRecord>();
};

TEST_F(NodeLongpollTest, ComesAfterTheAnswerToTheFirstProposal) {
  node_.threads = 1;
  node_.answer_instead = [&](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method == "proposal") {
      EXPECT_EQ(node_.calls("longpoll"), 0);
    }
    return std::nullopt;
  };
  start();
  ASSERT_TRUE(works(1));
  EXPECT_TRUE(calls("longpoll", 1));
}

TEST_F(NodeLongpollTest, ANodeThatAlwaysHasSomethingNewOnItsTipIsAskedNowAndThen) {
  options_.times.shortest = 100ms;
  node_.answer_instead = [&, value = 5'000'000'000](const std::string& method,
                                                    const json::value&) mutable -> std::optional<FakeReply> {
    if (method != "longpoll") return std::nullopt;
    node_.block_template["coinbasevalue"] = --value;
    return http_reply(
        200, json::serialize(json::object{{"result", node_.block_template},
                                          {"error", nullptr},
                                          {"id", node_.calls("longpoll") + node_.calls("waitforblockheight")}}));
  };
  start();
  ASSERT_TRUE(calls("longpoll", 1));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(calls("longpoll", 5));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
}

TEST_F(NodeLongpollTest, AProposalWithoutAnAnswerHoldsUpWorkNoLongerThanACall) {
  options_.times.call = 300ms;
  node_.answer_instead = [&](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method != "proposal") return std::nullopt;
    EXPECT_EQ(node_.calls("longpoll"), 0) << "asked before";
    FakeReply nothing;
    nothing.silent = true;
    return nothing;
  };
  options_.times.propose = 1h;
  start();
  ASSERT_TRUE(works(1));
  node_.answer_instead = nullptr;
  EXPECT_TRUE(calls("longpoll", 1));
}

TEST_F(NodeLongpollTest, IsNotSentToANodeWithOneThread) {
  node_.threads = 1;
  node_.can_wait = true;
  options_.times.poll = 20ms;
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(starved());
  node_.new_tip();
  ASSERT_TRUE(works(2)) << "by poll";
  EXPECT_EQ(submit(mine(*listener_.works.back())).kind, Kind::kAccepted);
  ASSERT_TRUE(polls(3));
  EXPECT_EQ(node_.calls("longpoll"), 0);
  EXPECT_THAT(logged_.str(), HasSubstr("set rpcthreads in bitcoin.conf"));
  EXPECT_TRUE(listener_.lost.empty());
  stop();
  EXPECT_FALSE(record_->open) << "nothing is left open";
}

TEST_F(NodeLongpollTest, IsSentToANodeWithAThreadToSpare) {
  node_.threads = 2;
  node_.can_wait = true;
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(calls("longpoll", 1));
  for (std::size_t i = 2; i <= 4; ++i) {
    node_.new_tip();
    ASSERT_TRUE(works(i));
    ASSERT_TRUE(calls("longpoll", static_cast<int>(i)));
  }
  EXPECT_EQ(node_.calls("waitforblockheight"), 1) << "looked for once";
  EXPECT_EQ(source_->counters().starvations, 0U);
}

TEST_F(NodeLongpollTest, AThreadThatIsOnlySlowIsLookedForAgain) {
  node_.threads = 1;
  node_.can_wait = true;
  node_.answer_instead = [&](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method == "uptime") node_.threads = 2;
    return std::nullopt;
  };
  start();
  ASSERT_TRUE(calls("longpoll", 1));
  EXPECT_EQ(node_.calls("waitforblockheight"), 2);
}

TEST_F(NodeLongpollTest, ACallThatIsNotAllowedIsAnAnswerToo) {
  node_.threads = 2;
  node_.can_wait = true;
  node_.answer_instead = [&](const std::string& method, const json::value&) {
    return method == "uptime" ? std::optional(http_reply(403, "")) : std::nullopt;
  };
  start();
  ASSERT_TRUE(calls("longpoll", 1));
  EXPECT_EQ(node_.calls("waitforblockheight"), 1);
}

TEST_F(NodeLongpollTest, IsGivenUpWhereCallsStarveBesideIt) {
  node_.threads = 1;  // and no call that tells so
  options_.times.poll = 20ms;
  options_.times.call = 300ms;
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(calls("longpoll", 1));
  ASSERT_TRUE(starved());
  EXPECT_TRUE(listener_.lost.empty()) << "polling goes on";
  ASSERT_TRUE(lost(2)) << "but the node keeps the longpoll";
  EXPECT_THAT(listener_.lost[0].message(), testing::AllOf(HasSubstr("longpoll"), HasSubstr("rpcthreads")));
  EXPECT_EQ(listener_.lost[1].message(), listener_.lost[0].message()) << "told once";
  node_.new_tip();
  ASSERT_TRUE(works(2)) << "its thread is free again";
  node_.new_tip();
  ASSERT_TRUE(works(3));
  EXPECT_EQ(node_.calls("longpoll"), 1) << "for ten minutes";
  const std::string logged = logged_.str();
  const std::size_t first = logged.find("no RPC thread to spare");
  ASSERT_NE(first, std::string::npos) << logged;
  EXPECT_EQ(logged.find("no RPC thread to spare", first + 1), std::string::npos) << "told once";
}

TEST_F(NodeLongpollTest, IsTriedAgainAfterAPause) {
  node_.threads = 1;
  node_.can_wait = true;
  options_.times.poll = 20ms;
  options_.times.longpoll.first_pause = 200ms;
  start();
  ASSERT_TRUE(starved());
  node_.threads = 4;
  EXPECT_TRUE(calls("longpoll", 1));
}

TEST_F(NodeLongpollTest, IsGivenUpWhereTheNodesQueueIsFull) {
  options_.times.poll = 20ms;
  node_.answer_instead = [&](const std::string& method, const json::value&) {
    const bool full =
        method == "getblocktemplate" && node_.calls("longpoll") == 1 && source_->counters().starvations == 0;
    return full ? std::optional(http_reply(503, "Work queue depth exceeded")) : std::nullopt;
  };
  start();
  ASSERT_TRUE(starved());
  ASSERT_TRUE(polls(3));
  EXPECT_TRUE(listener_.lost.empty());
  EXPECT_EQ(node_.calls("longpoll"), 1);
}

TEST_F(NodeLongpollTest, AFullQueueIsNamed) {
  node_.answer_instead = [](const std::string&, const json::value&) {
    return std::optional(http_reply(503, "Work queue depth exceeded"));
  };
  start();
  ASSERT_TRUE(lost());
  EXPECT_THAT(listener_.lost[0].message(), HasSubstr("rpcthreads"));
}

TEST_F(NodeLongpollTest, IsNotBlamedWhereTheNodeHasGone) {
  start();
  ASSERT_TRUE(calls("longpoll", 1));
  node_.server().stop();
  ASSERT_TRUE(lost(2));
  EXPECT_THAT(listener_.lost[1].message(), Not(HasSubstr("rpcthreads")));
  EXPECT_EQ(source_->counters().starvations, 0U);
  node_.server().start();
  EXPECT_TRUE(calls("longpoll", 2)) << "the node has hung up, so nothing is left";
}

TEST_F(NodeLongpollTest, TheNextRunWaitsForTheOneThatWasLeft) {
  options_.times.poll = 20ms;
  start();
  ASSERT_TRUE(calls("longpoll", 1));
  stop();
  for (int run = 0; run < 6; ++run) {
    start();
    ASSERT_TRUE(polls(5));
    stop();
    EXPECT_EQ(node_.calls("longpoll"), 1) << "run " << run;
    ASSERT_TRUE(record_->open) << "run " << run;
  }
  start();
  ASSERT_TRUE(polls(3));
  node_.new_tip();
  EXPECT_TRUE(calls("longpoll", 2)) << "the tip that it waited for has gone";
}

TEST_F(NodeLongpollTest, ARunThatIsKilledHasLeftOne) {
  options_.times.poll = 20ms;
  record_->open = OpenLongpoll{.tip = std::nullopt, .id = {}, .sent = std::chrono::system_clock::now()};
  start();
  ASSERT_TRUE(polls(5));
  EXPECT_EQ(node_.calls("longpoll"), 0);
  node_.new_tip();
  ASSERT_TRUE(calls("longpoll", 1));
  EXPECT_FALSE(record_->open.value().tip) << "this one might be killed as well";
}

TEST_F(NodeLongpollTest, ALeftOneIsNamedWhereTheNodeDoesNotAnswer) {
  record_->open = OpenLongpoll{.tip = std::nullopt, .id = {}, .sent = std::chrono::system_clock::now()};
  options_.times.call = 200ms;
  node_.answer_instead = [](const std::string&, const json::value&) {
    FakeReply nothing;
    nothing.silent = true;
    return std::optional(nothing);
  };
  start();
  ASSERT_TRUE(lost());
  EXPECT_THAT(listener_.lost[0].message(), testing::AllOf(HasSubstr("longpoll"), HasSubstr("rpcthreads")));
}

TEST_F(NodeLongpollTest, ASessionThatEndsLeavesItsOwn) {
  options_.times.poll = 20ms;
  start();
  ASSERT_TRUE(calls("longpoll", 1));
  node_.faults["getblocktemplate"] = {-1, "out of order"};
  ASSERT_TRUE(lost());
  node_.faults.clear();
  ASSERT_TRUE(run_until([&] { return listener_.connected == 2; }));
  ASSERT_TRUE(polls(5));
  EXPECT_EQ(node_.calls("longpoll"), 1) << "the node still has the first";
  node_.new_tip();
  EXPECT_TRUE(calls("longpoll", 2));
}

TEST_F(NodeLongpollTest, ANodeThatSyncsGivesOneReason) {
  node_.chain_info["initialblockdownload"] = true;
  node_.chain_info["headers"] = 900;
  node_.faults["getblocktemplate"] = {-10, "Bitcoin Core is in initial sync and waiting for blocks..."};
  node_.answer_instead = [&](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method == "getblockchaininfo") node_.chain_info["blocks"] = node_.calls(method);
    return std::nullopt;
  };
  start();
  ASSERT_TRUE(lost(5));
  EXPECT_THAT(listener_.lost[0].message(), HasSubstr("block 1 of 900 headers"));
  for (const Error& error : listener_.lost)
    EXPECT_EQ(error.message(), listener_.lost[0].message());
  EXPECT_EQ(logged_.str(), "") << "nothing for each attempt";
  node_.faults.clear();
  ASSERT_TRUE(works(1)) << "whatever initialblockdownload says";
  EXPECT_THAT(logged_.str(), HasSubstr("has downloaded the block chain"));
}

}  // namespace
}  // namespace lode::node
