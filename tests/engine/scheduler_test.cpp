#include "host/engine/scheduler.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "tests/engine/fakes.h"
#include "tests/support/patience.h"
#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

using namespace std::chrono_literals;

class SchedulerTest : public ::testing::Test {
 public:
  chain::Hash256 parent(std::uint8_t number) {
    chain::Hash256 hash;
    hash.bytes[0] = number;
    return hash;
  }

  /// Name of the parent that is worked on, -1 when idle.
  [[nodiscard]] int working_on() const { return assigned ? assigned->work->previous_block.bytes[0] : -1; }

  /// A job as the devices would hold it.
  static std::shared_ptr<const work::Job> work_on(std::uint8_t number) {
    return test::make_job(1, test::make_template(number));
  }

  boost::asio::io_context context;
  FakeSource first{"first", context.get_executor()};
  FakeSource second{"second", context.get_executor()};
  RecordedEvents events;
  std::shared_ptr<const work::Job> assigned;
  int assignments = 0;
  std::vector<work::ShareOutcome> outcomes;
  Scheduler scheduler{{&first, &second},
                      [this](const std::shared_ptr<const work::Job>& job) {
                        assigned = job;
                        ++assignments;
                      },
                      [this](work::WorkSource&, const work::ShareOutcome& outcome) { outcomes.push_back(outcome); },
                      events,
                      Log()};
};

TEST_F(SchedulerTest, WorkGoesToTheDevicesAtOnce) {
  EXPECT_FALSE(scheduler.ever_reached());
  scheduler.on_connected(first);
  scheduler.on_withdrawn(first, Error{Errc::kRejected, "it pays somebody else"});
  EXPECT_FALSE(scheduler.ever_reached()) << "an answer is no work";
  EXPECT_EQ(working_on(), -1);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_TRUE(scheduler.ever_reached());
  EXPECT_EQ(working_on(), 1);
  scheduler.on_work(first, test::make_template(2));
  EXPECT_EQ(working_on(), 2);
  const auto jobs = events.of<JobStarted>();
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].height, 200U);
  EXPECT_EQ(events.of<SourceConnected>().size(), 1U);
}

TEST_F(SchedulerTest, TheFirstSourceInOrderIsUsedAndReturnedTo) {
  scheduler.on_connected(second);
  scheduler.on_work(second, test::make_template(2));
  EXPECT_EQ(working_on(), 2) << "better than nothing";
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_EQ(working_on(), 1);
  scheduler.on_work(second, test::make_template(3));
  EXPECT_EQ(working_on(), 1) << "the second only stands by";
  scheduler.on_lost(first, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), 3) << "with its latest work";
  scheduler.on_connected(first);
  EXPECT_EQ(working_on(), 3) << "not before it has work";
  scheduler.on_work(first, test::make_template(4));
  EXPECT_EQ(working_on(), 4);
}

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

TEST_F(SchedulerTest, TellsWhatBecameOfShares) {
  scheduler.on_share(first, {.kind = work::ShareOutcome::Kind::kStale, .reason = "late"});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].reason, "late");
}

TEST_F(SchedulerTest, WithNobodyLeftTheDevicesIdle) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.on_lost(first, Error{Errc::kTimeout, "silent"});
  EXPECT_EQ(working_on(), -1);
  EXPECT_FALSE(scheduler.current());
  const auto lost = events.of<SourceLost>();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].reason, "silent");
  EXPECT_FALSE(lost[0].for_good);
}

TEST_F(SchedulerTest, ARepeatedFailureIsToldOnce) {
  for (int i = 0; i < 5; ++i)
    scheduler.on_lost(first, Error{Errc::kDisconnected, "refused"});
  scheduler.on_lost(first, Error{Errc::kNotReady, "warming up"});
  EXPECT_EQ(events.of<SourceLost>().size(), 2U);
  EXPECT_FALSE(scheduler.ever_reached()) << "a node that warms up gives no work";
}

TEST_F(SchedulerTest, AFoundBlockHoldsWorkOnItsParentUntilItsFateIsKnown) {
  scheduler.on_connected(first);
  scheduler.on_connected(second);
  scheduler.on_work(first, test::make_template(1));
  scheduler.on_work(second, test::make_template(1));
  scheduler.hold_parent(parent(1));
  EXPECT_EQ(working_on(), -1);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_EQ(working_on(), -1) << "a template on the old tip that was under way";
  scheduler.close_parent(parent(1));
  EXPECT_EQ(working_on(), -1);
  scheduler.on_work(first, test::make_template(2));
  EXPECT_EQ(working_on(), 2);
  scheduler.on_work(second, test::make_template(1));
  scheduler.on_lost(first, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), -1) << "a closed parent gets no work from anybody";
}

TEST_F(SchedulerTest, LateResultsOfEverySolvedParentAreKnown) {
  scheduler.on_connected(first);
  std::vector<std::shared_ptr<const work::Job>> jobs;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    scheduler.on_work(first, test::make_template(i));
    jobs.push_back(assigned);
    EXPECT_FALSE(scheduler.is_solved(*assigned));
    scheduler.hold_parent(parent(i));
    EXPECT_TRUE(scheduler.is_solved(*jobs.back())) << "its fate is open";
    scheduler.close_parent(parent(i));
  }
  for (const auto& job : jobs)
    EXPECT_TRUE(scheduler.is_solved(*job)) << "not only of the last one";
}

TEST_F(SchedulerTest, ARefusedBlockGivesItsParentBack) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  const auto before = assigned->generation;
  scheduler.hold_parent(parent(1));
  scheduler.reopen_parent(parent(1));
  EXPECT_EQ(working_on(), 1);
  EXPECT_GT(assigned->generation, before) << "as a new job";
}

TEST_F(SchedulerTest, AClosedParentIsNotReopenedByALateRefusal) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.hold_parent(parent(1));
  scheduler.close_parent(parent(1));
  scheduler.reopen_parent(parent(1));
  EXPECT_EQ(working_on(), -1);
}

TEST_F(SchedulerTest, NobodyAnsweringReopensTheParentInTheEnd) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.hold_parent(parent(1));
  scheduler.reopen_overdue(std::chrono::hours(1));
  EXPECT_EQ(working_on(), -1);
  scheduler.reopen_overdue(std::chrono::seconds(-1));
  EXPECT_EQ(working_on(), 1);
}

TEST_F(SchedulerTest, WithdrawnWorkIsNotHashed) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.on_withdrawn(first, Error{Errc::kInvalidBlock, "bad-txns"});
  EXPECT_EQ(working_on(), -1);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_EQ(working_on(), 1);
}

TEST_F(SchedulerTest, PauseKeepsWorkForLater) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.pause();
  EXPECT_EQ(working_on(), -1);
  scheduler.on_work(first, test::make_template(2));
  EXPECT_EQ(working_on(), -1);
  scheduler.resume();
  EXPECT_EQ(working_on(), 2);
}

TEST_F(SchedulerTest, ASilentSourceIsNamedWhenTheTimeIsOver) {
  scheduler.on_lost(first, Error{Errc::kDisconnected, "connection refused"});
  scheduler.lose_silent(std::chrono::seconds(3));
  const auto lost = events.of<SourceLost>();
  ASSERT_EQ(lost.size(), 2U) << "the first has said why already";
  EXPECT_EQ(lost[1].source, "second");
  EXPECT_EQ(lost[1].reason, "no answer within 3 s");
}

TEST_F(SchedulerTest, AnotherBlockOnAClosedParentHoldsItAgain) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.hold_parent(parent(1));
  scheduler.close_parent(parent(1));
  // Its node sees it otherwise and goes on offering it, so it is worked on, and a block is found.
  scheduler.hold_parent(parent(1));
  EXPECT_TRUE(scheduler.is_solved(*work_on(1)));
  scheduler.reopen_parent(parent(1));
  EXPECT_EQ(working_on(), 1) << "refused: on with it";
}

TEST_F(SchedulerTest, ASourceThatBuildsOnASolvedParentAgainIsBelieved) {
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  scheduler.hold_parent(parent(1));
  const auto again = [] {
    auto work = std::make_shared<work::WorkTemplate>(*test::make_template(1));
    work->parent_again = true;
    return work;
  };
  scheduler.on_work(first, again());
  EXPECT_EQ(working_on(), -1) << "not while the block's fate is open";
  scheduler.close_parent(parent(1));
  EXPECT_EQ(working_on(), -1);
  scheduler.on_work(first, again());
  ASSERT_EQ(working_on(), 1) << "the node was asked since, so there is nothing to wait for";
  EXPECT_FALSE(scheduler.is_solved(*assigned));
}

TEST_F(SchedulerTest, WorkOnASolvedParentIsTakenInTheEndIfItIsTheLatest) {
  scheduler.on_connected(first);
  scheduler.on_connected(second);
  scheduler.on_work(second, test::make_template(1));
  scheduler.hold_parent(parent(1));
  scheduler.close_parent(parent(1));
  scheduler.on_work(first, test::make_template(1));
  const auto received = std::chrono::steady_clock::now();
  EXPECT_EQ(working_on(), -1) << "it may have been under way";
  while (working_on() == -1 && std::chrono::steady_clock::now() < received + test::kPatience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    scheduler.look_again();
  }
  ASSERT_EQ(working_on(), 1) << "though nothing new came";
  EXPECT_GE(std::chrono::steady_clock::now() - received, std::chrono::seconds(2));
  scheduler.on_lost(first, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), -1) << "the second one has said nothing since the block";
}

TEST_F(SchedulerTest, KnowsWhenEverySourceHasEnded) {
  scheduler.on_ended(first, Error{Errc::kUnauthorized, "wrong password"});
  EXPECT_FALSE(scheduler.all_ended());
  scheduler.on_ended(second, Error{Errc::kUnsupported, "signet"});
  EXPECT_TRUE(scheduler.all_ended());
  EXPECT_TRUE(events.of<SourceLost>().at(1).for_good);
}

TEST_F(SchedulerTest, OnlyAChangeIsAssigned) {
  scheduler.on_connected(first);
  const auto work = test::make_template(1);
  scheduler.on_work(first, work);
  const int before = assignments;
  scheduler.on_connected(second);
  scheduler.on_work(second, test::make_template(5));
  scheduler.on_lost(second, Error{Errc::kDisconnected, "gone"});
  scheduler.on_work(first, work);
  EXPECT_EQ(assignments, before);
}

/// Two sources that share the hashes 3 : 1; the test hashes.
class BalanceTest : public SchedulerTest {
 public:
  /// A turn: the source in use gets hashes, then the scheduler looks again.
  void turn(std::uint64_t hashes = 1000) {
    if (balanced.current()) done[balanced.current()->source] += hashes;
    balanced.look_again();
  }

  void begin() {
    for (FakeSource* source : {&first, &second})
      balanced.on_connected(*source);
    balanced.on_work(first, work_a);
    balanced.on_work(second, work_b);
  }

  std::vector<std::uint64_t> done{0, 0};
  std::shared_ptr<const work::WorkTemplate> work_a = test::make_template(1);
  std::shared_ptr<const work::WorkTemplate> work_b = test::make_template(2);
  Scheduler balanced{{&first, &second},
                     [this](const std::shared_ptr<const work::Job>& job) { assigned = job; },
                     [](work::WorkSource&, const work::ShareOutcome&) {},
                     events,
                     Log(),
                     {},
                     Balance{.quotas = {3, 1}, .hashes_for = [this](std::size_t source) { return done[source]; }}};
};

TEST_F(BalanceTest, SourcesGetTheirPartsOfTheHashes) {
  begin();
  for (int i = 0; i < 1000; ++i)
    turn();
  EXPECT_NEAR(static_cast<double>(done[0]), 750'000, 10'000);
  EXPECT_NEAR(static_cast<double>(done[1]), 250'000, 10'000);
  EXPECT_EQ(events.of<JobStarted>().size(), 2U) << "a turn brings no new work";
}

TEST_F(BalanceTest, ATurnDoesNotVoidTheOthersWork) {
  begin();
  const auto before = assigned;
  while (assigned->source == before->source)
    turn();
  EXPECT_FALSE(assigned->replaces);
  EXPECT_TRUE(balanced.book().is_current(before->generation)) << "its late shares count";
  while (assigned->source != before->source)
    turn();
  EXPECT_EQ(assigned->work, before->work);
  EXPECT_GT(assigned->generation, before->generation);
  EXPECT_TRUE(balanced.book().is_current(before->generation)) << "it is the same work, clean as it was";
}

TEST_F(BalanceTest, CleanWorkVoidsItsOwnSourcesAtOnce) {
  begin();
  const auto own = assigned;
  balanced.on_work(first, test::make_template(3));
  EXPECT_EQ(working_on(), 3);
  EXPECT_TRUE(assigned->replaces);
  EXPECT_FALSE(balanced.book().is_current(own->generation));
  const auto old = assigned;
  while (assigned->source == 0)
    turn();
  balanced.on_work(first, test::make_template(4));
  EXPECT_EQ(working_on(), 2) << "it is the other's turn";
  EXPECT_FALSE(balanced.book().is_current(old->generation));
  EXPECT_TRUE(balanced.book().is_current(assigned->generation));
}

TEST_F(BalanceTest, ALostSourcesPartGoesToTheOtherAtOnceAndIsNotMadeUpFor) {
  begin();
  for (int i = 0; i < 100; ++i)
    turn();
  balanced.on_lost(first, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), 2);
  for (int i = 0; i < 1000; ++i)
    turn();
  EXPECT_EQ(working_on(), 2);
  balanced.on_connected(first);
  turn();
  EXPECT_EQ(working_on(), 2) << "it has no work yet";
  balanced.on_work(first, test::make_template(5));
  const std::uint64_t before = done[0];
  for (int i = 0; i < 100; ++i)
    turn();
  EXPECT_NEAR(static_cast<double>(done[0] - before), 75'000, 3'000);
}

TEST_F(BalanceTest, TheLossOfTheOneInUseVoidsWhatItWasHashing) {
  begin();
  ASSERT_EQ(working_on(), 1);
  balanced.on_lost(first, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), 2);
  EXPECT_TRUE(assigned->replaces);
}

TEST_F(BalanceTest, WithAllLostTheDevicesIdleUntilOneIsBack) {
  begin();
  balanced.on_lost(first, Error{Errc::kDisconnected, "gone"});
  balanced.on_lost(second, Error{Errc::kDisconnected, "gone"});
  EXPECT_EQ(working_on(), -1);
  turn();
  EXPECT_EQ(working_on(), -1);
  balanced.on_connected(second);
  balanced.on_work(second, work_b);
  EXPECT_EQ(working_on(), 2);
}

TEST_F(BalanceTest, OneWithoutWorkDoesNotHoldUpTheOther) {
  balanced.on_connected(first);
  balanced.on_connected(second);
  balanced.on_work(second, work_b);
  for (int i = 0; i < 10; ++i) {
    turn();
    EXPECT_EQ(working_on(), 2);
  }
  balanced.on_work(first, work_a);
  balanced.on_withdrawn(second, Error{Errc::kInvalidBlock, "bad-txns"});
  EXPECT_EQ(working_on(), 1);
}

TEST_F(BalanceTest, AHeldParentIsHashedForNobody) {
  begin();
  balanced.hold_parent(parent(1));
  EXPECT_EQ(working_on(), 2) << "its fate does not concern the other";
  balanced.hold_parent(parent(2));
  EXPECT_EQ(working_on(), -1);
  balanced.reopen_parent(parent(1));
  EXPECT_EQ(working_on(), 1);
}

TEST_F(SchedulerTest, CleanWorkOfASourceThatStandsByVoidsWhatWasHashedForIt) {
  scheduler.on_connected(second);
  scheduler.on_work(second, test::make_template(2));
  const auto old = assigned;
  scheduler.on_connected(first);
  scheduler.on_work(first, test::make_template(1));
  EXPECT_TRUE(scheduler.book().is_current(old->generation));
  scheduler.on_work(second, test::make_template(3));
  EXPECT_FALSE(scheduler.book().is_current(old->generation));
  EXPECT_TRUE(scheduler.book().is_current(assigned->generation));
}

TEST_F(SchedulerTest, PoolsAreToldWhatTheFirstNodeBuildsOn) {
  const auto pool_work = std::make_shared<work::WorkTemplate>(*test::make_template(7));
  pool_work->body = nullptr;
  scheduler.on_connected(first);
  scheduler.on_connected(second);
  scheduler.on_work(first, pool_work);
  EXPECT_TRUE(second.tips.empty()) << "a pool's word is nobody's measure";
  scheduler.on_work(second, test::make_template(8));
  ASSERT_EQ(first.tips.size(), 1U);
  EXPECT_EQ(first.tips[0].first, 200U);
  EXPECT_EQ(first.tips[0].second, parent(8));
  EXPECT_TRUE(second.tips.empty());
  EXPECT_EQ(working_on(), 7) << "the node stands by";
}

/// Work of a pool whose shares are harder than blocks.
std::shared_ptr<work::WorkTemplate> hard_shares(std::uint8_t parent) {
  auto work = test::make_template(parent, 0x2000ffff);
  work->share_target = chain::Target::from_bits(0x1f0fffff).value();
  work->body = nullptr;
  return work;
}

TEST_F(SchedulerTest, AfterABlockForAPoolOnlySharesAreWantedOnItsParent) {
  scheduler.on_connected(first);
  scheduler.on_work(first, hard_shares(1));
  EXPECT_FALSE(assigned->shares_only);
  const auto before = assigned;
  scheduler.note_pool_block(parent(1));
  EXPECT_TRUE(scheduler.has_pool_block(parent(1)));
  EXPECT_TRUE(assigned->shares_only);
  EXPECT_EQ(assigned->work, before->work);
  EXPECT_TRUE(scheduler.book().is_current(before->generation)) << "its shares stay good";
  EXPECT_EQ(events.of<JobStarted>().size(), 1U) << "the same work";
  scheduler.note_pool_block(parent(1));
  EXPECT_EQ(assignments, 2);
  scheduler.on_work(first, hard_shares(1));
  EXPECT_TRUE(assigned->shares_only) << "another job on the same parent";
  scheduler.on_work(first, hard_shares(2));
  EXPECT_FALSE(assigned->shares_only);
}

TEST_F(SchedulerTest, WhereSharesAreEasierABlockChangesNothing) {
  auto work = hard_shares(1);
  std::swap(work->network_target, work->share_target);
  scheduler.on_connected(first);
  scheduler.on_work(first, work);
  scheduler.note_pool_block(parent(1));
  EXPECT_EQ(assignments, 1);
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
