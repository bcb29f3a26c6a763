// The way of shares through the engine: to the source that issued their job, and back as counters and events.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>

#include "host/device/cpu_device.h"
#include "host/engine/engine.h"
#include "host/work/verifier.h"
#include "kernels/cpu/registry.h"
#include "tests/engine/fakes.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ShareKind = work::ShareOutcome::Kind;

/// A pool's work: no body, and a share target far above the network's.
std::shared_ptr<work::WorkTemplate> pool_work(std::uint8_t parent, bool clean = true,
                                              std::uint32_t network_bits = 0x1b00ffff) {
  auto work = test::make_template(parent, network_bits);
  work->share_target = chain::Target::from_bits(0x2000ffff).value();
  work->body = nullptr;
  work->source = "pool";
  work->clean = clean;
  return work;
}

class SharesTest : public ::testing::Test {
 public:
  SharesTest() {
    pool.on_run = [this] {
      pool.listener->on_connected(pool);
      pool.listener->on_work(pool, pool_work(1));
    };
    pool.on_share = [this](const work::Share&) { answer({.kind = ShareKind::kAccepted}); };
  }

  void answer(const work::ShareOutcome& outcome) {
    asio::post(context, [this, outcome] { pool.listener->on_share(pool, outcome); });
  }

  StopReason run(EngineOptions options) {
    EngineParts parts;
    parts.sources = {&pool};
    parts.devices.push_back(std::make_unique<device::CpuDevice>(kernels::best_kernel()));
    parts.pool_blocks = &pool_blocks;
    parts.listener = &events;
    engine.emplace(context.get_executor(), options, std::move(parts), Log());
    StopReason reason{};
    asio::co_spawn(
        context, [&]() -> asio::awaitable<void> { reason = co_await engine->run(); },
        [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
    context.run();
    return reason;
  }

  test::TemporaryFolder folder;
  store::PoolBlockLog pool_blocks{folder.path()};
  asio::io_context context;
  FakeSource pool{"pool", context.get_executor()};
  RecordedEvents events;
  std::optional<Engine> engine;
};

TEST_F(SharesTest, GoToTheSourceOfTheirJobUntilEnoughAreAccepted) {
  EXPECT_EQ(run({.stop_after_shares = 50}), StopReason::kAsked);
  ASSERT_GE(pool.shares.size(), 50U);
  for (const work::Share& share : pool.shares) {
    const work::Verdict verdict = work::verify(*share.job, share.roll);
    EXPECT_EQ(verdict.kind, work::Verdict::Kind::kShare);
    EXPECT_EQ(verdict.hash, share.hash);
    EXPECT_FALSE(share.is_block);
  }
  const Totals totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.shares_submitted, pool.shares.size());
  EXPECT_EQ(totals.shares_accepted, pool.shares.size()) << "all were answered for before the end";
  EXPECT_EQ(events.of<ShareSubmitted>().size(), pool.shares.size());
  EXPECT_EQ(events.of<ShareAccepted>().size(), pool.shares.size());
  EXPECT_EQ(totals.blocks_found, 0U);
  EXPECT_TRUE(events.of<JobStarted>().at(0).share_difficulty);
}

TEST_F(SharesTest, EveryOutcomeHasItsCounter) {
  pool.on_share = [this](const work::Share&) {
    switch (pool.shares.size()) {
      case 1:
        return answer({.kind = ShareKind::kRejected, .code = 20, .reason = "unknown"});
      case 2:
        return answer({.kind = ShareKind::kDuplicate, .code = 22, .reason = "duplicate"});
      case 3:
        return answer({.kind = ShareKind::kLowDifficulty, .code = 23, .reason = "low"});
      case 4:
        return answer({.kind = ShareKind::kStale, .code = 21, .reason = "late"});
      case 5:
        return answer({.kind = ShareKind::kUnanswered, .reason = "gone"});
      default:
        return answer({.kind = ShareKind::kAccepted});
    }
  };
  run({.stop_after_shares = 1});
  const Totals totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.shares_rejected, 3U);
  EXPECT_EQ(totals.shares_stale, 2U);
  const auto rejected = events.of<ShareRejected>();
  ASSERT_EQ(rejected.size(), 3U);
  EXPECT_EQ(rejected[0].code, 20);
  EXPECT_EQ(rejected[0].reason, "unknown");
  EXPECT_EQ(rejected[0].source, "pool");

  const auto sources = events.of<Stopped>().at(0).sources;
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].source, "pool");
  EXPECT_TRUE(sources[0].connected);
  EXPECT_EQ(sources[0].hashes, totals.hashes);
  EXPECT_EQ(sources[0].shares_submitted, totals.shares_submitted);
  EXPECT_EQ(sources[0].shares_accepted, totals.shares_accepted);
  EXPECT_EQ(sources[0].shares_duplicate, 1U);
  EXPECT_EQ(sources[0].shares_low_difficulty, 1U);
  EXPECT_EQ(sources[0].shares_refused, 1U);
  EXPECT_EQ(sources[0].shares_stale, 2U);
}

TEST_F(SharesTest, AcceptedOnesCountByTheDifficultyThatTheyWereAskedToMeet) {
  pool.on_share = [this](const work::Share& share) { answer({.kind = ShareKind::kAccepted, .hash = share.hash}); };
  run({.stop_after_shares = 5});
  const Stopped stopped = events.of<Stopped>().at(0);
  const double one = chain::Target::from_bits(0x2000ffff).value().difficulty();
  EXPECT_DOUBLE_EQ(stopped.sources.at(0).difficulty_accepted,
                   static_cast<double>(stopped.totals.shares_accepted) * one);
}

TEST_F(SharesTest, GoToTheirOwnSourceWhereTwoTakeTurns) {
  FakeSource other("other", context.get_executor());
  other.on_run = [&] {
    other.listener->on_connected(other);
    auto work = pool_work(9);
    work->source = "other";
    other.listener->on_work(other, work);
  };
  other.on_share = [&](const work::Share& share) {
    asio::post(context, [&, hash = share.hash] {
      other.listener->on_share(other, {.kind = ShareKind::kAccepted, .hash = hash});
    });
    if (!pool.shares.empty()) engine->stop();
  };
  EngineParts parts;
  parts.sources = {&pool, &other};
  parts.devices.push_back(std::make_unique<device::CpuDevice>(kernels::best_kernel()));
  parts.listener = &events;
  EngineOptions options;
  options.quotas = {1, 1};
  engine.emplace(context.get_executor(), options, std::move(parts), Log());
  asio::co_spawn(context, engine->run(), [](std::exception_ptr failure, StopReason) { ASSERT_FALSE(failure); });
  context.run();
  ASSERT_FALSE(pool.shares.empty());
  ASSERT_FALSE(other.shares.empty());
  for (const work::Share& share : pool.shares)
    EXPECT_EQ(share.job->work->previous_block.bytes[0], 1);
  for (const work::Share& share : other.shares)
    EXPECT_EQ(share.job->work->previous_block.bytes[0], 9);
  const Stopped stopped = events.of<Stopped>().at(0);
  ASSERT_EQ(stopped.sources.size(), 2U);
  EXPECT_EQ(stopped.sources[0].shares_submitted, pool.shares.size());
  EXPECT_EQ(stopped.sources[1].shares_submitted, other.shares.size());
  EXPECT_EQ(stopped.sources[0].hashes + stopped.sources[1].hashes, stopped.totals.hashes);
}

TEST_F(SharesTest, OfAJobThatWasReplacedAreNotSent) {
  // The rest of the batch in which the first was found waits to be looked at when the job is replaced.
  bool replaced = false;
  events.on_any = [&](const Event& event) {
    if (std::holds_alternative<ShareSubmitted>(event) && !std::exchange(replaced, true)) {
      pool.listener->on_work(pool, pool_work(2));
    }
  };
  run({.stop_after_shares = 20});
  for (const work::Share& share : pool.shares) {
    if (&share == &pool.shares.front()) continue;
    EXPECT_EQ(share.job->work->previous_block.bytes[0], 2) << "a share of a job that was void";
  }
}

TEST_F(SharesTest, AreBlocksWhereTheyMeetTheNetworkTarget) {
  pool.on_run = [this] {
    pool.listener->on_connected(pool);
    pool.listener->on_work(pool, pool_work(1, true, 0x2000ffff));
  };
  run({.stop_after_shares = 3});
  for (const work::Share& share : pool.shares)
    EXPECT_TRUE(share.is_block);
  // On a target this easy there may be more than are kept; the newest is there.
  const std::string file = "200-" + pool.shares.back().hash.to_display() + ".txt";
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "pool-blocks" / file));
  const auto found = events.of<BlockFound>();
  ASSERT_EQ(found.size(), pool.shares.size());
  EXPECT_EQ(found[0].pool, "pool");
  EXPECT_EQ(found[0].hash, pool.shares[0].hash);
}

TEST_F(SharesTest, WhatBecameOfABlockIsToldByTheWorkThatFollows) {
  pool.on_run = [this] {
    pool.listener->on_connected(pool);
    pool.listener->on_work(pool, pool_work(1, true, 0x2000ffff));
  };
  pool.on_share = [this](const work::Share& share) {
    // Some pools refuse the share, since it misses their own target, and send the block.
    answer({.kind = ShareKind::kLowDifficulty, .reason = "Above target", .hash = share.hash, .was_block = true});
    if (pool.shares.size() != 3) return;
    auto next = pool_work(1);
    auto on_top = std::make_shared<work::WorkTemplate>(*next);
    on_top->previous_block = pool.shares[1].hash;
    ++on_top->height;
    asio::post(context, [this, on_top] { pool.listener->on_work(pool, on_top); });
  };
  run({.stop_after_blocks = 1});
  const auto accepted = events.of<BlockAccepted>();
  ASSERT_EQ(accepted.size(), 1U);
  EXPECT_EQ(accepted[0].hash, pool.shares[1].hash);
  EXPECT_EQ(accepted[0].sink, "pool");
  EXPECT_GE(accepted[0].milliseconds, 0);
  const auto rejected = events.of<BlockRejected>();
  ASSERT_GE(rejected.size(), 2U);
  for (const BlockRejected& event : rejected) {
    EXPECT_TRUE(event.stale);
    EXPECT_NE(event.hash, accepted[0].hash);
  }
  const Totals totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.blocks_accepted, 1U);
  EXPECT_EQ(totals.blocks_stale, rejected.size());
}

TEST_F(SharesTest, OfAnOlderJobAreStillSentWhereTheNewOneDoesNotVoidIt) {
  pool.on_share = [this](const work::Share& share) {
    // The rest of the batch comes after the new job is known.
    if (pool.shares.size() == 1) pool.listener->on_work(pool, pool_work(2, false));
    EXPECT_FALSE(share.job->generation == 2 && share.job->replaces);
    answer({.kind = ShareKind::kAccepted});
  };
  run({.stop_after_shares = 50});
  EXPECT_EQ(events.of<Stopped>().at(0).totals.shares_stale, 0U);
}

TEST_F(SharesTest, AStopWaitsForAnswers) {
  asio::steady_timer later(context);
  pool.on_share = [&](const work::Share&) {
    if (pool.shares.size() > 1) return answer({.kind = ShareKind::kAccepted});
    later.expires_after(50ms);
    later.async_wait([this](auto) { pool.listener->on_share(pool, {.kind = ShareKind::kAccepted}); });
    engine->stop();
  };
  run({});
  const Totals totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.shares_accepted, totals.shares_submitted);
  EXPECT_GE(totals.shares_accepted, 1U);
}

/// Finds blocks from the first share on.
class PoolBlocksTest : public SharesTest {
 public:
  PoolBlocksTest() {
    pool.on_run = [this] {
      pool.listener->on_connected(pool);
      pool.listener->on_work(pool, pool_work(1, true, 0x2000ffff));
    };
  }

  static work::ShareOutcome outcome_of(const work::Share& share, ShareKind kind) {
    return {.kind = kind, .hash = share.hash, .was_block = true, .height = share.job->work->height};
  }
  bool is_open(const work::Share& share) const {
    return std::ranges::any_of(pool_blocks.open_blocks({}),
                               [&](const store::PoolBlock& block) { return block.hash == share.hash; });
  }
};

TEST_F(PoolBlocksTest, StayOpenUntilThePoolHasThem) {
  pool.on_share = [this](const work::Share& share) {
    work::ShareOutcome outcome = outcome_of(share, ShareKind::kAccepted);
    switch (pool.shares.size()) {
      case 1:
        outcome.kind = ShareKind::kStale;
        return answer(outcome);
      case 2:
        outcome.settled = true;
        return answer(outcome);
      case 3:
        outcome.kind = ShareKind::kUnanswered;
        answer(outcome);
        outcome = outcome_of(share, ShareKind::kAccepted);
        outcome.again = outcome.settled = true;
        return answer(outcome);
      case 4:
        engine->stop();
        return answer(outcome);
      default:
        return answer(outcome);
    }
  };
  run({});
  ASSERT_GE(pool.shares.size(), 4U);
  EXPECT_TRUE(is_open(pool.shares[0])) << "refused";
  EXPECT_FALSE(is_open(pool.shares[1]));
  EXPECT_FALSE(is_open(pool.shares[2])) << "answered when it was sent again";
  const Totals totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.shares_stale, 2U);
  EXPECT_EQ(totals.shares_submitted, totals.shares_accepted + totals.shares_stale) << "each share counts once";
}

TEST_F(PoolBlocksTest, AStopWaitsForOneThatIsSentAgain) {
  asio::steady_timer later(context);
  pool.on_share = [&](const work::Share& share) {
    if (pool.shares.size() > 1) return answer(outcome_of(share, ShareKind::kStale));
    answer(outcome_of(share, ShareKind::kUnanswered));
    later.expires_after(50ms);
    later.async_wait([this, share](auto) {
      work::ShareOutcome outcome = outcome_of(share, ShareKind::kDuplicate);
      outcome.again = outcome.settled = true;
      pool.listener->on_share(pool, outcome);
    });
    engine->stop();
  };
  run({.submit_grace = 1h});
  EXPECT_FALSE(is_open(pool.shares.at(0)));
}

TEST_F(PoolBlocksTest, AStopDoesNotWaitForOneWhosePlaceIsTaken) {
  pool.on_share = [&](const work::Share& share) {
    answer(outcome_of(share, ShareKind::kUnanswered));
    if (pool.shares.size() > 1) return;
    asio::post(context, [&] {
      auto next = pool_work(9);
      next->height = 201;
      pool.on_share = [&](const work::Share& later) { answer(outcome_of(later, ShareKind::kStale)); };
      pool.listener->on_work(pool, next);
      engine->stop();
    });
  };
  EXPECT_EQ(run({.submit_grace = 1h}), StopReason::kAsked);
  EXPECT_FALSE(pool.shares.empty());
}

TEST_F(PoolBlocksTest, AStopDoesNotWaitForEver) {
  pool.on_share = [&](const work::Share& share) {
    engine->stop();
    answer(outcome_of(share, ShareKind::kUnanswered));
  };
  run({.submit_grace = 10ms});
  EXPECT_TRUE(is_open(pool.shares.at(0)));
}

TEST_F(PoolBlocksTest, OneThatIsNoShareIsSentOnceForEachParent) {
  const auto work_on = [](std::uint8_t parent) {
    auto work = pool_work(parent, true, 0x2000ffff);                    // a block: one of 256 hashes
    work->share_target = chain::Target::from_bits(0x1e0fffff).value();  // a share: one of a million
    return work;
  };
  pool.on_run = [&] {
    pool.listener->on_connected(pool);
    pool.listener->on_work(pool, work_on(1));
  };
  const auto is_share = [](const work::Share& share) { return share.job->work->share_target.is_met_by(share.hash); };
  pool.on_share = [&](const work::Share& share) {
    EXPECT_TRUE(share.is_block);
    answer(outcome_of(share, is_share(share) ? ShareKind::kAccepted : ShareKind::kLowDifficulty));
    if (is_share(share)) {
      if (share.job->work->previous_block.bytes[0] == 2) return engine->stop();
      asio::post(context, [&] { pool.listener->on_work(pool, work_on(2)); });
    }
  };
  run({});
  ASSERT_GE(pool.shares.size(), 3U);
  EXPECT_FALSE(is_share(pool.shares[0])) << "the first block on the first parent";
  std::size_t only_blocks = 0;
  for (const work::Share& share : pool.shares)
    only_blocks += is_share(share) ? 0U : 1U;
  EXPECT_LE(only_blocks, 2U) << "one for each parent";
  const Totals totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.shares_submitted, pool.shares.size() - only_blocks);
  EXPECT_EQ(totals.shares_accepted, totals.shares_submitted) << "what was no share was not refused as one";
  EXPECT_EQ(totals.blocks_found, pool.shares.size());
  EXPECT_EQ(events.of<Stopped>().at(0).totals.hardware_errors, 0U);
}

}  // namespace
}  // namespace lode::engine
