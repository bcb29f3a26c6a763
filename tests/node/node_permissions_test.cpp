// What a source says at its start of the calls that its node does not allow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/node/node_source_fixture.h"

namespace lode::node {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using test::FakeReply;
using test::http_reply;
using testing::HasSubstr;
using Kind = work::BlockOutcome::Kind;

/// Which calls the node allows, and what is said of it.
class NodePermissionsTest : public test::NodeSourceFixture {
 protected:
  NodePermissionsTest() {
    const auto logger =
        std::make_shared<spdlog::logger>("node", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_));
    logger->set_pattern("%l %v");
    log_ = Log(logger);
  }
  ~NodePermissionsTest() override { stop(); }  // while there is a log

  bool tried(int times = 1) {
    return run_until([&] { return node_.calls("try getblockhash") >= times; });
  }
  /// Lines about calls that cannot be made.
  std::vector<std::string> warnings() const {
    std::vector<std::string> found;
    std::istringstream lines(logged_.str());
    for (std::string line; std::getline(lines, line);) {
      if (line.find("does not let lode call") != std::string::npos) found.push_back(line);
    }
    return found;
  }

  std::ostringstream logged_;
};

TEST_F(NodePermissionsTest, AreTriedOnceThereIsWorkAndChangeNothing) {
  node_.proposal_answer = "bad-cb-amount";
  start();
  ASSERT_TRUE(lost(2));
  EXPECT_EQ(node_.calls("try submitblock"), 0) << "the template and its proposal come first";
  node_.proposal_answer = nullptr;
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(tried());
  stop();
  EXPECT_EQ(node_.calls("try submitblock"), 1);
  EXPECT_EQ(node_.calls("try getblockheader"), 1);
  EXPECT_EQ(node_.calls("submitblock"), 0);
  EXPECT_THAT(warnings(), testing::IsEmpty());
}

TEST_F(NodePermissionsTest, AForbiddenSubmitblockIsAnErrorAtTheStart) {
  node_.forbidden = {"submitblock", "getblockhash"};
  start();
  ASSERT_TRUE(run_until([&] { return !warnings().empty(); }));
  const std::string said = warnings()[0];
  EXPECT_THAT(said, testing::StartsWith("error "));
  EXPECT_THAT(said, HasSubstr("submitblock, getblockhash"));
  EXPECT_THAT(said, HasSubstr("it is lost"));
  EXPECT_THAT(said,
              HasSubstr("rpcwhitelist=u:getblockchaininfo,getblocktemplate,submitblock,getblockheader,getblockhash"));
  EXPECT_EQ(node_.calls("submitblock"), 0);
}

TEST_F(NodePermissionsTest, AreToldOnceAndNotAfterEachLoss) {
  node_.forbidden = {"getblockheader"};
  start();
  ASSERT_TRUE(run_until([&] { return !warnings().empty(); }));
  EXPECT_THAT(warnings()[0], testing::StartsWith("warning "));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  node_.server().stop();
  ASSERT_TRUE(lost(1));
  node_.server().start();
  ASSERT_TRUE(works(2));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 2; }));
  node_.new_tip();
  ASSERT_TRUE(works(3));
  stop();
  EXPECT_EQ(node_.calls("try getblockheader"), 1);
  EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(NodePermissionsTest, ACallThatTheNodeDoesNotKnowIsNamed) {
  node_.faults["try getblockheader"] = {-32601, "Method not found"};
  start();
  ASSERT_TRUE(run_until([&] { return !warnings().empty(); }));
  EXPECT_THAT(warnings()[0], HasSubstr("getblockheader"));
  EXPECT_THAT(warnings()[0], testing::Not(HasSubstr("rpcwhitelist"))) << "that would not help";
}

TEST_F(NodePermissionsTest, ACallThatTheNodeSaysNothingOfIsTriedAgain) {
  options_.times.retry_calls = 1ms;
  node_.forbidden = {"submitblock"};
  int busy = 2;
  node_.answer_instead = [&](const std::string& method, const json::value&) {
    return method == "try submitblock" && busy-- > 0 ? std::optional(http_reply(503, "Work queue depth exceeded"))
                                                     : std::nullopt;
  };
  start();
  ASSERT_TRUE(run_until([&] { return !warnings().empty(); }));
  stop();
  EXPECT_EQ(node_.calls("try submitblock"), 3);
  EXPECT_EQ(node_.calls("try getblockheader"), 1) << "that is known";
  EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(NodePermissionsTest, ANodeThatKeepsSilentAboutThemStillGivesWork) {
  node_.answer_instead = [](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method != "try submitblock") return std::nullopt;
    FakeReply nothing;
    nothing.silent = true;
    return nothing;
  };
  start();
  ASSERT_TRUE(run_until([&] { return node_.calls("try submitblock") == 1; }));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  node_.new_tip();
  ASSERT_TRUE(works(2));
  EXPECT_EQ(submit(mine(*listener_.works[1])).kind, Kind::kAccepted);
}

}  // namespace
}  // namespace lode::node
