#include "stratum/v1/pool_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <sstream>

#include "host/work/roll_space.h"
#include "host/work/verifier.h"
#include "tests/stratum/client/fake_link.h"
#include "tests/support/test_work.h"

namespace lode::stratum::v1 {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

SessionOptions plain_options() {
  SessionOptions options;
  options.name = "pool.example.com:3333";
  options.endpoint = {.host = "pool.example.com", .port = 3333};
  options.user = "rig";
  options.password = "secret";
  return options;
}

class Recorder final : public work::SourceListener {
 public:
  void on_connected(work::WorkSource&) override { ++connected; }
  void on_work(work::WorkSource& source, std::shared_ptr<const work::WorkTemplate> work) override {
    EXPECT_GT(connected, 0);
    works.push_back(work);
    if (react) react(source, work);
  }
  void on_withdrawn(work::WorkSource&, const Error& reason) override {
    withdrawn.push_back(reason);
    if (on_refusal) on_refusal();
  }
  void on_share(work::WorkSource&, const work::ShareOutcome& outcome) override {
    outcomes.push_back(outcome);
    if (on_outcome) on_outcome();
  }
  void on_lost(work::WorkSource&, const Error& reason) override {
    lost.push_back(reason);
    if (on_loss) on_loss();
  }

  int connected = 0;
  std::vector<std::shared_ptr<const work::WorkTemplate>> works;
  std::vector<Error> withdrawn;
  std::vector<work::ShareOutcome> outcomes;
  std::vector<Error> lost;
  std::function<void(work::WorkSource&, const std::shared_ptr<const work::WorkTemplate>&)> react;
  std::function<void()> on_outcome;
  std::function<void()> on_loss;
  std::function<void()> on_refusal;
};

class PoolSourceTest : public testing::Test {
 public:
  PoolSourceTest() {
    options.session = plain_options();
    options.backoff = options.refused = {1ms, 4ms};
    prepare = [this](Wire& wire) { answer_everything(wire); };
  }

  /// A pool that agrees to everything and gives a job of a difficulty that a CPU meets at once.
  void answer_everything(Wire& wire) {
    wire.on_send = [this, &wire](const std::string& line) {
      const auto request = boost::json::parse(line).as_object();
      const std::string id = boost::json::serialize(request.at("id"));
      const std::string method(request.at("method").as_string());
      const auto reply = [&](const std::string& result) {
        wire.say(R"({"id":)" + id + R"(,"result":)" + result + R"(,"error":null})");
      };
      if (method == "mining.configure") {
        reply(R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})");
      } else if (method == "mining.subscribe") {
        reply(R"([[["mining.notify","s1"]],"aabbccdd",4])");
      } else if (method == "mining.authorize") {
        reply(authorizes ? "true" : "false");
        if (!authorizes) return;
        wire.say(R"({"id":null,"method":"mining.set_difficulty","params":[1e-7]})");
        wire.say(kNotify);
      } else if (method == "mining.submit") {
        ++submissions;
        reply("true");
      } else {
        reply("null");
      }
    };
  }

  void run() {
    source.emplace(
        context.get_executor(), options,
        [this](const Endpoint& endpoint) {
          auto wire = std::make_shared<Wire>(context);
          wire->endpoint = endpoint;
          wires.push_back(wire);
          prepare(*wire);
          return std::make_unique<FakeLink>(wire);
        },
        Log(std::make_shared<spdlog::logger>("pool", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged))));
    asio::co_spawn(
        context, [&]() -> asio::awaitable<void> { end = co_await source->run(listener); },
        [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
    context.run();
  }

  /// A share for the work.
  static work::Share share_for(const std::shared_ptr<const work::WorkTemplate>& work) {
    auto job = test::make_job(1, std::make_shared<work::WorkTemplate>(*work));
    work::Share share{.job = std::make_shared<const work::Job>(
                          work::Job{.generation = 1, .source = 0, .work = work, .received = job->received}),
                      .roll = {.extranonce2 = work->first_extranonce2, .version = work->version, .time = work->time},
                      .hash = {},
                      .found = std::chrono::steady_clock::now()};
    while (true) {
      const work::Verdict verdict = work::verify(*share.job, share.roll);
      share.hash = verdict.hash;
      if (verdict.kind == work::Verdict::Kind::kShare || verdict.kind == work::Verdict::Kind::kBlock) return share;
      ++share.roll.nonce;
    }
  }

  asio::io_context context;
  std::ostringstream logged;
  PoolOptions options;
  Recorder listener;
  std::vector<std::shared_ptr<Wire>> wires;
  std::function<void(Wire&)> prepare;
  std::optional<PoolSource> source;
  std::optional<Error> end;
  bool authorizes = true;
  int submissions = 0;
};

TEST_F(PoolSourceTest, GivesWorkAndSendsShares) {
  listener.react = [](work::WorkSource& from, const auto& work) { from.submit_share(share_for(work)); };
  listener.on_outcome = [this] { source->stop(); };
  run();
  EXPECT_TRUE(end->is(Errc::kCancelled));
  ASSERT_EQ(listener.works.size(), 1U);
  EXPECT_EQ(listener.works[0]->source, "pool.example.com:3333");
  EXPECT_EQ(submissions, 1);
  ASSERT_EQ(listener.outcomes.size(), 1U);
  EXPECT_EQ(listener.outcomes[0].kind, work::ShareOutcome::Kind::kAccepted);
  EXPECT_EQ(source->counters().shares_accepted, 1U);
  EXPECT_EQ(source->counters().connections, 1U);
  EXPECT_TRUE(wires[0]->closed);
}

TEST_F(PoolSourceTest, ComesBackAfterALossAndAnswersForSharesOnTheWay) {
  listener.react = [this](work::WorkSource& from, const auto& work) {
    if (wires.size() > 1) return from.stop();
    wires[0]->on_send = [this](const std::string&) { wires[0]->hang_up(); };
    from.submit_share(share_for(work));
  };
  run();
  ASSERT_EQ(listener.lost.size(), 1U);
  EXPECT_THAT(listener.lost[0].message(), HasSubstr("hung up"));
  ASSERT_EQ(listener.outcomes.size(), 1U);
  EXPECT_EQ(listener.outcomes[0].kind, work::ShareOutcome::Kind::kUnanswered);
  EXPECT_EQ(wires.size(), 2U);
  EXPECT_EQ(source->counters().losses, 1U);
  EXPECT_EQ(source->counters().connections, 2U);
}

TEST_F(PoolSourceTest, WorkOfAnEarlierConnectionIsNotSentToTheNext) {
  std::optional<work::Share> old;
  listener.react = [&](work::WorkSource& from, const auto& work) {
    if (!old) {
      old = share_for(work);
      wires[0]->hang_up();
    } else {
      from.submit_share(*old);
    }
  };
  listener.on_outcome = [this] { source->stop(); };
  run();
  EXPECT_EQ(submissions, 0);
  ASSERT_EQ(listener.outcomes.size(), 1U);
  EXPECT_NE(listener.outcomes[0].kind, work::ShareOutcome::Kind::kAccepted);
  EXPECT_EQ(source->counters().shares_held_back, 1U);
}

TEST_F(PoolSourceTest, AShareBetweenTwoConnectionsIsAnsweredForAtOnce) {
  listener.react = [this](work::WorkSource&, const auto&) { wires[0]->hang_up(); };
  listener.on_loss = [this] {
    source->submit_share(share_for(listener.works.at(0)));
    source->stop();
  };
  run();
  ASSERT_EQ(listener.outcomes.size(), 1U);
  EXPECT_EQ(listener.outcomes[0].kind, work::ShareOutcome::Kind::kUnanswered);
}

TEST_F(PoolSourceTest, ABlockBetweenTwoConnectionsIsSentOverTheNext) {
  listener.react = [this](work::WorkSource&, const auto&) {
    if (wires.size() == 1) wires[0]->hang_up();
  };
  listener.on_loss = [this] {
    work::Share block = share_for(listener.works.at(0));
    block.is_block = true;
    source->submit_share(block);
  };
  listener.on_outcome = [this] {
    if (listener.outcomes.size() == 2) source->stop();
  };
  run();
  EXPECT_EQ(submissions, 1);
  ASSERT_EQ(listener.outcomes.size(), 2U);
  EXPECT_EQ(listener.outcomes[0].kind, work::ShareOutcome::Kind::kUnanswered);
  EXPECT_FALSE(listener.outcomes[0].again);
  EXPECT_TRUE(listener.outcomes[1].again);
  EXPECT_TRUE(listener.outcomes[1].settled);
  EXPECT_EQ(source->counters().shares_accepted, 0U) << "its share was counted before";
}

TEST_F(PoolSourceTest, ABlockThatComesLateIsSentAndRecorded) {
  struct Kept : std::ostringstream {
    explicit Kept(std::vector<std::string>& to) : to_(to) {}
    ~Kept() override { to_.push_back(str()); }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    std::vector<std::string>& to_;
  };
  std::vector<std::string> records;
  options.open_recording = [&] { return std::make_unique<Kept>(records); };
  listener.react = [this](work::WorkSource& from, const auto&) {
    if (wires.size() == 1) return wires[0]->hang_up();
    work::Share block = share_for(listener.works.at(0));
    block.is_block = true;
    from.submit_share(block);
  };
  listener.on_outcome = [this] {
    if (listener.outcomes.size() == 2) source->stop();
  };
  run();
  EXPECT_EQ(submissions, 1);
  ASSERT_EQ(listener.outcomes.size(), 2U);
  EXPECT_TRUE(listener.outcomes[1].settled);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_THAT(records[1], HasSubstr(R"("block":{"hash")"));
}

TEST_F(PoolSourceTest, BlocksOfAnEarlierRunAreSentInTheirSession) {
  Submission block;
  block.hash.bytes[0] = 7;
  block.height = 840'000;
  block.job_id = "4f";
  block.session_id = "s0";
  block.extranonce1 = {0xaa, 0xbb, 0xcc, 0xdd};
  block.extranonce2 = {0, 0, 0, 9};
  block.found = std::chrono::steady_clock::now() - 24h;
  options.open_blocks = {block};
  listener.on_outcome = [this] { source->stop(); };
  run();
  ASSERT_EQ(listener.outcomes.size(), 1U);
  EXPECT_EQ(listener.outcomes[0].hash, block.hash);
  EXPECT_TRUE(listener.outcomes[0].settled);
  const auto line_of = [&](std::string_view method) {
    for (const std::string& line : wires.at(0)->sent)
      if (line.find(method) != std::string::npos) return line;
    return std::string();
  };
  EXPECT_THAT(line_of("mining.subscribe"), HasSubstr("\"s0\""));
  EXPECT_THAT(line_of("mining.submit"), HasSubstr(R"("4f","00000009")"));
}

TEST_F(PoolSourceTest, ARefusedWorkerNameIsTriedAgainAfterItsPauses) {
  authorizes = false;
  options.backoff = {1ms, 1ms};
  options.refused = {20ms, 40ms};
  std::vector<std::chrono::steady_clock::time_point> losses;
  listener.on_loss = [&] {
    losses.push_back(std::chrono::steady_clock::now());
    if (wires.size() == 3) authorizes = true;
  };
  listener.react = [](work::WorkSource& from, const auto&) { from.stop(); };
  run();
  ASSERT_EQ(listener.lost.size(), 3U);
  EXPECT_TRUE(listener.lost[0].is(Errc::kUnauthorized)) << listener.lost[0].message();
  EXPECT_EQ(listener.works.size(), 1U) << "the name was made known there meanwhile";
  EXPECT_GE(losses[2] - losses[0], 20ms) << "the pauses are at least half as long as they say";
}

TEST_F(PoolSourceTest, ARefusedWorkerNameIsTriedAgainWhereItOnceWorked) {
  listener.react = [this](work::WorkSource&, const auto&) {
    authorizes = false;
    wires.back()->hang_up();
  };
  listener.on_loss = [this] {
    if (wires.size() == 3) source->stop();
  };
  run();
  EXPECT_TRUE(end->is(Errc::kCancelled));
}

TEST_F(PoolSourceTest, ConnectionsThatFailAreTriedAgain) {
  prepare = [this](Wire& wire) {
    if (wires.size() < 5) {
      wire.refuse_connection = fail(Errc::kDisconnected, "refused");
    } else {
      answer_everything(wire);
    }
  };
  listener.react = [](work::WorkSource& from, const auto&) { from.stop(); };
  run();
  EXPECT_EQ(wires.size(), 5U);
  EXPECT_EQ(listener.lost.size(), 4U);
}

/// What was sent first in each connection.
std::vector<std::string> first_lines(const std::vector<std::shared_ptr<Wire>>& wires) {
  std::vector<std::string> methods;
  for (const auto& wire : wires) {
    if (!wire->sent.empty())
      methods.emplace_back(boost::json::parse(wire->sent.front()).as_object().at("method").as_string());
  }
  return methods;
}

bool asks(const Wire& wire, std::string_view method) {
  return std::ranges::any_of(wire.sent, [&](const std::string& line) {
    return boost::json::parse(line).as_object().at("method").as_string() == method;
  });
}

// Seen with ckpool of 2017: it drops whoever sends anything but mining.subscribe first.
TEST_F(PoolSourceTest, APoolThatClosesAtConfigureIsAskedAfterSubscribing) {
  prepare = [this](Wire& wire) {
    answer_everything(wire);
    wire.on_send = [&wire, answer = wire.on_send](const std::string& line) {
      if (wire.sent.size() == 1 && line.find("mining.configure") != std::string::npos) return wire.hang_up();
      if (!wire.failure) answer(line);
    };
  };
  listener.react = [](work::WorkSource& from, const auto&) { from.stop(); };
  run();
  EXPECT_THAT(first_lines(wires), testing::ElementsAre("mining.configure", "mining.configure", "mining.subscribe"));
  EXPECT_TRUE(asks(*wires.back(), "mining.configure"));
  ASSERT_EQ(listener.works.size(), 1U);
  EXPECT_EQ(listener.works.front()->version_mask, 0x1fffe000U);
}

TEST_F(PoolSourceTest, APoolThatNeverBearsConfigureIsNotAskedAnyMore) {
  prepare = [this](Wire& wire) {
    answer_everything(wire);
    wire.on_send = [&wire, answer = wire.on_send](const std::string& line) {
      if (line.find("mining.configure") != std::string::npos) return wire.hang_up();
      if (!wire.failure) answer(line);
    };
  };
  listener.react = [](work::WorkSource& from, const auto&) { from.stop(); };
  run();
  EXPECT_EQ(wires.size(), 6U);
  EXPECT_FALSE(asks(*wires.back(), "mining.configure"));
  ASSERT_EQ(listener.works.size(), 1U);
  EXPECT_EQ(listener.works.front()->version_mask, 0U);
}

TEST_F(PoolSourceTest, APoolThatClosesAtASuggestedDifficultyIsToldItTwice) {
  options.session.suggest_difficulty = 2;
  prepare = [this](Wire& wire) {
    answer_everything(wire);
    wire.on_send = [&wire, answer = wire.on_send](const std::string& line) {
      if (line.find("mining.suggest_difficulty") != std::string::npos) return wire.hang_up();
      if (!wire.failure) answer(line);
    };
  };
  listener.react = [](work::WorkSource& from, const auto&) { from.stop(); };
  run();
  ASSERT_EQ(wires.size(), 3U);
  EXPECT_TRUE(asks(*wires[1], "mining.suggest_difficulty"));
  EXPECT_FALSE(asks(*wires[2], "mining.suggest_difficulty"));
  EXPECT_TRUE(asks(*wires[2], "mining.configure")) << "which it bears";
}

TEST_F(PoolSourceTest, WhatCannotBeReachedOrFallsSilentSaysNothingAboutConfigure) {
  prepare = [this](Wire& wire) {
    answer_everything(wire);
    if (wires.size() < 5) {
      wire.refuse_connection = fail(Errc::kDisconnected, "refused");
    } else if (wires.size() < 10) {
      wire.on_send = [&wire](const std::string&) {
        if (wire.sent.size() == 2) wire.say(R"({"id":99,"result":null,"error":null})");
        wire.hang_up();
      };
    }
  };
  listener.react = [](work::WorkSource& from, const auto&) { from.stop(); };
  run();
  EXPECT_EQ(first_lines(wires).back(), "mining.configure");
}

TEST_F(PoolSourceTest, FollowsAReconnectOfTheSameHostOnce) {
  listener.react = [this](work::WorkSource& from, const auto&) {
    if (wires.size() == 1) {
      wires[0]->say(R"({"id":null,"method":"client.reconnect","params":["pool.example.com",4444,0]})");
    } else if (wires.size() == 2) {
      wires[1]->hang_up();
    } else {
      from.stop();
    }
  };
  run();
  ASSERT_EQ(wires.size(), 3U);
  EXPECT_EQ(wires[1]->endpoint.port, 4444);
  EXPECT_EQ(wires[2]->endpoint.port, 3333) << "where the user said";
}

TEST_F(PoolSourceTest, APoolThatSendsLodeOnAndOnIsAskedLessAndLessOften) {
  options.backoff = {40ms, 10s};
  listener.react = [this](work::WorkSource& from, const auto&) {
    if (wires.size() == 5) return from.stop();
    wires.back()->say(R"({"id":null,"method":"client.reconnect","params":["pool.example.com",3333,0]})");
  };
  const auto begin = std::chrono::steady_clock::now();
  run();
  EXPECT_EQ(wires.size(), 5U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms)
      << "pauses of 40, 80, 160 and 320 ms, half of each at least";
}

TEST_F(PoolSourceTest, WorkThatDoesNotPayWhomItMustIsNotHandedOver) {
  options.audit.required_script = {0x51};
  listener.react = [](work::WorkSource&, const auto&) { ADD_FAILURE() << "work that pays somebody else"; };
  // Not in the middle of it: what would come of the job comes.
  listener.on_refusal = [this] { asio::post(context, [this] { source->stop(); }); };
  run();
  ASSERT_FALSE(listener.withdrawn.empty());
  EXPECT_THAT(listener.withdrawn[0].message(), HasSubstr("--require-payout"));
  EXPECT_EQ(source->counters().refused_jobs, 1U);
}

TEST_F(PoolSourceTest, WorkBehindAnOwnNodeIsSaid) {
  options.audit.behind_node = std::chrono::seconds(0);
  listener.react = [this](work::WorkSource&, const auto& work) {
    if (listener.works.size() > 1) return source->stop();
    EXPECT_THAT(logged.str(), Not(HasSubstr("own node")));
    chain::Hash256 tip;
    tip.bytes[0] = 1;
    source->note_node_tip(work->height + 1, tip);
    wires[0]->hang_up();  // the next connection brings the same work
  };
  run();
  EXPECT_GE(listener.works.size(), 2U);
  EXPECT_THAT(logged.str(), HasSubstr("the own node has been at height"));
}

TEST_F(PoolSourceTest, NonsenseCostsACounterAndTooMuchOfItTheConnection) {
  listener.react = [this](work::WorkSource& from, const auto&) {
    if (wires.size() > 1) return from.stop();
    for (int i = 0; i < 100; ++i)
      wires[0]->say("nonsense");
  };
  run();
  EXPECT_EQ(wires.size(), 2U);
  EXPECT_GE(source->counters().bad_messages, 10U);
  EXPECT_LE(source->counters().bad_messages, 100U);
}

TEST_F(PoolSourceTest, RecordsWhatItIsToldTo) {
  struct Kept : std::ostringstream {
    explicit Kept(std::string& to) : to_(to) {}
    ~Kept() override { to_ = str(); }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    std::string& to_;
  };
  std::string text;
  options.open_recording = [&] { return std::make_unique<Kept>(text); };
  listener.react = [](work::WorkSource& from, const auto& work) { from.submit_share(share_for(work)); };
  listener.on_outcome = [this] { source->stop(); };
  run();
  EXPECT_THAT(text, HasSubstr("mining.notify"));
  EXPECT_THAT(text, HasSubstr("mining.submit"));
  EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
}

TEST_F(PoolSourceTest, AStopBeforeItRunsIsKept) {
  prepare = [](Wire& wire) { wire.refuse_connection = fail(Errc::kDisconnected, "refused"); };
  listener.on_loss = [this] { source->stop(); };
  run();
  EXPECT_EQ(wires.size(), 1U);
  EXPECT_TRUE(end->is(Errc::kCancelled));
}

}  // namespace
}  // namespace lode::stratum::v1
