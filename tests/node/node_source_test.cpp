// The getblocktemplate source against a node that behaves, and against ones that do not.
#include "host/node/node_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "host/base/hex.h"
#include "host/chain/block.h"
#include "host/chain/check.h"
#include "host/work/block_assembly.h"
#include "host/work/header_builder.h"
#include "tests/node/fake_node.h"
#include "tests/node/node_source_fixture.h"
#include "tests/support/temporary_folder.h"

namespace lode::node {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::FakeReply;
using test::http_reply;
using NodeSourceTest = test::NodeSourceFixture;
using testing::HasSubstr;
using Kind = work::BlockOutcome::Kind;

TEST_F(NodeSourceTest, GivesWorkThatIsAValidBlock) {
  for (const std::size_t count : {0U, 1U, 2U, 3U, 1000U}) {
    node_.block_template = test::sample_template(count);
    listener_ = {};
    start();
    ASSERT_TRUE(works(1)) << count;
    const auto& work = *listener_.works[0];
    EXPECT_EQ(listener_.connected, 1);
    EXPECT_EQ(work.source, "127.0.0.1:" + std::to_string(node_.port()));
    EXPECT_EQ(work.height, 101U);
    EXPECT_TRUE(work.clean);
    EXPECT_EQ(work.version_mask, 0x1fffe000U);
    EXPECT_EQ(work.time, 1'700'000'100U);
    EXPECT_EQ(work.body->transaction_count, count);
    EXPECT_TRUE(work.body->coinbase_has_witness);
    const auto block = mine(work);
    const auto checked = work::check_found_block(block);
    EXPECT_TRUE(checked) << checked.error().message();
    EXPECT_EQ(submit(block).kind, Kind::kAccepted);
    EXPECT_EQ(node_.last_block, to_hex(*block.serialized));
    stop();
  }
}

TEST_F(NodeSourceTest, ANewShapeIsProposedBeforeItIsPublished) {
  start();
  ASSERT_TRUE(works(1));
  EXPECT_EQ(node_.calls("proposal"), 1);
  node_.new_tip();
  ASSERT_TRUE(works(2));
  EXPECT_TRUE(run_until([&] { return node_.calls("proposal") == 2; })) << "a known shape is checked behind";
}

TEST_F(NodeSourceTest, ARejectedProposalIsNeverPublished) {
  node_.proposal_answer = "bad-cb-amount";
  start();
  ASSERT_TRUE(lost(3));
  EXPECT_TRUE(listener_.works.empty());
  EXPECT_THAT(listener_.lost[0].message(), HasSubstr("bad-cb-amount"));
  EXPECT_EQ(source_->counters().proposals_rejected, 3U);
  node_.proposal_answer = nullptr;
  EXPECT_TRUE(works(1));
}

TEST_F(NodeSourceTest, ARejectBehindWithdrawsTheWork) {
  start();
  ASSERT_TRUE(works(1));
  node_.proposal_answer = "bad-txnmrklroot";
  node_.new_tip();
  ASSERT_TRUE(run_until([&] { return !listener_.withdrawn.empty(); }));
  EXPECT_THAT(listener_.withdrawn[0].message(), HasSubstr("bad-txnmrklroot"));
  EXPECT_EQ(listener_.works.size(), 2U);
  EXPECT_TRUE(listener_.lost.empty());
}

TEST_F(NodeSourceTest, ALyingTemplateIsWithdrawn) {
  node_.block_template = test::sample_template(3);
  start();
  ASSERT_TRUE(works(1));
  node_.block_template["transactions"].as_array()[1].as_object()["txid"] = std::string(64, '1');
  node_.new_tip();
  ASSERT_TRUE(run_until([&] { return !listener_.withdrawn.empty(); }));
  EXPECT_THAT(listener_.withdrawn[0].message(), HasSubstr("transaction 1"));
}

TEST_F(NodeSourceTest, ToleratesANodeWithoutProposals) {
  node_.faults["proposal"] = {-8, "Invalid mode"};
  start();
  ASSERT_TRUE(works(1));
  node_.new_tip();
  ASSERT_TRUE(works(2));
  EXPECT_EQ(node_.calls("proposal"), 1) << "asked once, not for every template";
}

TEST_F(NodeSourceTest, ABusyNodeIsAskedForAProposalAgain) {
  options_.times.settle = 1ms;
  int busy = 1;
  node_.answer_instead = [&](const std::string& method, const json::value&) {
    return method == "proposal" && busy-- > 0 ? std::optional(http_reply(503, "Work queue depth exceeded"))
                                              : std::nullopt;
  };
  node_.proposal_answer = "bad-cb-amount";
  start();
  ASSERT_TRUE(works(1)) << "hashing need not wait for a node that is busy";
  ASSERT_TRUE(run_until([&] { return !listener_.withdrawn.empty(); })) << "it is asked once more, behind";
  EXPECT_THAT(listener_.withdrawn[0].message(), HasSubstr("bad-cb-amount"));
}

TEST_F(NodeSourceTest, WorkWhoseTimeTheNodeDoesNotTakeIsWithdrawn) {
  start();
  ASSERT_TRUE(works(1));
  node_.proposal_answer = "time-too-new";
  node_.new_tip();
  ASSERT_TRUE(run_until([&] { return !listener_.withdrawn.empty(); }));
  EXPECT_THAT(listener_.withdrawn[0].message(), HasSubstr("clock"));
}

TEST_F(NodeSourceTest, WithdrawnWorkIsTriedAgainWhenTheCauseIsGone) {
  options_.times.poll = 20ms;
  options_.times.republish = 1h;
  start();
  ASSERT_TRUE(works(1));
  node_.proposal_answer = "time-too-new";
  node_.new_tip();
  ASSERT_TRUE(run_until([&] { return !listener_.withdrawn.empty(); }));
  const std::size_t published = listener_.works.size();
  node_.proposal_answer = nullptr;  // the template stays the same, its time too
  EXPECT_TRUE(works(published + 1));
  EXPECT_EQ(listener_.works.back()->previous_block, listener_.works[published - 1]->previous_block);
}

TEST_F(NodeSourceTest, AnOutdatedProposalIsNoFault) {
  node_.proposal_answer = "inconclusive-not-best-prevblk";
  start();
  ASSERT_TRUE(works(1));
  node_.new_tip();
  ASSERT_TRUE(works(2));
  EXPECT_TRUE(listener_.withdrawn.empty());
  EXPECT_TRUE(listener_.lost.empty());
}

TEST_F(NodeSourceTest, ALongpollBringsANewTip) {
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  for (std::size_t i = 2; i <= 6; ++i) {
    node_.new_tip();
    ASSERT_TRUE(works(i)) << "the poll comes only every hour";
    EXPECT_EQ(listener_.works.back()->height, 100U + i);
    EXPECT_TRUE(listener_.works.back()->clean);
    ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == static_cast<int>(i); }));
  }
  EXPECT_EQ(node_.calls("getblocktemplate"), 1);
}

TEST_F(NodeSourceTest, TheSameTemplateAgainIsNotPublished) {
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  for (int i = 0; i < 3; ++i) {
    node_.wake();
    ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == i + 2; }));
  }
  EXPECT_EQ(listener_.works.size(), 1U);
  EXPECT_EQ(source_->counters().unchanged, 3U);
}

TEST_F(NodeSourceTest, ALongpollThatAnswersAtOnceIsNoBusyLoop) {
  node_.answer_instead = [&](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method != "longpoll") return std::nullopt;
    return http_reply(
        200, json::serialize(json::object{{"result", node_.block_template},
                                          {"error", nullptr},
                                          {"id", node_.calls("longpoll") + node_.calls("waitforblockheight")}}));
  };
  options_.times.shortest = 1h;  // every answer is too soon
  options_.times.backoff = {40ms, 80ms};
  start();
  ASSERT_TRUE(works(1));
  const auto begin = std::chrono::steady_clock::now();
  const int before = node_.calls("longpoll");
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") >= before + 6; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 5 * 20ms) << "the shortest back-off comes before each";
}

TEST_F(NodeSourceTest, WithoutLongpollThePollFindsNewTips) {
  node_.block_template.erase("longpollid");
  options_.times.poll = 20ms;
  start();
  ASSERT_TRUE(works(1));
  node_.block_template["height"] = 102;
  node_.block_template["previousblockhash"] = std::string(64, '2');
  ASSERT_TRUE(works(2));
  EXPECT_EQ(node_.calls("longpoll"), 0);
}

TEST_F(NodeSourceTest, NewTransactionsComeWithoutVoidingOlderWork) {
  options_.times.poll = 20ms;
  start();
  ASSERT_TRUE(works(1));
  node_.block_template = test::sample_template(2);
  ASSERT_TRUE(works(2));
  EXPECT_FALSE(listener_.works[1]->clean);
  EXPECT_EQ(listener_.works[1]->body->transaction_count, 2U);
  EXPECT_NE(listener_.works[0]->extranonce1, listener_.works[1]->extranonce1);
}

TEST_F(NodeSourceTest, TheTimeAloneIsPublishedNowAndThen) {
  options_.times.poll = 5ms;
  options_.times.republish = 1h;
  start();
  ASSERT_TRUE(works(1));
  node_.block_template["curtime"] = 1'700'000'101;
  const int asked = node_.calls("getblocktemplate");
  ASSERT_TRUE(run_until([&] { return node_.calls("getblocktemplate") >= asked + 5; }));
  EXPECT_EQ(listener_.works.size(), 1U) << "not at once";
  stop();

  options_.times.republish = 20ms;
  start();
  ASSERT_TRUE(works(2));
  node_.block_template["curtime"] = 1'700'000'102;
  ASSERT_TRUE(works(3));
  EXPECT_EQ(listener_.works[2]->time, 1'700'000'102U);
}

TEST_F(NodeSourceTest, GoingBackwardsIsNotedAndFollowed) {
  options_.times.poll = 20ms;
  start();
  ASSERT_TRUE(works(1));
  node_.block_template["curtime"] = 1'700'000'050;
  ASSERT_TRUE(works(2));
  node_.block_template["height"] = 100;
  node_.block_template["previousblockhash"] = std::string(64, '3');
  ASSERT_TRUE(works(3));
  EXPECT_EQ(source_->counters().backwards, 2U);
  EXPECT_TRUE(listener_.works[2]->clean);
  EXPECT_TRUE(listener_.lost.empty());
}

TEST_F(NodeSourceTest, AsksAgainAfterAnOwnBlock) {
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  const auto outcome = submit(mine(*listener_.works[0]));
  EXPECT_EQ(outcome.kind, Kind::kAccepted);
  ASSERT_TRUE(works(2)) << "the longpoll does not wake for it, and the poll comes only every hour";
  EXPECT_EQ(listener_.works[1]->height, 102U);
}

TEST_F(NodeSourceTest, ALongpollThatWakesForOwnBlocksSparesTheNodeASecondTemplate) {
  options_.times.own_tip = 1h;
  node_.accepting_wakes = true;
  start();
  constexpr std::size_t kBlocks = 5;
  for (std::size_t i = 1; i <= kBlocks; ++i) {
    ASSERT_TRUE(works(i));
    ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == static_cast<int>(i); }));
    const auto block = mine(*listener_.works.back());
    node_.next_parent = block.hash.to_display();
    EXPECT_EQ(submit(block).kind, Kind::kAccepted);
  }
  ASSERT_TRUE(works(kBlocks + 1));
  EXPECT_LE(node_.calls("getblocktemplate"), 2) << "one to begin with, and one before that was known";
}

TEST_F(NodeSourceTest, ALongpollThatNoLongerWakesForOwnBlocksIsNotWaitedForTwice) {
  options_.times.own_tip = 2s;
  node_.accepting_wakes = true;
  start();
  const auto own_block = [&](std::size_t number) {
    ASSERT_TRUE(works(number));
    ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") >= 1; }));
    const auto block = mine(*listener_.works.back());
    node_.next_parent = block.hash.to_display();
    EXPECT_EQ(submit(block).kind, Kind::kAccepted);
  };
  own_block(1);
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 2; }));
  node_.accepting_wakes = false;
  const int asked = node_.calls("getblocktemplate");
  own_block(2);
  ASSERT_TRUE(works(3)) << "the longpoll stays silent, the poll comes only every hour";
  EXPECT_EQ(node_.calls("getblocktemplate"), asked + 1);
  // Now it is known to be silent: the next template is asked for without waiting for it.
  own_block(3);
  ASSERT_TRUE(works(4));
}

TEST_F(NodeSourceTest, ANodeThatGoesBackOntoTheParentOfOurBlockIsFollowed) {
  start();
  ASSERT_TRUE(works(1));
  const json::object before = node_.block_template;
  EXPECT_FALSE(listener_.works[0]->parent_again);
  EXPECT_EQ(submit(mine(*listener_.works[0])).kind, Kind::kAccepted);
  ASSERT_TRUE(works(2));
  EXPECT_FALSE(listener_.works[1]->parent_again);
  node_.block_template = before;  // invalidateblock
  node_.wake();
  ASSERT_TRUE(works(3));
  EXPECT_EQ(listener_.works[2]->previous_block, listener_.works[0]->previous_block);
  EXPECT_TRUE(listener_.works[2]->parent_again);
}

TEST_F(NodeSourceTest, AnUnchangedTemplateIsNewsAfterABlockOnItsParent) {
  for (const bool late : {false, true}) {
    // Taken and left at once, or never in the best chain; the clock stands still.
    node_.accepting_makes_a_tip = false;
    node_.other_block_at_height = late ? std::optional(std::string(64, 'a')) : std::nullopt;
    listener_.works.clear();
    start();
    ASSERT_TRUE(works(1));
    const auto first = listener_.works[0];
    EXPECT_EQ(submit(mine(*first)).kind, late ? Kind::kStale : Kind::kAccepted);
    ASSERT_TRUE(works(2)) << "nothing else says what to hash now";
    EXPECT_EQ(listener_.works[1]->previous_block, first->previous_block);
    EXPECT_TRUE(listener_.works[1]->parent_again);
    stop();
  }
}

TEST_F(NodeSourceTest, TheWorkIdGoesWithTheBlock) {
  const std::string name = "work \"1\" with a name of some length";
  node_.block_template["workid"] = name;
  start();
  ASSERT_TRUE(works(1));
  submit(mine(*listener_.works[0]));
  EXPECT_EQ(node_.last_submit_params.as_array().at(1).at("workid"), json::string(name));
}

TEST_F(NodeSourceTest, ABlockThatTheNodeHasIsJudgedByWhereItIs) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  for (const char* said : {"duplicate", "inconclusive", "rejected: duplicate", "rejected: bad-prevblk"}) {
    node_.submit_answer = said;
    node_.confirmations = 1;
    EXPECT_EQ(submit(block).kind, Kind::kAccepted) << said;
    node_.confirmations = -1;
    EXPECT_EQ(submit(block).kind, Kind::kStale) << said;
    node_.confirmations.reset();
    EXPECT_EQ(submit(block).kind, Kind::kUnavailable) << said;
  }
}

TEST_F(NodeSourceTest, ABlockThatLostItsPlaceIsNotAccepted) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  node_.other_block_at_height = std::string(64, 'a');
  auto outcome = submit(block);
  EXPECT_EQ(outcome.kind, Kind::kStale) << "taken without a word, and yet another stands there";
  EXPECT_EQ(outcome.reason, "inconclusive");
  node_.submit_answer = "duplicate";
  node_.confirmations = 1;  // some nodes count them on side branches too
  EXPECT_EQ(submit(block).kind, Kind::kStale);
  node_.faults["getblockhash"] = {-32601, "Method not found"};
  node_.submit_answer = nullptr;
  EXPECT_EQ(submit(block).kind, Kind::kAccepted) << "nothing speaks against the node's word";
}

TEST_F(NodeSourceTest, ABlockWhoseNodeGoesAwayAfterTakingItStaysOpen) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  const std::function<std::optional<FakeReply>()> answers[] = {
      [] { return http_reply(503, "Work queue depth exceeded"); },
      [] { return http_reply(200, "<html>"); },
      [] { return http_reply(401, ""); },
  };
  for (const auto& answer : answers) {
    node_.answer_instead = [&](const std::string& method, const json::value&) {
      return method == "getblockhash" ? answer() : std::nullopt;
    };
    const auto outcome = submit(block);
    EXPECT_EQ(outcome.kind, Kind::kUnavailable);
    EXPECT_THAT(outcome.detail, HasSubstr("has not said"));
  }
  node_.answer_instead = nullptr;
  for (const auto& fault : {std::pair{-28, "Loading block index"}, std::pair{-8, "Block height out of range"}}) {
    node_.faults["getblockhash"] = fault;
    EXPECT_EQ(submit(block).kind, Kind::kUnavailable) << fault.second;
  }
  node_.faults.clear();
  EXPECT_EQ(submit(block).kind, Kind::kAccepted);
}

TEST_F(NodeSourceTest, ANodeThatMayNotTellIsAskedOtherwise) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  std::set<std::string> denied{"getblockheader"};
  node_.answer_instead = [&](const std::string& method, const json::value&) {
    return denied.contains(method) ? std::optional(http_reply(403, "")) : std::nullopt;
  };
  for (const char* said : {"duplicate", "inconclusive"}) {
    node_.submit_answer = said;
    node_.other_block_at_height.reset();
    EXPECT_EQ(submit(block).kind, Kind::kAccepted) << said << ": it has its place in the chain";
    node_.other_block_at_height = std::string(64, 'a');
    EXPECT_EQ(submit(block).kind, Kind::kStale) << said << ": another block has its place";
  }
  denied.insert("getblockhash");
  EXPECT_EQ(submit(block).kind, Kind::kUnavailable) << "inconclusive, and nothing can be known";
  for (const json::value& said : {json::value("duplicate"), json::value(nullptr)}) {
    node_.submit_answer = said;
    EXPECT_EQ(submit(block).kind, Kind::kAccepted) << "a valid block (BIP22)";
  }
  denied.insert("submitblock");
  const auto outcome = submit(block);
  EXPECT_EQ(outcome.kind, Kind::kUnavailable);
  EXPECT_THAT(outcome.detail, HasSubstr("submitblock"));
  EXPECT_THAT(outcome.detail, HasSubstr("rpcwhitelist"));
}

TEST_F(NodeSourceTest, ADuplicateIsInvalidOnlyIfTheNodeSaysThatItLacksIt) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  node_.submit_answer = "duplicate";
  for (const auto& fault :
       {std::pair{-28, "Loading block index"}, std::pair{-1, "something else"}, std::pair{-32603, "internal error"}}) {
    node_.faults["getblockheader"] = fault;
    EXPECT_EQ(submit(block).kind, Kind::kUnavailable) << fault.second;
  }
  node_.faults["getblockheader"] = {-5, "Block not found"};
  EXPECT_EQ(submit(block).kind, Kind::kRejected);
  node_.faults["getblockheader"] = {-32601, "Method not found"};
  EXPECT_EQ(submit(block).kind, Kind::kAccepted);
}

TEST_F(NodeSourceTest, ABlockFromTheFutureIsKeptUntilItsTimeHasCome) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  node_.submit_answer = "time-too-new";
  node_.faults["getblockheader"] = {-5, "Block not found"};
  const auto outcome = submit(block);
  EXPECT_EQ(outcome.kind, Kind::kUnavailable);
  EXPECT_THAT(outcome.detail, HasSubstr("clock"));
}

TEST_F(NodeSourceTest, ATemplateOnTopOfABlockIsWordEnough) {
  options_.times.confirm = 1h;
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  node_.next_parent = block.hash.to_display();
  EXPECT_EQ(submit(block).kind, Kind::kAccepted);
  EXPECT_EQ(node_.calls("getblockhash"), 0);
}

TEST_F(NodeSourceTest, ADuplicateThatTheNodeDoesNotKeepIsInvalid) {
  start();
  ASSERT_TRUE(works(1));
  node_.submit_answer = "rejected: duplicate";
  node_.faults["getblockheader"] = {-1, "Block not found"};
  EXPECT_EQ(submit(mine(*listener_.works[0])).kind, Kind::kRejected);
}

TEST_F(NodeSourceTest, RejectsHaveTheirReason) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  node_.submit_answer = "rejected: bad-txnmrklroot";
  auto outcome = submit(block);
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_EQ(outcome.reason, "bad-txnmrklroot");
  EXPECT_THAT(outcome.detail, HasSubstr("merkle root"));
  node_.submit_answer = "stale-prevblk";
  EXPECT_EQ(submit(block).kind, Kind::kStale);
  node_.faults["submitblock"] = {-22, "Block decode failed"};
  outcome = submit(block);
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_THAT(outcome.detail, HasSubstr("Block decode failed"));
  node_.faults["submitblock"] = {-28, "Loading"};
  EXPECT_EQ(submit(block).kind, Kind::kUnavailable);
}

TEST_F(NodeSourceTest, ALostAnswerIsLookedUp) {
  options_.times.submit = 1s;
  node_.silent_submit = true;
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  EXPECT_EQ(submit(block).kind, Kind::kUnavailable);
  node_.confirmations = 1;
  EXPECT_EQ(submit(block).kind, Kind::kAccepted);
}

TEST_F(NodeSourceTest, BlocksCanBeSubmittedWithoutRun) {
  start();
  ASSERT_TRUE(works(1));
  const auto block = mine(*listener_.works[0]);
  stop();
  EXPECT_EQ(submit(block).kind, Kind::kAccepted);
  node_.server().stop();
  EXPECT_EQ(submit(block).kind, Kind::kUnavailable);
}

TEST_F(NodeSourceTest, TellsWhereABlockIs) {
  using Place = work::BlockPlace;
  start();
  ASSERT_TRUE(works(1));
  const work::FoundBlock block = mine(*listener_.works[0]);
  node_.other_block_at_height = block.hash.to_display();
  const auto place = [&] {
    std::optional<std::optional<Place>> found;
    asio::co_spawn(io_, source_->find_block(block.hash, block.height),
                   [&](std::exception_ptr failure, std::optional<Place> got) {
                     EXPECT_EQ(failure, nullptr);
                     found = got;
                   });
    EXPECT_TRUE(run_until([&] { return found.has_value(); }));
    return found.value_or(std::nullopt);
  };
  EXPECT_EQ(place(), Place::kBestChain);
  node_.other_block_at_height = std::string(64, '0');
  EXPECT_EQ(place(), std::nullopt) << "neither there nor \"not found\"";
  node_.confirmations = -1;
  EXPECT_EQ(place(), Place::kBranch);
  node_.faults["getblockhash"] = {-8, "Block height out of range"};
  EXPECT_EQ(place(), Place::kBranch) << "a longer one that was given up";
  node_.faults["getblockheader"] = {-5, "Block not found"};
  EXPECT_EQ(place(), Place::kNowhere);
  node_.forbidden = {"getblockheader"};
  EXPECT_EQ(place(), Place::kNowhere) << "it is not in the chain, which is all that can be known";
  node_.faults["getblockhash"] = {-28, "Loading block index"};
  EXPECT_EQ(place(), std::nullopt);
}

TEST_F(NodeSourceTest, AConnectionIsWarmForTheBlock) {
  start();
  ASSERT_TRUE(works(1));
  // Calls, longpoll, proposals, the warm one, and for a moment those to try calls with and to look for a spare thread.
  ASSERT_TRUE(run_until([&] { return node_.server().connections() == 6 && node_.calls("longpoll") == 1; }));
  submit(mine(*listener_.works[0]));
  EXPECT_EQ(node_.server().connections(), 6U);
}

struct PassingState {
  const char* method;
  int code;
  const char* reason = "the node's words";
};

TEST_F(NodeSourceTest, WaitsForStatesThatPass) {
  for (const auto& [method, code, reason] :
       {PassingState{"getblockchaininfo", -28}, PassingState{"getblocktemplate", -28},
        PassingState{"getblocktemplate", -10, "is still downloading the block chain"},
        PassingState{"getblocktemplate", -9}}) {
    node_.faults = {{method, {code, "the node's words"}}};
    listener_ = {};
    start();
    ASSERT_TRUE(lost(2));
    EXPECT_TRUE(listener_.lost[0].is(Errc::kNotReady));
    EXPECT_THAT(listener_.lost[0].message(), HasSubstr(reason));
    EXPECT_EQ(listener_.connected, 0);
    node_.faults.clear();
    EXPECT_TRUE(works(1));
    stop();
  }
}

TEST_F(NodeSourceTest, FailedAttemptsBackOff) {
  node_.faults = {{"getblocktemplate", {-10, "ibd"}}};
  options_.times.backoff = {40ms, 160ms};
  const auto begin = std::chrono::steady_clock::now();
  start();
  ASSERT_TRUE(run_until([&] { return node_.calls("getblocktemplate") >= 5; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms + 40ms + 80ms + 80ms) << "the shortest pauses";
}

TEST_F(NodeSourceTest, AWrongPasswordEndsTheRun) {
  options_.password = "wrong";
  start();
  const Error error = end_of_run();
  EXPECT_TRUE(error.is(Errc::kUnauthorized));
  EXPECT_THAT(error.message(), HasSubstr("user 'u'"));
  EXPECT_EQ(error.message().find("wrong"), std::string::npos) << "the password must not be shown";
}

TEST_F(NodeSourceTest, AnAddressOfAnotherNetworkEndsTheRun) {
  options_.payout_address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
  start();
  const Error error = end_of_run();
  EXPECT_THAT(error.message(), testing::AllOf(HasSubstr("mainnet"), HasSubstr("regtest")));
  EXPECT_EQ(node_.calls("getblocktemplate"), 0);
}

TEST_F(NodeSourceTest, ABadAddressEndsTheRun) {
  options_.payout_address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081";
  start();
  EXPECT_TRUE(end_of_run().is(Errc::kMalformed));
}

TEST_F(NodeSourceTest, SignetAndUnknownRulesEndTheRun) {
  node_.chain_info["chain"] = "signet";
  start();
  EXPECT_THAT(end_of_run().message(), HasSubstr("signet"));
  node_.chain_info["chain"] = "regtest";
  node_.block_template["rules"] = json::array{"!covenants"};
  start();
  EXPECT_THAT(end_of_run().message(), HasSubstr("!covenants"));
}

TEST_F(NodeSourceTest, AnUnknownChainNameIsNoObstacle) {
  node_.chain_info = {};
  start();
  EXPECT_TRUE(works(1));
  stop();
  listener_ = {};
  node_.faults["getblockchaininfo"] = {-32601, "Method not found"};
  start();
  EXPECT_TRUE(works(1));
}

TEST_F(NodeSourceTest, ASilentNodeIsLost) {
  options_.times.call = options_.times.submit = 500ms;
  start();
  ASSERT_TRUE(works(1));
  node_.answer_instead = [](const std::string&, const json::value&) -> std::optional<FakeReply> {
    FakeReply nothing;
    nothing.silent = true;
    return nothing;
  };
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") >= 1; }));
  submit(mine(*listener_.works[0]));  // no answer
  source_->stop();
  end_of_run();
  options_.times.poll = 20ms;
  node_.answer_instead = nullptr;
  start();
  ASSERT_TRUE(works(2));
  node_.answer_instead = [](const std::string& method, const json::value&) -> std::optional<FakeReply> {
    if (method == "longpoll") return std::nullopt;
    FakeReply half = http_reply(200, std::string(1000, ' '));
    half.bytes.resize(500);
    half.silent = true;
    return half;
  };
  ASSERT_TRUE(lost());
  EXPECT_TRUE(listener_.lost[0].is(Errc::kTimeout)) << listener_.lost[0].message();
  node_.answer_instead = nullptr;
  EXPECT_TRUE(works(3));
}

TEST_F(NodeSourceTest, ComesBackAfterTheNodeWasAway) {
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  node_.server().stop();
  ASSERT_TRUE(lost(3)) << "noticed by the longpoll's connection, long before the poll";
  EXPECT_TRUE(listener_.lost[0].is(Errc::kDisconnected)) << listener_.lost[0].message();
  node_.server().start();
  ASSERT_TRUE(works(2));
  EXPECT_EQ(listener_.connected, 2);
  EXPECT_TRUE(listener_.works[1]->clean);
}

struct BadReply {
  const char* name;
  FakeReply reply;
};

TEST_F(NodeSourceTest, SurvivesEveryBadReply) {
  std::string deep = R"({"result":)" + std::string(10'000, '[') + std::string(10'000, ']') + R"(,"error":null,"id":2})";
  FakeReply huge_announced;
  huge_announced.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n{";
  huge_announced.silent = true;
  FakeReply huge_chunked;
  huge_chunked.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  huge_chunked.tail = "100000\r\n" + std::string(0x100000, ' ') + "\r\n";
  huge_chunked.repeat = 65;
  FakeReply garbage;
  garbage.bytes = std::string(1000, '\xff');
  garbage.close = true;
  FakeReply closed;
  closed.close = true;
  const BadReply replies[] = {
      {"html", http_reply(200, "<html>It works!</html>", "text/html")},
      {"html 404", http_reply(404, "<html>Not found</html>", "text/html")},
      {"forbidden", http_reply(403, "")},
      {"redirect", http_reply(301, "")},
      {"queue", http_reply(503, "Work queue depth exceeded", "text/plain")},
      {"bad gateway", http_reply(502, "<html></html>")},
      {"empty", http_reply(200, "")},
      {"truncated json", http_reply(200, R"({"result":{"height":10)")},
      {"array", http_reply(200, "[]")},
      {"number", http_reply(200, "5")},
      {"no result", http_reply(200, R"({"id":2})")},
      {"null result", http_reply(200, R"({"result":null,"error":null,"id":2})")},
      {"odd error", http_reply(200, R"({"result":null,"error":5,"id":2})")},
      {"another id", http_reply(200, R"({"result":{},"error":null,"id":777})")},
      {"text id", http_reply(200, R"({"result":{},"error":null,"id":"2"})")},
      {"deep", http_reply(200, deep)},
      {"huge announced", huge_announced},
      {"huge chunked", huge_chunked},
      {"garbage", garbage},
      {"closed", closed},
  };
  for (const BadReply& bad : replies) {
    listener_ = {};
    node_.answer_instead = [&](const std::string& method, const json::value&) -> std::optional<FakeReply> {
      if (method == "getblocktemplate") return bad.reply;
      return std::nullopt;
    };
    start();
    const int before = node_.calls("getblocktemplate");
    ASSERT_TRUE(run_until([&] { return listener_.lost.size() >= 2 || ended_.has_value(); })) << bad.name;
    EXPECT_TRUE(listener_.works.empty()) << bad.name;
    // Two attempts, each repeated once at the most, where a kept connection broke.
    EXPECT_LE(node_.calls("getblocktemplate") - before, 4) << bad.name << ": a busy loop";
    if (!ended_) {
      EXPECT_GT(listener_.lost[0].message().size(), 10U) << bad.name;
      node_.answer_instead = nullptr;
      EXPECT_TRUE(works(1)) << bad.name << ": does not recover";
    }
    stop();
  }
}

TEST_F(NodeSourceTest, AFaultyTemplateIsNamedAndTriedAgain) {
  node_.block_template["bits"] = "00000000";
  start();
  ASSERT_TRUE(lost(2));
  EXPECT_THAT(listener_.lost[0].message(), HasSubstr("'bits'"));
  EXPECT_GE(source_->counters().malformed, 2U);
  node_.block_template["bits"] = "207fffff";
  EXPECT_TRUE(works(1));
}

TEST_F(NodeSourceTest, ATooLongCoinbaseTextSaysHowLongItMayBe) {
  options_.coinbase_text = std::string(90, 'x');
  start();
  ASSERT_TRUE(lost());
  EXPECT_THAT(listener_.lost[0].message(), testing::ContainsRegex("[0-9]+ bytes"));
}

TEST_F(NodeSourceTest, TheNodesWishesGiveWayToTheText) {
  options_.coinbase_text = std::string(60, 'x');
  node_.block_template["coinbaseaux"] = json::object{{"flags", std::string(60, '0')}};
  start();
  EXPECT_TRUE(works(1));
}

TEST_F(NodeSourceTest, ACookieIsReadAgainWhenTheNodeRefusesIt) {
  const test::TemporaryFolder folder;
  options_.cookie_file = folder.path() / "cookie";
  start();
  ASSERT_TRUE(lost(1));
  EXPECT_TRUE(listener_.lost[0].is(Errc::kNotReady)) << "the node may just not run yet";
  std::ofstream(*options_.cookie_file) << "u:secret";
  ASSERT_TRUE(works(1));
  // The node restarts with another cookie.
  std::ofstream(*options_.cookie_file, std::ios::trunc) << "u:other";
  node_.credentials = "dTpvdGhlcg==";
  node_.new_tip();
  EXPECT_TRUE(works(2));
}

TEST_F(NodeSourceTest, VersionRollingFollowsTheOptionsAndTheTemplate) {
  options_.version_mask = 0;
  start();
  ASSERT_TRUE(works(1));
  EXPECT_EQ(listener_.works[0]->version_mask, 0U);
  stop();
  options_.version_mask = 0xffffffff;
  start();
  ASSERT_TRUE(works(2));
  EXPECT_EQ(listener_.works[1]->version_mask, 0x1fffffffU) << "the three highest bits stay";
  stop();
  node_.block_template["version"] = 4;
  start();
  ASSERT_TRUE(works(3));
  EXPECT_EQ(listener_.works[2]->version_mask, 0U) << "no version bits in this version";
}

TEST_F(NodeSourceTest, StopAtAnyMoment) {
  source_.emplace(io_.get_executor(), options_, Log());
  source_->stop();
  run();
  EXPECT_TRUE(end_of_run().is(Errc::kCancelled));
  for (int steps = 0; steps < 60; ++steps) {
    start();
    io_.restart();
    for (int i = 0; i < steps; ++i)
      io_.run_one_for(5ms);
    source_->stop();
    source_->stop();
    EXPECT_TRUE(end_of_run().is(Errc::kCancelled)) << steps;
  }
}

TEST_F(NodeSourceTest, TheDelayOfATemplateCanBeMeasured) {
  start();
  ASSERT_TRUE(works(1));
  ASSERT_TRUE(run_until([&] { return node_.calls("longpoll") == 1; }));
  node_.new_tip();
  ASSERT_TRUE(works(2));
  const NodeCounters counters = source_->counters();
  EXPECT_GT(counters.last_published, counters.last_reply_complete);
  EXPECT_NE(counters.last_reply_complete, std::chrono::steady_clock::time_point{});
  EXPECT_EQ(counters.templates, 2U);
  EXPECT_EQ(counters.longpolls, 1U);
  EXPECT_EQ(counters.polls, 1U);
}

}  // namespace
}  // namespace lode::node
