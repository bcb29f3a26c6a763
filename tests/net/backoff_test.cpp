#include "host/net/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace lode::net {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, GrowsToItsBoundAndNoFurther) {
  Backoff backoff({milliseconds(100), milliseconds(1000)}, 1);
  milliseconds bound(100);
  for (int i = 0; i < 20; ++i) {
    const milliseconds wait = backoff.next();
    EXPECT_GE(wait, bound / 2);
    EXPECT_LE(wait, bound);
    bound = std::min(bound * 2, milliseconds(1000));
  }
}

TEST(Backoff, ResetStartsAgain) {
  Backoff backoff({milliseconds(100), milliseconds(100'000)}, 2);
  for (int i = 0; i < 8; ++i)
    backoff.next();
  EXPECT_GT(backoff.next(), milliseconds(1000));
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, MinersDoNotComeBackInStep) {
  std::set<milliseconds> waits;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff({milliseconds(10'000), milliseconds(10'000)}, seed);
    waits.insert(backoff.next());
  }
  EXPECT_GT(waits.size(), 30U);
}

TEST(Backoff, NeverZero) {
  Backoff backoff({milliseconds(0), milliseconds(0)}, 3);
  for (int i = 0; i < 10; ++i)
    EXPECT_GE(backoff.next(), milliseconds(1));
}

}  // namespace
}  // namespace lode::net
