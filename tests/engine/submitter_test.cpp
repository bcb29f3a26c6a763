#include "host/engine/submitter.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <set>

#include "host/chain/header.h"
#include "tests/engine/fakes.h"
#include "tests/support/patience.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Kind = work::BlockOutcome::Kind;

work::BlockOutcome outcome(Kind kind, std::string reason = "") {
  return {.kind = kind, .reason = std::move(reason), .detail = "as the test says"};
}

/// Takes a block as soon as it is told to.
class SlowSink final : public work::BlockSink {
 public:
  explicit SlowSink(const asio::any_io_executor& executor) : answer_(executor, asio::steady_timer::time_point::max()) {}

  const std::string& name() const noexcept override { return name_; }
  bool outlives_process() const noexcept override { return true; }
  asio::awaitable<work::BlockOutcome> submit_block(work::FoundBlock) override {
    co_await answer_.async_wait(asio::as_tuple(asio::use_awaitable));
    took_block = told_;
    co_return outcome(told_ ? Kind::kAccepted : Kind::kUnavailable);
  }
  void answer() {
    told_ = true;
    answer_.cancel();
  }

  bool took_block = false;

 private:
  std::string name_ = "slow";
  bool told_ = false;
  asio::steady_timer answer_;
};

class SubmitterTest : public ::testing::Test, public SubmitterListener {
 public:
  void on_block_fate(const BlockFate& fate) override { fates.push_back(fate); }
  void on_restore_begun(const work::BlockSink& sink) override {
    EXPECT_TRUE(restoring.insert(&sink).second) << "held twice";
  }
  void on_restored(const chain::Hash256& previous_block) override { parents_restored.push_back(previous_block); }
  void on_restore_ended(const work::BlockSink& sink) override { EXPECT_EQ(restoring.erase(&sink), 1U); }

  void make(std::vector<work::BlockSink*> sinks) {
    journal = store::BlockJournal::open(folder.path(), Log()).value();
    submitter.emplace(context.get_executor(), std::move(sinks), journal.get(), *this, Log());
  }

  /// Sends a block and sees it through for at most `grace`.
  void submit_and_finish(const work::FoundBlock& found, std::chrono::milliseconds grace = test::kPatience) {
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          submitter->submit(found, std::chrono::steady_clock::now());
          co_await submitter->finish(std::chrono::steady_clock::now() + grace);
        },
        [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
    context.run();
    context.restart();
  }

  [[nodiscard]] std::size_t journalled() { return journal->pending().value().size(); }

  test::TemporaryFolder folder;
  asio::io_context context;
  std::unique_ptr<store::BlockJournal> journal;
  std::optional<Submitter> submitter;
  std::vector<BlockFate> fates;
  std::set<const work::BlockSink*> restoring;
  std::vector<chain::Hash256> parents_restored;
  FakeSink first{"first"};
  FakeSink second{"second"};
  work::FoundBlock block = test::make_block(1);
};

TEST_F(SubmitterTest, EverySinkGetsTheBlockAndTheFirstAcceptanceCounts) {
  make({&first, &second});
  std::size_t in_journal = 0;
  first.on_submit = [&](const auto&) { in_journal = journalled(); };
  submit_and_finish(block);
  EXPECT_EQ(in_journal, 1U) << "journalled before it leaves";
  EXPECT_EQ(first.received.size(), 1U);
  EXPECT_EQ(second.received.size(), 1U);
  ASSERT_EQ(fates.size(), 1U) << "one fate a block";
  EXPECT_EQ(fates[0].outcome.kind, Kind::kAccepted);
  EXPECT_EQ(fates[0].sink, "first");
  EXPECT_FALSE(fates[0].resent);
  EXPECT_EQ(journalled(), 0U);
}

TEST_F(SubmitterTest, TheEndWaitsForANodeThatIsSlowerThanAnother) {
  SlowSink slow(context.get_executor());
  make({&first, &slow});
  bool ended = false;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        submitter->submit(block, std::chrono::steady_clock::now());
        co_await submitter->finish(std::chrono::steady_clock::now() + 1h);
        ended = true;
      },
      [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
  while (fates.empty())
    context.run_one();
  context.poll();
  EXPECT_FALSE(ended);
  slow.answer();
  context.run();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(slow.took_block);
}

TEST_F(SubmitterTest, TheEndTriesANodeThatIsOutOfReachUntilItHasTheBlock) {
  second.outcomes.assign(8, outcome(Kind::kUnavailable));
  second.outcomes.push_back(outcome(Kind::kAccepted));
  make({&first, &second});
  submit_and_finish(block, 1h);
  EXPECT_EQ(second.received.size(), 9U);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].sink, "first");
}

TEST_F(SubmitterTest, TheEndDoesNotWaitForEverForANodeThatIsOutOfReach) {
  second.outcomes = {outcome(Kind::kUnavailable)};
  make({&first, &second});
  submit_and_finish(block, 50ms);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].sink, "first");
}

TEST_F(SubmitterTest, TheEndDoesNotWaitOutAPause) {
  second.outcomes.assign(6, outcome(Kind::kUnavailable));
  second.outcomes.push_back(outcome(Kind::kAccepted));
  make({&first, &second});
  submitter->submit(block, std::chrono::steady_clock::now());
  while (second.received.size() < 3)
    context.run_one();
  const std::size_t before = second.received.size();
  asio::co_spawn(context, submitter->finish(std::chrono::steady_clock::now() + test::kPatience),
                 [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
  context.poll();
  EXPECT_GT(second.received.size(), before) << "the next attempt begins at once";
  context.run();
  EXPECT_EQ(second.received.size(), 7U);
}

TEST_F(SubmitterTest, UnavailableSinksAreTriedUntilTheyAnswer) {
  first.outcomes = {outcome(Kind::kUnavailable), outcome(Kind::kUnavailable), outcome(Kind::kAccepted)};
  make({&first});
  submit_and_finish(block);
  EXPECT_EQ(first.received.size(), 3U);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].outcome.kind, Kind::kAccepted);
}

TEST_F(SubmitterTest, OneRefusalIsNotTheEndWhileAnotherNodeMayTakeIt) {
  first.outcomes = {outcome(Kind::kRejected, "prev-blk-not-found")};
  second.outcomes = {outcome(Kind::kUnavailable), outcome(Kind::kAccepted)};
  make({&first, &second});
  submit_and_finish(block);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].outcome.kind, Kind::kAccepted);
  EXPECT_EQ(fates[0].sink, "second");
}

TEST_F(SubmitterTest, RefusedByAllIsKeptForInspection) {
  first.outcomes = {outcome(Kind::kRejected, "bad-cb-amount")};
  second.outcomes = {outcome(Kind::kStale, "inconclusive")};
  make({&first, &second});
  submit_and_finish(block);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].outcome.kind, Kind::kStale) << "stale says more than rejected";
  EXPECT_EQ(fates[0].outcome.reason, "inconclusive");
  EXPECT_EQ(journalled(), 0U);
  std::size_t kept = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "resolved"))
    kept += entry.is_regular_file();
  EXPECT_EQ(kept, 1U);
}

TEST_F(SubmitterTest, WhatIsOpenAtTheEndIsResentAtTheNextStart) {
  first.outcomes = {outcome(Kind::kUnavailable)};
  make({&first});
  submit_and_finish(block, 50ms);
  EXPECT_TRUE(fates.empty());
  EXPECT_EQ(submitter->pending(), 1U);
  EXPECT_EQ(journalled(), 1U);

  submitter.reset();
  journal.reset();
  first.outcomes = {outcome(Kind::kAccepted)};
  first.received.clear();
  make({&first});
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        submitter->resume();
        co_await submitter->finish(std::chrono::steady_clock::now() + test::kPatience);
      },
      [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
  context.run();
  ASSERT_EQ(first.received.size(), 1U);
  EXPECT_EQ(*first.received[0].serialized, *block.serialized);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_TRUE(fates[0].resent);
  EXPECT_EQ(fates[0].block.hash, block.hash);
  EXPECT_EQ(fates[0].block.previous_block, block.previous_block);
  EXPECT_EQ(journalled(), 0U);
}

TEST_F(SubmitterTest, AJournalThatCannotBeWrittenDoesNotStopTheBlock) {
  make({&first});
  std::filesystem::remove_all(folder.path());
  submit_and_finish(block);
  EXPECT_EQ(first.received.size(), 1U);
  ASSERT_EQ(fates.size(), 1U);
  EXPECT_EQ(fates[0].outcome.kind, Kind::kAccepted);
}

TEST_F(SubmitterTest, NothingIsJournalledForASinkThatDiesWithTheProcess) {
  FakeSink embedded("embedded", false);
  make({&embedded});
  std::size_t in_journal = 1;
  embedded.on_submit = [&](const auto&) { in_journal = journalled(); };
  submit_and_finish(block);
  EXPECT_EQ(in_journal, 0U);
  EXPECT_EQ(fates.size(), 1U);
}

TEST_F(SubmitterTest, TheSameBlockIsSentOnce) {
  make({&first});
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        submitter->submit(block, std::chrono::steady_clock::now());
        submitter->submit(block, std::chrono::steady_clock::now());
        co_await submitter->finish(std::chrono::steady_clock::now() + test::kPatience);
      },
      [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
  context.run();
  EXPECT_EQ(first.received.size(), 1U);
  EXPECT_EQ(fates.size(), 1U);
}

class RestoreTest : public SubmitterTest {
 public:
  RestoreTest() {
    make({&first, &second});
    for (std::uint8_t number = 1; number <= 4; ++number)
      add(test::make_block(number), 100U + number);
  }

  void add(work::FoundBlock one, std::uint32_t height) {
    one.height = height;
    EXPECT_TRUE(journal->record(one.hash, one.height, *one.serialized));
    journal->resolve(one.hash, store::Resolution::kAccepted);
    blocks.push_back(one);
  }
  /// What the first sink lacks it has once it was sent; it takes no block whose parent it lacks.
  void remember() {
    first.judge = [this](const work::FoundBlock& one) {
      if (first.lacks->contains(one.previous_block)) return outcome(Kind::kUnavailable, "prev-blk-not-found");
      first.lacks->erase(one.hash);
      return outcome(Kind::kAccepted);
    };
  }
  void restore() {
    submitter->restore(first);
    context.run();
    context.restart();
    EXPECT_TRUE(restoring.empty());
  }
  /// As restore(), but only until `done`: it would try again and again.
  template <class Done>
  void restore_until(Done done) {
    submitter->restore(first);
    while (!done())
      context.run_one();
  }
  [[nodiscard]] std::vector<std::uint32_t> heights_sent() const {
    std::vector<std::uint32_t> heights;
    for (const work::FoundBlock& one : first.received)
      heights.push_back(one.height);
    return heights;
  }

  std::vector<work::FoundBlock> blocks;
};

TEST_F(RestoreTest, ANodeThatHasTheLastAcceptedBlockIsLeftAlone) {
  first.lacks = {blocks[1].hash};  // another block is in its place, and the node has lost it
  restore();
  EXPECT_TRUE(first.received.empty());
  EXPECT_EQ(first.looks, 1);
}

TEST_F(RestoreTest, ABlockInABranchTellsNothingOfThoseBelow) {
  first.branch = {blocks[3].hash};
  first.lacks = {blocks[2].hash};
  restore();
  EXPECT_EQ(heights_sent(), (std::vector<std::uint32_t>{103}));
  EXPECT_EQ(first.looks, 3);
}

TEST_F(RestoreTest, WhatANodeLostIsSentAgainLowestFirst) {
  first.lacks = {blocks[1].hash, blocks[2].hash, blocks[3].hash};
  first.on_submit = [&](const work::FoundBlock&) { EXPECT_EQ(restoring.count(&first), 1U) << "its work waits"; };
  restore();
  EXPECT_EQ(heights_sent(), (std::vector<std::uint32_t>{102, 103, 104}));
  EXPECT_EQ(*first.received[0].serialized, *blocks[1].serialized);
  EXPECT_EQ(first.received[0].previous_block, blocks[1].previous_block);
  EXPECT_TRUE(second.received.empty());
  EXPECT_TRUE(fates.empty()) << "they were counted when they were accepted";
  EXPECT_EQ(journal->accepted().size(), 4U) << "they may be lost once more";
  EXPECT_EQ(parents_restored, (std::vector<chain::Hash256>{blocks[1].previous_block, blocks[2].previous_block,
                                                           blocks[3].previous_block}));
}

TEST_F(RestoreTest, WithoutAcceptedBlocksNobodyWaits) {
  for (const work::FoundBlock& one : blocks)
    journal->forget_accepted({one.height, one.hash});
  submitter->restore(first);
  EXPECT_TRUE(restoring.empty());
  EXPECT_EQ(first.looks, 0);
}

TEST_F(RestoreTest, AParentThatWasTakenForKnownIsSentFirst) {
  // A branch that another one of ours has overtaken in the node's memory: the look ends before it has seen all.
  add(test::make_block_on(blocks[0].hash), 102);
  const work::FoundBlock lowest = blocks[0];
  const work::FoundBlock upper = blocks.back();
  add(test::make_block(10), 101);
  add(test::make_block_on(upper.hash), 103);
  first.lacks = {lowest.hash, upper.hash, blocks.back().hash};
  for (const std::size_t other : {1U, 2U, 3U})
    journal->forget_accepted({blocks[other].height, blocks[other].hash});
  remember();
  restore();
  EXPECT_TRUE(first.lacks->empty());
}

TEST_F(RestoreTest, AParentWithoutAnAnswerIsSentInItsPlace) {
  // The node was killed before it could answer for a block, took the next one after its restart, and was killed again.
  work::FoundBlock pending = test::make_block_on(blocks[3].hash);
  pending.height = 105;
  work::FoundBlock above = test::make_block_on(pending.hash);
  add(above, 106);
  first.lacks = {blocks[3].hash, pending.hash, above.hash};
  first.judge = [](const work::FoundBlock&) { return outcome(Kind::kUnavailable); };
  second.judge = first.judge;
  submitter->submit(pending, std::chrono::steady_clock::now());
  while (first.received.empty() || second.received.empty())
    context.run_one();
  first.received.clear();
  remember();
  submitter->restore(first);
  EXPECT_EQ(restoring.count(&first), 1U) << "at once: its work may come next";
  while (!first.lacks->empty())
    context.run_one();
  ASSERT_GE(first.received.size(), 3U);
  std::vector<std::uint32_t> heights = heights_sent();
  heights.resize(3);
  EXPECT_EQ(heights, (std::vector<std::uint32_t>{104, 105, 106}));
}

TEST_F(RestoreTest, ANodeThatDoesNotTellIsAskedAgain) {
  first.lacks.reset();
  restore_until([&] { return first.looks >= 2; });
  EXPECT_TRUE(first.received.empty());
}

TEST_F(RestoreTest, ABlockThatTheNodeCannotTakeYetIsSentAgain) {
  first.lacks = {blocks[3].hash};
  first.outcomes = {outcome(Kind::kUnavailable), outcome(Kind::kAccepted)};
  restore_until([&] { return !parents_restored.empty(); });
  EXPECT_EQ(heights_sent(), (std::vector<std::uint32_t>{104, 104}));
}

TEST_F(RestoreTest, ANodeThatWentAndCameBackMeanwhileIsLookedAtOnceMore) {
  first.lacks = {blocks[3].hash};
  first.on_submit = [&](const work::FoundBlock&) {
    if (first.received.size() == 1) submitter->restore(first);
  };
  restore();
  EXPECT_EQ(heights_sent(), (std::vector<std::uint32_t>{104, 104}));
}

TEST_F(RestoreTest, ABlockInABranchIsKept) {
  first.lacks = {blocks[2].hash, blocks[3].hash};
  first.outcomes = {outcome(Kind::kStale), outcome(Kind::kAccepted)};
  restore();
  EXPECT_EQ(heights_sent(), (std::vector<std::uint32_t>{103, 104})) << "the next one may make its branch the best";
  EXPECT_EQ(journal->accepted().size(), 4U);
}

TEST_F(RestoreTest, ABlockThatIsInvalidNowIsForgotten) {
  first.lacks = {blocks[3].hash};
  first.outcomes = {outcome(Kind::kRejected)};
  restore();
  EXPECT_EQ(journal->accepted().size(), 3U);
}

TEST_F(RestoreTest, TheNextRunKnowsThem) {
  submitter.reset();
  journal.reset();
  make({&first});
  first.lacks = {blocks[3].hash};
  restore();
  EXPECT_EQ(heights_sent(), (std::vector<std::uint32_t>{104}));
}

}  // namespace
}  // namespace lode::engine
