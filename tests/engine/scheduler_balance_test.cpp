#include "tests/engine/scheduler_fixture.h"

namespace lode::engine {
namespace {

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

}  // namespace
}  // namespace lode::engine
