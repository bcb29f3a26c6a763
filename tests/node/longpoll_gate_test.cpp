// When a longpoll may be sent: never beside one that a node may still hold.
#include "host/node/longpoll_gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/node/memory_record.h"

namespace lode::node {
namespace {

using namespace std::chrono_literals;
using Clock = LongpollGate::Clock;

chain::Hash256 tip(std::uint8_t number) {
  chain::Hash256 hash;
  hash.bytes[0] = number;
  return hash;
}

class LongpollGateTest : public testing::Test {
 protected:
  void begin(Clock::time_point now) { gate_.emplace(times_, record_, now); }
  LongpollGate& gate() { return *gate_; }

  const Clock::time_point start_ = Clock::now();
  LongpollGateTimes times_;
  std::shared_ptr<test::MemoryRecord> record_ = std::make_shared<test::MemoryRecord>();
  std::optional<LongpollGate> gate_;
};

TEST_F(LongpollGateTest, IsOpenWhereNothingWasLeft) {
  begin(start_);
  EXPECT_TRUE(gate().is_open(start_));
  gate().sent(tip(1), "a", start_);
  EXPECT_TRUE(gate().holds_thread());
  gate().answered();
  EXPECT_FALSE(gate().holds_thread());
  EXPECT_TRUE(gate().is_open(start_));
  gate().close(start_);
  EXPECT_FALSE(record_->open) << "nothing to remember";
}

TEST_F(LongpollGateTest, ALeftOneEndsWithItsTip) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().left();
  EXPECT_FALSE(gate().is_open(start_));
  gate().saw(tip(1), "a", start_ + 30min);
  EXPECT_FALSE(gate().is_open(start_ + 30min)) << "without transactions Bitcoin Core waits for ever";
  gate().saw(tip(2), "b", start_ + 31min);
  EXPECT_TRUE(gate().is_open(start_ + 31min));
}

TEST_F(LongpollGateTest, ALeftOneEndsAfterTransactionsCame) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().left();
  gate().saw(tip(1), "b", start_ + 5s);
  EXPECT_FALSE(gate().is_open(start_ + 79s)) << "they are looked for after a minute, and every ten seconds";
  EXPECT_TRUE(gate().is_open(start_ + 80s));

  gate().sent(tip(1), "b", start_ + 100s);
  gate().left();
  gate().saw(tip(1), "c", start_ + 400s);
  EXPECT_FALSE(gate().is_open(start_ + 419s));
  EXPECT_TRUE(gate().is_open(start_ + 420s));
}

TEST_F(LongpollGateTest, ALeftOneIsForgottenInTheEnd) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().left();
  EXPECT_FALSE(gate().is_open(start_ + 59min));
  EXPECT_TRUE(gate().is_open(start_ + 60min));
}

TEST_F(LongpollGateTest, TheNextRunKnowsWhatWasLeft) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().close(start_ + 10s);
  ASSERT_TRUE(record_->open);
  EXPECT_EQ(record_->open->tip, tip(1));

  begin(start_ + 11s);
  EXPECT_TRUE(gate().holds_thread());
  EXPECT_FALSE(gate().is_open(start_ + 11s));
  gate().saw(tip(1), "a", start_ + 12s);
  EXPECT_FALSE(gate().is_open(start_ + 12s));
  gate().close(start_ + 12s);
  ASSERT_TRUE(record_->open) << "it is still open";

  begin(start_ + 13s);
  gate().saw(tip(2), "b", start_ + 14s);
  EXPECT_TRUE(gate().is_open(start_ + 14s)) << "a new tip since";
  gate().close(start_ + 15s);
  EXPECT_FALSE(record_->open);
}

TEST_F(LongpollGateTest, ARunThatWasKilledLeavesOneOnAnUnknownTip) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().answered();
  gate().sent(tip(2), "b", start_ + 1s);
  EXPECT_EQ(record_->saves, 1) << "files are not written with every longpoll";

  begin(start_ + 2h);  // no close()
  EXPECT_FALSE(gate().is_open(start_ + 2h)) << "it may have been sent a moment ago";
  gate().saw(tip(2), "b", start_ + 2h);
  EXPECT_FALSE(gate().is_open(start_ + 2h + 30min));
  gate().saw(tip(3), "c", start_ + 2h + 31min);
  EXPECT_TRUE(gate().is_open(start_ + 2h + 31min));
}

TEST_F(LongpollGateTest, ARunThatTakesUpAnEndedOneAndIsKilledSaysSo) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().close(start_);
  begin(start_);
  gate().saw(tip(2), "b", start_);
  gate().sent(tip(2), "b", start_);
  ASSERT_TRUE(record_->open);
  EXPECT_FALSE(record_->open->tip) << "the earlier run's tip would tell the next run that nothing is open";
}

TEST_F(LongpollGateTest, PausesGrow) {
  begin(start_);
  auto now = start_;
  for (const auto pause : {10min, 20min, 40min, 80min, 160min, 160min}) {
    gate().starved(now);
    EXPECT_FALSE(gate().is_open(now + pause - 1s));
    EXPECT_TRUE(gate().is_open(now + pause));
    now += pause;
  }
  now += 1h;
  gate().starved(now);
  EXPECT_TRUE(gate().is_open(now + 10min)) << "an hour without trouble";
}

TEST_F(LongpollGateTest, AStarvedNodesLongpollCountsAsLeft) {
  begin(start_);
  gate().sent(tip(1), "a", start_);
  gate().starved(start_);
  EXPECT_FALSE(gate().is_open(start_ + 30min)) << "the tip is the same";
  gate().saw(tip(2), "b", start_ + 5min);
  EXPECT_FALSE(gate().is_open(start_ + 5min));
  EXPECT_TRUE(gate().is_open(start_ + 10min));
}

TEST_F(LongpollGateTest, WorksWithoutARecord) {
  LongpollGate gate(times_, nullptr, start_);
  EXPECT_TRUE(gate.is_open(start_));
  gate.sent(tip(1), "a", start_);
  gate.close(start_);
  EXPECT_FALSE(gate.is_open(start_));
}

}  // namespace
}  // namespace lode::node
