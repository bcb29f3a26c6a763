#include "tests/engine/scheduler_fixture.h"

#include <thread>

#include "tests/support/patience.h"

namespace lode::engine {
namespace {

using namespace std::chrono_literals;

/// A scheduler that returns to a better source only once that has been well for a while.
class PatientSchedulerTest : public SchedulerTest {
 public:
  Scheduler returning_after(std::chrono::steady_clock::duration time) {
    return {{&first, &second},
            [this](const std::shared_ptr<const work::Job>& job) { assigned = job; },
            [](work::WorkSource&, const work::ShareOutcome&) {},
            events,
            Log(),
            {.return_after = time}};
  }
};

TEST_F(PatientSchedulerTest, ABetterSourceMayBeGoneAgainInAMoment) {
  Scheduler patient = returning_after(1h);
  patient.on_connected(second);
  patient.on_work(second, test::make_template(2));
  EXPECT_EQ(working_on(), 2);
  patient.on_connected(first);
  patient.on_work(first, test::make_template(1));
  patient.look_again();
  EXPECT_EQ(working_on(), 2);
  patient.on_lost(second, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), 1) << "better than nothing";
}

TEST_F(PatientSchedulerTest, ABetterSourceIsReturnedToOnceItHasBeenWellForAWhile) {
  using Clock = std::chrono::steady_clock;
  Scheduler patient = returning_after(50ms);
  patient.on_connected(second);
  patient.on_work(second, test::make_template(2));
  for (const int parent_number : {1, 3}) {  // each time anew
    EXPECT_EQ(working_on(), 2);
    const auto begin = Clock::now();
    patient.on_connected(first);
    patient.on_work(first, test::make_template(static_cast<std::uint8_t>(parent_number)));
    while (working_on() != parent_number && Clock::now() < begin + test::kPatience) {
      std::this_thread::sleep_for(1ms);
      patient.look_again();
    }
    EXPECT_EQ(working_on(), parent_number);
    EXPECT_GE(Clock::now() - begin, 50ms);
    patient.on_lost(first, Error{Errc::kDisconnected, "gone"});
  }
}

TEST_F(SchedulerTest, ASilentSourceIsNamedWhenTheTimeIsOver) {
  scheduler.on_lost(first, Error{Errc::kDisconnected, "connection refused"});
  scheduler.lose_silent(std::chrono::seconds(3));
  const auto lost = events.of<SourceLost>();
  ASSERT_EQ(lost.size(), 2U) << "the first has said why already";
  EXPECT_EQ(lost[1].source, "second");
  EXPECT_EQ(lost[1].reason, "no answer within 3 s");
}

class FirstWorkTest : public SchedulerTest {
 public:
  Scheduler waiting_for(std::chrono::steady_clock::duration time) {
    return {{&first, &second},
            [this](const std::shared_ptr<const work::Job>& job) { assigned = job; },
            [](work::WorkSource&, const work::ShareOutcome&) {},
            events,
            Log(),
            {.return_after = 1h, .first_work = time}};
  }
  void give_work(Scheduler& to, FakeSource& source, std::uint8_t number) {
    to.on_connected(source);
    to.on_work(source, test::make_template(number));
  }
};

TEST_F(FirstWorkTest, GoesToTheFirstNamedThoughAnotherWasQuicker) {
  Scheduler waiting = waiting_for(1h);
  give_work(waiting, second, 2);
  EXPECT_EQ(working_on(), -1);
  give_work(waiting, first, 1);
  EXPECT_EQ(working_on(), 1);
}

TEST_F(FirstWorkTest, IsNotWaitedForWhenAnAttemptHasFailed) {
  Scheduler waiting = waiting_for(1h);
  give_work(waiting, second, 2);
  waiting.on_lost(first, Error{Errc::kDisconnected, "refused"});
  EXPECT_EQ(working_on(), 2);
}

TEST_F(FirstWorkTest, IsNotWaitedForLongerThanItSays) {
  Scheduler waiting = waiting_for(20ms);
  give_work(waiting, second, 2);
  std::this_thread::sleep_for(30ms);
  waiting.look_again();
  EXPECT_EQ(working_on(), 2);
  give_work(waiting, first, 1);
  EXPECT_EQ(working_on(), 2) << "from now on it has to be well for some time";
}

TEST_F(FirstWorkTest, WhoHasWorkedIsNotMadeToWaitLater) {
  Scheduler waiting = waiting_for(1h);
  give_work(waiting, first, 1);
  give_work(waiting, second, 2);
  waiting.on_lost(first, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), 2);
}

TEST_F(SchedulerTest, WhoRefusesTheCredentialsWasNotReachedWhateverWorkItGave) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_TRUE(scheduler.ever_reached());
  scheduler.on_lost(first, Error{Errc::kUnauthorized, "unknown worker"});
  EXPECT_FALSE(scheduler.ever_reached());
  ASSERT_EQ(events.of<SourceLost>().size(), 1U);
  EXPECT_TRUE(events.of<SourceLost>()[0].refused);
  scheduler.on_lost(second, Error{Errc::kDisconnected, "gone"});
  EXPECT_FALSE(events.of<SourceLost>()[1].refused);
}

class RefusalsTest : public SchedulerTest {
 public:
  RefusalsTest() {
    scheduler.on_connected(first);
    scheduler.on_work(first, test::make_template(1));
  }
  void answer(work::ShareOutcome::Kind kind, int times) {
    for (int i = 0; i < times; ++i)
      scheduler.on_share(first, {.kind = kind, .reason = "no such worker"});
  }
  void second_has_work() {
    scheduler.on_connected(second);
    scheduler.on_work(second, test::make_template(2));
  }
};

TEST_F(RefusalsTest, WhoRefusesShareAfterShareIsPassedOver) {
  second_has_work();
  answer(work::ShareOutcome::Kind::kRejected, 15);
  EXPECT_EQ(working_on(), 1);
  answer(work::ShareOutcome::Kind::kLowDifficulty, 1);
  EXPECT_EQ(working_on(), 2);
  scheduler.on_work(first, test::make_template(3));
  EXPECT_EQ(working_on(), 2) << "new work makes it no better";
  scheduler.on_lost(second, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), 3) << "better than nothing";
  second_has_work();
  EXPECT_EQ(working_on(), 2);
}

TEST_F(RefusalsTest, SharesThatWereNotSentAreNotRefused) {
  second_has_work();
  for (int i = 0; i < 40; ++i)
    scheduler.on_share(first, {.kind = work::ShareOutcome::Kind::kLowDifficulty, .held_back = true});
  EXPECT_EQ(working_on(), 1);
}

TEST_F(RefusalsTest, AloneItGoesOn) {
  answer(work::ShareOutcome::Kind::kRejected, 40);
  EXPECT_EQ(working_on(), 1);
}

TEST_F(RefusalsTest, LateSharesAndTakenOnesAreNoSign) {
  second_has_work();
  answer(work::ShareOutcome::Kind::kStale, 40);
  for (int i = 0; i < 10; ++i) {
    answer(work::ShareOutcome::Kind::kRejected, 15);
    answer(work::ShareOutcome::Kind::kAccepted, 1);
  }
  EXPECT_EQ(working_on(), 1);
}

TEST_F(SchedulerTest, ANodeThatGetsItsLostBlocksAgainGivesNoWorkMeanwhile) {
  scheduler.on_connected(first);
  scheduler.hold_source(first, true);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_EQ(working_on(), -1) << "it may be the parent of a block that it lost";
  scheduler.on_connected(second);
  scheduler.on_work(second, test::make_template(2));
  EXPECT_EQ(working_on(), 2) << "others go on";
  scheduler.close_parent(parent(1));
  scheduler.hold_source(first, false);
  EXPECT_EQ(working_on(), 2);
  scheduler.on_work(first, test::make_template(3));
  EXPECT_EQ(working_on(), 3);
}

class BehindTest : public SchedulerTest {
 public:
  static constexpr auto kAllowed = 300ms;

  void give(FakeSource& source, std::uint8_t number, std::uint32_t height, bool for_shares = false) {
    auto work = test::make_template(number);
    work->height = height;
    if (for_shares) work->body = nullptr;
    watching.on_connected(source);
    watching.on_work(source, work);
  }
  void wait() {
    std::this_thread::sleep_for(2 * kAllowed);
    watching.look_again();
  }

  Scheduler watching{{&first, &second},
                     [this](const std::shared_ptr<const work::Job>& job) { assigned = job; },
                     [](work::WorkSource&, const work::ShareOutcome&) {},
                     events,
                     Log(),
                     {.behind = kAllowed}};
};

TEST_F(BehindTest, APoolOnAnOldBlockIsLeftForTheNodeThatHasMovedOn) {
  give(first, 1, 200, true);
  give(second, 1, 200);
  wait();
  EXPECT_EQ(working_on(), 1);
  give(second, 2, 201);
  EXPECT_EQ(working_on(), 1) << "the pool may be about to follow";
  wait();
  EXPECT_EQ(working_on(), 2);
  give(first, 2, 201, true);
  EXPECT_TRUE(assigned->work->is_for_shares()) << "it has followed";
}

TEST_F(BehindTest, OfTwoNodesTheOneAheadGivesTheWork) {
  give(first, 1, 1);
  give(second, 2, 800'000);
  wait();
  EXPECT_EQ(working_on(), 2);
  give(first, 3, 2);
  EXPECT_EQ(working_on(), 2) << "it is catching up";
  give(first, 4, 800'000);
  EXPECT_EQ(working_on(), 4);
}

TEST_F(BehindTest, APoolAheadOfANodeSaysNothing) {
  give(first, 1, 200);
  give(second, 2, 201, true);
  wait();
  EXPECT_EQ(working_on(), 1);
}

TEST_F(BehindTest, WhoIsBehindAloneGoesOn) {
  give(first, 1, 200, true);
  give(second, 2, 201);
  wait();
  EXPECT_EQ(working_on(), 2);
  watching.on_withdrawn(second, Error{Errc::kRejected, "bad"});
  EXPECT_EQ(working_on(), 1);
}

TEST_F(SchedulerTest, WhoGivesNoWorkInTimeIsNamedWithItsObstacle) {
  scheduler.on_connected(first);
  scheduler.on_connected(second);
  scheduler.on_withdrawn(second, Error{Errc::kRejected, "it pays somebody else"});
  scheduler.lose_silent(30s);
  const auto lost = events.of<SourceLost>();
  ASSERT_EQ(lost.size(), 2U);
  EXPECT_EQ(lost[0].reason, "no work within 30 s");
  EXPECT_EQ(lost[1].reason, "it pays somebody else");
}

TEST_F(SchedulerTest, WantOfWorkIsToldOnceWithItsReasons) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.on_lost(second, Error{Errc::kDisconnected, "refused"});
  scheduler.on_withdrawn(first, Error{Errc::kRejected, "time-too-new"});
  scheduler.look_again();
  EXPECT_TRUE(events.of<NoWork>().empty()) << "not at once";
  std::this_thread::sleep_for(3s);
  scheduler.look_again();
  scheduler.look_again();
  ASSERT_EQ(events.of<NoWork>().size(), 1U);
  EXPECT_EQ(events.of<NoWork>()[0].reason, "first: time-too-new; second: refused");
  scheduler.on_work(first, test::make_template(2));
  scheduler.pause();
  std::this_thread::sleep_for(3s);
  scheduler.look_again();
  EXPECT_EQ(events.of<NoWork>().size(), 1U) << "nobody wants to hash";
}

}  // namespace
}  // namespace lode::engine
