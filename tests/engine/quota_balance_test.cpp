#include "host/engine/quota_balance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace lode::engine {
namespace {

/// Sources that get what the balance says, turn by turn.
class Turns {
 public:
  explicit Turns(std::vector<double> quotas) : balance(quotas), done(quotas.size(), 0), has_work(quotas.size(), true) {}

  /// One turn of so many hashes. Whose it was; nothing where none had work.
  std::optional<std::size_t> take(std::uint64_t hashes) {
    balance.account(done, known);
    known = has_work;
    const auto next = balance.next(known);
    if (next) done[*next] += hashes;
    return next;
  }

  [[nodiscard]] double part_of(std::size_t source) const {
    double all = 0;
    for (const std::uint64_t one : done)
      all += static_cast<double>(one);
    return static_cast<double>(done[source]) / all;
  }

  QuotaBalance balance;
  std::vector<std::uint64_t> done;
  std::vector<bool> has_work;
  std::vector<bool> known = std::vector<bool>(has_work.size(), false);
};

TEST(QuotaBalance, EqualQuotasTakeTurnsInOrder) {
  Turns turns({1, 1, 1});
  std::vector<std::size_t> order(6);
  for (std::size_t& source : order)
    source = turns.take(100).value();
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2}));
}

TEST(QuotaBalance, HashesAndNotTurnsAreShared) {
  Turns turns({1, 1});
  for (int i = 0; i < 1000; ++i) {
    // The first source's turns bring a third of what the second's bring.
    turns.balance.account(turns.done, turns.has_work);
    const std::size_t next = turns.balance.next(turns.has_work).value();
    turns.done[next] += next == 0 ? 100 : 300;
  }
  EXPECT_NEAR(turns.part_of(0), 0.5, 0.01);
}

TEST(QuotaBalance, PartsFollowTheQuotasWithinAPercent) {
  Turns turns({5, 3, 1, 1});
  std::mt19937_64 random(20261123);
  std::uniform_int_distribution<std::uint64_t> hashes(500'000, 1'500'000);
  for (int i = 0; i < 2000; ++i)
    turns.take(hashes(random));
  EXPECT_NEAR(turns.part_of(0), 0.5, 0.01);
  EXPECT_NEAR(turns.part_of(1), 0.3, 0.01);
  EXPECT_NEAR(turns.part_of(2), 0.1, 0.01);
  EXPECT_NEAR(turns.part_of(3), 0.1, 0.01);
}

TEST(QuotaBalance, WhatASourceMissesIsNotMadeUpFor) {
  Turns turns({1, 1, 2});
  for (int i = 0; i < 100; ++i)
    turns.take(1000);
  turns.has_work[2] = false;
  const auto before = turns.done;
  for (int i = 0; i < 1000; ++i)
    EXPECT_NE(turns.take(1000), 2U);
  EXPECT_NEAR(static_cast<double>(turns.done[0] - before[0]), 500'000, 2'000) << "the others share its part";
  turns.has_work[2] = true;
  const auto back = turns.done;
  for (int i = 0; i < 100; ++i)
    turns.take(1000);
  EXPECT_NEAR(static_cast<double>(turns.done[2] - back[2]), 50'000, 3'000) << "its part from now on, no more";
}

TEST(QuotaBalance, WithNobodyThereItIsNobodysTurn) {
  Turns turns({1, 1});
  turns.has_work = {false, false};
  EXPECT_FALSE(turns.take(1));
  turns.has_work = {false, true};
  EXPECT_EQ(turns.take(10), 1U);
  EXPECT_EQ(turns.take(10), 1U) << "alone, whatever it had";
}

TEST(QuotaBalance, TheSameHashesGiveTheSameTurns) {
  Turns one({2, 3, 4});
  Turns other({2, 3, 4});
  std::mt19937_64 random(7);
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t hashes = random() % 1000;
    EXPECT_EQ(one.take(hashes), other.take(hashes));
  }
}

/// Whatever comes and goes: a turn goes to a source that has work if there is one, and nobody is owed, or has had, more
/// than a few turns.
TEST(QuotaBalance, OverRandomEventsNobodyIsFarFromItsPart) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const std::size_t sources = 1 + random() % 5;
    std::vector<double> quotas;
    for (std::size_t i = 0; i < sources; ++i)
      quotas.push_back(static_cast<double>(1 + random() % 9));
    Turns turns(quotas);
    constexpr std::uint64_t kLongest = 1000;
    for (int i = 0; i < 500; ++i) {
      if (random() % 8 == 0) {
        const std::size_t changed = random() % sources;
        turns.has_work[changed] = !turns.has_work[changed];
      }
      const bool any = std::any_of(turns.has_work.begin(), turns.has_work.end(), [](bool has) { return has; });
      const auto next = turns.take(1 + random() % kLongest);
      ASSERT_EQ(next.has_value(), any) << "seed " << seed;
      if (next) {
        ASSERT_TRUE(turns.has_work[*next]) << "seed " << seed;
      }
      for (std::size_t s = 0; s < sources; ++s)
        ASSERT_LT(std::abs(turns.balance.owed(s)), 2.0 * kLongest * static_cast<double>(sources)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace lode::engine
