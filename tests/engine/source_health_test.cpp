#include "host/engine/source_health.h"

#include <gtest/gtest.h>

#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

using namespace std::chrono_literals;
using Answer = work::ShareOutcome::Kind;

class SourceHealthTest : public ::testing::Test {
 public:
  void give_work(std::uint8_t parent) {
    health.connect();
    health.give_work(test::make_template(parent), now);
  }
  /// Of the last answer.
  std::optional<SourceHealth::Refusals> answer(Answer kind, int times = 1) {
    std::optional<SourceHealth::Refusals> last;
    for (int i = 0; i < times; ++i)
      last = health.note_answer({.kind = kind}, now);
    return last;
  }
  [[nodiscard]] SourceState state() const { return health.state(now); }
  [[nodiscard]] std::string trouble() const { return health.trouble(now); }

  SourceHealth::TimePoint now{1h};
  SourceHealth health;
};

TEST_F(SourceHealthTest, GoesFromTheFirstAttemptToWorkAndToItsEnd) {
  EXPECT_EQ(state(), SourceState::kConnecting);
  EXPECT_EQ(trouble(), "no answer yet");
  EXPECT_TRUE(health.lose({Errc::kDisconnected, "refused"}, false));
  EXPECT_EQ(state(), SourceState::kConnecting);
  EXPECT_EQ(trouble(), "refused");
  EXPECT_TRUE(health.has_failed());
  EXPECT_TRUE(health.connect());
  EXPECT_FALSE(health.connect());
  EXPECT_FALSE(health.has_failed());
  EXPECT_EQ(state(), SourceState::kWithoutWork);
  EXPECT_EQ(trouble(), "it has sent no work");
  EXPECT_FALSE(health.is_reached()) << "an answer is no work";
  give_work(1);
  EXPECT_EQ(state(), SourceState::kWorking);
  EXPECT_EQ(trouble(), "");
  EXPECT_TRUE(health.is_reached());
  health.withdraw_work({Errc::kRejected, "it pays somebody else"});
  EXPECT_EQ(state(), SourceState::kWithoutWork);
  EXPECT_EQ(trouble(), "it pays somebody else");
  EXPECT_EQ(health.work(), nullptr);
  give_work(2);
  EXPECT_EQ(state(), SourceState::kWorking);
  EXPECT_TRUE(health.lose({Errc::kUnsupported, "signet"}, true));
  EXPECT_EQ(state(), SourceState::kEnded);
  EXPECT_EQ(trouble(), "signet");
}

TEST_F(SourceHealthTest, ARepeatedFailureIsNewsOnce) {
  EXPECT_TRUE(health.lose({Errc::kDisconnected, "refused"}, false));
  EXPECT_FALSE(health.lose({Errc::kDisconnected, "refused"}, false));
  EXPECT_TRUE(health.lose({Errc::kNotReady, "warming up"}, false));
  health.connect();
  EXPECT_TRUE(health.lose({Errc::kNotReady, "warming up"}, false)) << "it had answered meanwhile";
  EXPECT_TRUE(health.lose({Errc::kNotReady, "warming up"}, true));
}

TEST_F(SourceHealthTest, RefusedCredentialsTakeBackThatItWasReached) {
  give_work(1);
  health.lose({Errc::kDisconnected, "gone"}, false);
  EXPECT_TRUE(health.is_reached());
  health.lose({Errc::kUnauthorized, "unknown worker"}, false);
  EXPECT_FALSE(health.is_reached());
}

TEST_F(SourceHealthTest, ItsTipIsAsOldAsItsFirstWorkOnIt) {
  give_work(1);
  const auto first = now;
  now += 10s;
  give_work(1);
  EXPECT_EQ(health.tip_since(), first);
  EXPECT_EQ(health.work_since(), now);
  give_work(2);
  EXPECT_EQ(health.tip_since(), now);
}

TEST_F(SourceHealthTest, WhoIsBehindIsUnwellUntilItHasCaughtUp) {
  give_work(1);
  health.note_behind("its work is for height 1", now);
  EXPECT_EQ(state(), SourceState::kUnwell);
  EXPECT_EQ(trouble(), "its work is for height 1");
  now += 10s;
  health.note_behind("", now);
  EXPECT_EQ(state(), SourceState::kWorking);
  EXPECT_EQ(health.well_since(), now) << "it is returned to like one that was lost";
}

TEST_F(SourceHealthTest, IsWellSinceItsFirstWorkAndNotSinceItsFirstAnswer) {
  health.connect();
  now += 10s;
  give_work(1);
  const auto first = now;
  now += 10s;
  give_work(2);
  EXPECT_EQ(health.well_since(), first);
  health.withdraw_work({Errc::kRejected, "bad"});
  give_work(3);
  EXPECT_EQ(health.well_since(), now);
}

TEST_F(SourceHealthTest, WhoCallsSharesOfAValidJobLateRefusesThem) {
  give_work(1);
  for (int i = 0; i < 15; ++i)
    EXPECT_FALSE(health.note_answer({.kind = Answer::kStale, .unexplained = true}, now));
  EXPECT_EQ(state(), SourceState::kWorking);
  const auto refusals = health.note_answer({.kind = Answer::kStale, .unexplained = true}, now);
  ASSERT_TRUE(refusals);
  EXPECT_NE(refusals->likely_cause.find("did not know the job"), std::string_view::npos);
  EXPECT_EQ(state(), SourceState::kUnwell);
}

TEST_F(SourceHealthTest, RefusalAfterRefusalMakesItUnwellEachTimeForLonger) {
  give_work(1);
  EXPECT_FALSE(answer(Answer::kRejected, 15));
  EXPECT_EQ(state(), SourceState::kWorking);
  for (const auto pause : {60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s}) {
    const auto refusals = answer(Answer::kLowDifficulty, state() == SourceState::kWorking && pause == 60s ? 1 : 16);
    ASSERT_TRUE(refusals);
    EXPECT_EQ(refusals->pause, pause);
    EXPECT_EQ(refusals->count, 16);
    now += pause - 1s;
    EXPECT_EQ(state(), SourceState::kUnwell);
    EXPECT_EQ(trouble(), "it refuses share after share");
    now += 1s;
    EXPECT_EQ(state(), SourceState::kWorking) << "it is tried again";
  }
}

TEST_F(SourceHealthTest, RefusalsHaveALikelyCause) {
  give_work(1);
  EXPECT_NE(answer(Answer::kLowDifficulty, 16)->likely_cause.find("--no-version-rolling"), std::string_view::npos);
  EXPECT_NE(answer(Answer::kDuplicate, 16)->likely_cause.find("worker name of its own"), std::string_view::npos);
  EXPECT_NE(answer(Answer::kRejected, 16)->likely_cause.find("check the worker name"), std::string_view::npos);
}

TEST_F(SourceHealthTest, AShareThatIsTakenMakesItWell) {
  give_work(1);
  answer(Answer::kRejected, 32);
  EXPECT_EQ(state(), SourceState::kUnwell);
  answer(Answer::kAccepted);
  EXPECT_EQ(state(), SourceState::kWorking);
  EXPECT_EQ(answer(Answer::kRejected, 16)->pause, 60s) << "its refusals count anew";
}

TEST_F(SourceHealthTest, LateSharesBlocksAndSharesThatWereNotSentAreNoSign) {
  give_work(1);
  answer(Answer::kStale, 40);
  answer(Answer::kUnanswered, 40);
  for (int i = 0; i < 40; ++i) {
    health.note_answer({.kind = Answer::kRejected, .was_block = true}, now);
    health.note_answer({.kind = Answer::kRejected, .again = true}, now);
    health.note_answer({.kind = Answer::kLowDifficulty, .held_back = true}, now);
  }
  EXPECT_EQ(state(), SourceState::kWorking);
}

TEST(SourceStates, HaveNames) {
  EXPECT_EQ(state_name(SourceState::kConnecting), "connecting");
  EXPECT_EQ(state_name(SourceState::kWithoutWork), "without work");
  EXPECT_EQ(state_name(SourceState::kWorking), "working");
  EXPECT_EQ(state_name(SourceState::kUnwell), "unwell");
  EXPECT_EQ(state_name(SourceState::kEnded), "ended");
}

}  // namespace
}  // namespace lode::engine
