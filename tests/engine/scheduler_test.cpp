#include "tests/engine/scheduler_fixture.h"

#include <thread>

#include "tests/support/patience.h"

namespace lode::engine {
namespace {

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

TEST_F(SchedulerTest, ANodeWhoseHeightGoesBackCountsAsConnectedAnew) {
  int calls = 0;
  scheduler.call_when_connected([&](const work::WorkSource&) { ++calls; });
  const auto give = [&](std::uint8_t number, std::uint32_t height) {
    const auto work = test::make_template(number);
    work->height = height;
    scheduler.on_work(first, work);
  };
  scheduler.on_connected(first);
  give(1, 100);
  give(2, 101);
  give(3, 101);
  EXPECT_EQ(calls, 1);
  give(1, 100);
  EXPECT_EQ(calls, 2);
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

}  // namespace
}  // namespace lode::engine
