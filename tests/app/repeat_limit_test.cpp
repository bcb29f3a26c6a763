#include "host/app/repeat_limit.h"

#include <gtest/gtest.h>

namespace lode::app {
namespace {

using namespace std::chrono_literals;

class RepeatLimitTest : public testing::Test {
 public:
  /// How many of `count` lines are shown.
  template <class Line>
  int shown(int count, Line line) {
    int admitted = 0;
    for (int i = 0; i < count; ++i)
      admitted += limit.admit(line(i), now) ? 1 : 0;
    return admitted;
  }

  RepeatLimit::TimePoint now{1h};
  RepeatLimit limit;
};

TEST_F(RepeatLimitTest, OfOneKindAFewAreShownAndTheOthersCounted) {
  const auto line = [](int i) {
    return "share rejected by pool.example:3333: difficulty " + std::to_string(i) + ".5 is low";
  };
  EXPECT_EQ(shown(64, line), 5);
  EXPECT_TRUE(limit.take_reports(now).empty()) << "more may come";
  now += 60s;
  const auto reports = limit.take_reports(now);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0],
            "59 more of this kind in 60 s, the last: share rejected by pool.example:3333: difficulty 63.5 is low");
  EXPECT_TRUE(limit.take_reports(now).empty());
  EXPECT_EQ(shown(64, line), 5) << "in the next period";
}

TEST_F(RepeatLimitTest, HashesDoNotMakeAKind) {
  EXPECT_EQ(shown(20,
                  [](int i) {
                    return "block " + std::string(62, 'a') + std::to_string(10 + i) + ": late (height 8" +
                           std::to_string(i) + ")";
                  }),
            5);
}

TEST_F(RepeatLimitTest, AddressesAndWordsDo) {
  EXPECT_EQ(shown(20, [](int i) { return "127.0.0.1:" + std::to_string(3000 + i) + ": refused"; }), 20);
  EXPECT_EQ(shown(20, [](int i) { return "10.0.0." + std::to_string(i) + ": refused"; }), 20);
  EXPECT_EQ(shown(20, [](int i) { return "the pool says " + std::string(1, static_cast<char>('a' + i)); }), 20);
}

TEST_F(RepeatLimitTest, WordsWithoutEndAreOneKindInTheEnd) {
  const auto line = [](int i) { return "no" + std::string(static_cast<std::size_t>(i), 'o'); };
  EXPECT_EQ(shown(1000, line), static_cast<int>(RepeatLimit::kKinds + RepeatLimit::kShown));
  now += 60s;
  EXPECT_EQ(limit.take_reports(now).size(), 1U);
  EXPECT_EQ(shown(3, line), 3);
}

TEST_F(RepeatLimitTest, NowAndThenIsFine) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(limit.admit("the node is slow", now));
    EXPECT_TRUE(limit.take_reports(now).empty());
    now += 15s;
  }
}

}  // namespace
}  // namespace lode::app
