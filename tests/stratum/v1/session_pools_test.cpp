// Four pools as scripts of their messages, in their order and with their ways; each judges what it gets.
#include <gtest/gtest.h>

#include "tests/stratum/v1/pool_model.h"

namespace lode::stratum::v1::test {
namespace {

const std::string kBip320Answer = R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})";

/// Submits `count` shares of the current work, from the `first` on, and feeds the pool's answers back; all must be
/// accepted.
void mine(Driver& driver, PoolModel& pool, int count, int first = 0) {
  const std::size_t before = pool.accepted;
  for (int i = 0; i < count; ++i) {
    driver.sent.clear();
    driver.submit(driver.find(driver.work(), first + i));
    ASSERT_EQ(driver.count("mining.submit"), 1U) << i;
    driver.receive(pool.answer(driver.last("mining.submit"), driver.now));
    ASSERT_EQ(driver.all<ShareResult>().back().verdict, ShareVerdict::kAccepted)
        << driver.all<ShareResult>().back().outcome.reason;
  }
  EXPECT_EQ(pool.accepted, before + static_cast<std::size_t>(count));
}

void set_difficulty(Driver& driver, PoolModel& pool, std::string_view difficulty) {
  pool.target = *chain::Target::from_difficulty(difficulty);
  driver.receive(difficulty_line(difficulty));
}

/// Difficulty and job before the authorize reply, ORs version bits, keeps a job's difficulty, ignores unknown methods.
TEST(Pool, Ckpool) {
  PoolModel pool;
  pool.version_rule = VersionRule::kOr;
  Driver driver;
  driver.receive(driver.reply_to("mining.configure", kBip320Answer));
  driver.receive(driver.reply_to("mining.subscribe", R"([[["mining.notify","68a1b2c3"]],"f0000001",4])"));
  set_difficulty(driver, pool, kEasy);
  NotifySpec spec;
  spec.id = "68a1b2c300000001";
  spec.clean = true;
  driver.receive(pool.add_job(spec, driver.now));
  driver.receive(driver.reply_to("mining.authorize", "true"));
  mine(driver, pool, 5);
  set_difficulty(driver, pool, "3e-9");
  mine(driver, pool, 8, 5);  // the old difficulty, until the next job
  EXPECT_TRUE(pool.refusals.empty());
}

/// Mask straight after configure, difficulty and job after subscribe, demands the sixth parameter, exact extranonce2.
TEST(Pool, Datum) {
  PoolModel pool;
  pool.version_rule = VersionRule::kOr;
  pool.extranonce2_size = 8;
  Driver driver;
  driver.receive(driver.reply_to("mining.configure", kBip320Answer));
  driver.receive(R"({"id":null,"method":"mining.set_version_mask","params":["1fffe000"]})");
  driver.receive(driver.reply_to(
      "mining.subscribe", R"([[["mining.notify","b4b6693b"],["mining.set_difficulty","b4b6693c"]],"f0000001",8])"));
  set_difficulty(driver, pool, kEasy);
  NotifySpec spec;
  spec.id = "64658bd80001e1c";
  spec.clean = true;
  driver.receive(pool.add_job(spec, driver.now));
  driver.receive(driver.reply_to("mining.authorize", "true"));
  driver.receive(driver.reply_to("mining.extranonce.subscribe", "null", R"([-3,"Method not found",null])"));
  EXPECT_FALSE(driver.session->is_over());
  mine(driver, pool, 5);
  EXPECT_TRUE(pool.refusals.empty());
}

/// No version rolling, ids that are text, two-element errors, difficulty after authorize.
TEST(Pool, NodeStratumPool) {
  PoolModel pool;
  pool.version_rolling = false;
  Driver driver;
  driver.receive(driver.reply_to(
      "mining.subscribe",
      R"([[["mining.set_difficulty","deadbeefcafebabe0100000000000000"],["mining.notify","deadbeefcafebabe0100000000000000"]],"f0000001",4])"));
  set_difficulty(driver, pool, kEasy);
  driver.receive(driver.reply_to("mining.authorize", "true"));
  NotifySpec spec;
  spec.id = "1f";
  spec.clean = true;
  driver.receive(pool.add_job(spec, driver.now));
  mine(driver, pool, 5);
  driver.submit(driver.find(driver.work(), 5));
  driver.receive(driver.reply_to("mining.submit", "null", R"([20,"incorrect size of extranonce2"])"));
  EXPECT_EQ(driver.all<ShareResult>().back().outcome.reason, "incorrect size of extranonce2");
  EXPECT_EQ(driver.all<ShareResult>().back().verdict, ShareVerdict::kRejected);
}

/// Everything after authorize, the first job not clean, XORs version bits, difficulty at once.
TEST(Pool, PublicPool) {
  PoolModel pool;
  pool.version_rule = VersionRule::kXor;
  pool.difficulty_at_once = true;
  Driver driver;
  driver.receive(driver.reply_to("mining.subscribe", R"([[["mining.notify","57a6f098"]],"f0000001",4])"));
  driver.receive(driver.reply_to("mining.configure", kBip320Answer));
  driver.receive(driver.reply_to("mining.authorize", "true"));
  set_difficulty(driver, pool, kEasy);
  NotifySpec spec;
  spec.id = "1";
  driver.receive(pool.add_job(spec, driver.now));
  mine(driver, pool, 5);
  // A raise amid the job: the first share below it is refused, from then on none is sent.
  const auto easy = driver.work();
  set_difficulty(driver, pool, "1");
  for (int i = 5; i < 25; ++i) {
    driver.sent.clear();
    driver.submit(driver.find(easy, i));
    if (!driver.sent.empty()) driver.receive(pool.answer(driver.sent.back(), driver.now));
  }
  EXPECT_LE(pool.refusals["Low difficulty"], 1U);
  set_difficulty(driver, pool, kEasy);
  mine(driver, pool, 5);
}

class VersionRules : public ::testing::TestWithParam<VersionRule> {};

TEST_P(VersionRules, RolledBitsWorkWithEach) {
  PoolModel pool;
  pool.version_rule = GetParam();
  Driver driver;
  driver.shake_hands();
  set_difficulty(driver, pool, kEasy);
  driver.receive(pool.add_job({}, driver.now));
  ASSERT_NE(driver.work()->version_mask, 0U);
  for (std::uint32_t bits = 0x2000; bits != 0x20000000; bits <<= 1) {
    work::Share share = driver.find(driver.work());
    share.roll.version |= bits;
    do {
      ++share.roll.nonce;
      share.hash = work::build_header(*share.job->work, share.roll).hash();
    } while (!share.job->work->share_target.is_met_by(share.hash));
    driver.submit(share);
    driver.receive(pool.answer(driver.last("mining.submit"), driver.now));
  }
  EXPECT_EQ(pool.accepted, 16U);
}

TEST_P(VersionRules, JobBitsInTheMaskCostOneShareAtTheMost) {
  PoolModel pool;
  pool.version_rule = GetParam();
  Driver driver;
  driver.shake_hands();
  set_difficulty(driver, pool, "1e-8");
  NotifySpec spec;
  spec.version = "20006000";
  driver.receive(pool.add_job(spec, driver.now));
  EXPECT_EQ(driver.work()->version_mask, 0x1fff8000U);  // its own bits are not rolled
  for (int i = 0; i < 12; ++i) {
    work::Share share = driver.find(driver.work(), i);
    driver.submit(share);
    driver.receive(pool.answer(driver.last("mining.submit"), driver.now));
  }
  EXPECT_GE(pool.accepted, 11U);
  EXPECT_EQ(pool.refusals.size(), GetParam() == VersionRule::kXor ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(All, VersionRules,
                         ::testing::Values(VersionRule::kReplace, VersionRule::kOr, VersionRule::kXor),
                         [](const auto& rule) {
                           return rule.param == VersionRule::kReplace ? "Replace"
                                  : rule.param == VersionRule::kOr    ? "Or"
                                                                      : "Xor";
                         });

}  // namespace
}  // namespace lode::stratum::v1::test
