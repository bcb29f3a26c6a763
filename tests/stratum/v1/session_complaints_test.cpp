// What users of miners complain about (each with the threads it comes from in mind), as tests of the session. Number 8
// and 9 are in notify_test, 19, 24 and 27 in parts_test.
#include <gtest/gtest.h>

#include <set>

#include "tests/stratum/v1/pool_model.h"

namespace lode::stratum::v1::test {
namespace {

namespace json = boost::json;

SessionOptions with_timing(DifficultyTiming timing) {
  SessionOptions options = plain_options();
  options.difficulty_timing = timing;
  return options;
}

void begin(Driver& driver, std::string_view difficulty = kEasy) {
  driver.shake_hands();
  driver.receive(difficulty_line(difficulty));
  driver.receive(notify_line());
}

/// set_difficulty, then the same job with clean=false: same nonces sent again, extranonce2 begun anew.
TEST(Complaint, 1_RepeatedJobIsNotSearchedTwice) {
  Driver driver;
  begin(driver);
  const auto first = driver.work();
  driver.receive(notify_line());
  EXPECT_EQ(driver.all<NewWork>().size(), 1U);  // the same: what runs goes on

  driver.receive(difficulty_line("2e-9"));
  driver.receive(notify_line());
  ASSERT_EQ(driver.all<NewWork>().size(), 2U);
  EXPECT_GT(driver.work()->first_extranonce2, first->first_extranonce2);

  NotifySpec renamed;
  renamed.id = "other";
  driver.receive(notify_line(renamed));
  ASSERT_EQ(driver.all<NewWork>().size(), 3U);
  EXPECT_GT(driver.work()->first_extranonce2, first->first_extranonce2);
}

TEST(Complaint, 1_TheSameResultIsNeverSentTwice) {
  Driver driver;
  begin(driver);
  const work::Share share = driver.find(driver.work());
  driver.submit(share);
  driver.submit(share);
  EXPECT_EQ(driver.count("mining.submit"), 1U);
  EXPECT_EQ(driver.all<ShareResult>().at(0).verdict, ShareVerdict::kDuplicate);
  EXPECT_FALSE(driver.all<ShareResult>().at(0).sent);
}

/// The same job after another extranonce or difficulty was taken for a repetition.
TEST(Complaint, 2_SameJobWithAnotherExtranonceOrDifficultyIsNewWork) {
  Driver driver;
  begin(driver);
  driver.receive(R"({"id":null,"method":"mining.set_extranonce","params":["bbbb",3]})");
  driver.receive(notify_line());
  ASSERT_EQ(driver.all<NewWork>().size(), 2U);
  EXPECT_EQ(driver.work()->extranonce1, (Bytes{0xbb, 0xbb}));
  EXPECT_EQ(driver.work()->extranonce2_size, 3U);
  driver.receive(difficulty_line("2e-9"));
  driver.receive(notify_line());
  ASSERT_EQ(driver.all<NewWork>().size(), 3U);
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("2e-9"));
}

TEST(Complaint, 2_SameJobIdWithOtherContentIsNewWork) {
  Driver driver;
  begin(driver);
  NotifySpec other;
  other.coinb2[8] = '2';
  driver.receive(notify_line(other));
  EXPECT_EQ(driver.all<NewWork>().size(), 2U);
}

/// After a reconnect a byte-identical job with another extranonce1 was mined with the old one.
TEST(Complaint, 3_ReconnectWithTheSameJobAndAnotherExtranonce) {
  Driver driver;
  begin(driver);
  const work::Share old = driver.find(driver.work());
  driver.connect();
  driver.shake_hands("1fffe000", "f0000002");
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  ASSERT_TRUE(driver.work());
  EXPECT_EQ(driver.work()->extranonce1.back(), 2);
  driver.submit(old);
  EXPECT_EQ(driver.count("mining.submit"), 0U);  // to the session that issued its job, or nowhere
  EXPECT_EQ(driver.all<ShareResult>().at(0).verdict, ShareVerdict::kStale);
}

TEST(Complaint, 3_ResumedSessionWithTheSameJobAndExtranonceGoesOnBehindItsSearch) {
  Driver driver;
  begin(driver);
  driver.connect();
  begin(driver);
  EXPECT_GT(driver.work()->first_extranonce2, 0U);
}

/// TCP up, no work: old work was hashed for hours.
TEST(Complaint, 4_ZombiePoolIsLeft) {
  Driver driver;
  begin(driver);
  driver.wait(149s);
  EXPECT_FALSE(driver.session->is_over());
  EXPECT_EQ(driver.count("mining.ping"), 1U);
  driver.wait(2s);
  ASSERT_TRUE(driver.session->is_over());
  EXPECT_TRUE(driver.all<SessionFailed>().at(0).error.is(Errc::kTimeout));
}

TEST(Complaint, 4_PoolThatAnswersButSendsNoWorkIsLeftLater) {
  Driver driver;
  begin(driver);
  for (int i = 0; i < 20 && !driver.session->is_over(); ++i) {
    driver.wait(30s);
    if (driver.session->is_over()) break;
    if (driver.count("mining.ping") != 0) driver.receive(driver.reply_to("mining.ping", "null", R"([-3,"unknown"])"));
    EXPECT_LE(i, 15);
  }
  EXPECT_TRUE(driver.session->is_over());
}

TEST(Complaint, 4_WorkKeepsASessionAlive) {
  Driver driver;
  begin(driver);
  for (int i = 0; i < 100; ++i) {
    driver.wait(140s);
    driver.receive(notify_line());  // even the same again
    ASSERT_FALSE(driver.session->is_over()) << i;
  }
}

/// Switched pools got each other's shares.
TEST(Complaint, 5_ShareOfAnotherPoolIsNotSent) {
  Driver one;
  Driver other;
  begin(one);
  begin(other);
  one.submit(other.find(other.work()));
  EXPECT_EQ(one.count("mining.submit"), 0U);
  work::Share block = other.find(other.work());
  block.is_block = true;
  one.submit(block);
  EXPECT_EQ(one.count("mining.submit"), 0U);
}

/// extranonce2_size ignored; sizes 0, 1, 3.
TEST(Complaint, 6_EverySizeOfExtranonce2IsSentWithExactlyItsDigits) {
  for (int size = 0; size <= 16; ++size) {
    Driver driver;
    driver.shake_hands("1fffe000", "f0", size);
    driver.receive(difficulty_line(kEasy));
    driver.receive(notify_line());
    driver.submit(driver.find(driver.work()));
    ASSERT_EQ(driver.count("mining.submit"), 1U) << size;
    EXPECT_EQ(driver.last_params("mining.submit").at(2).as_string().size(), static_cast<std::size_t>(2 * size));
  }
}

TEST(Complaint, 6_ExhaustionRollsTheTimeAndNeverRepeats) {
  for (int size = 0; size <= 2; ++size) {
    Driver driver;
    driver.shake_hands("", "f0", size);
    driver.receive(difficulty_line(kEasy));
    driver.receive(notify_line());
    driver.wait(10s);
    const auto works = driver.all<NewWork>();
    ASSERT_GE(works.size(), 9U) << size;
    std::set<std::uint32_t> times;
    for (const NewWork& one : works) {
      for (std::uint32_t offset = 0; offset <= one.work->time_roll_limit; ++offset)
        EXPECT_TRUE(times.insert(one.work->time + offset).second);
    }
    EXPECT_LE(*times.rbegin() - *times.begin(), 10U);  // never ahead of the pool's clock
  }
}

TEST(Complaint, 6_WithRoomTheTimeStays) {
  Driver driver;
  begin(driver);
  driver.wait(60s);
  EXPECT_EQ(driver.all<NewWork>().size(), 1U);
}

/// set_extranonce in mid-session with a 9-byte extranonce1 and 3 bytes of extranonce2.
TEST(Complaint, 7_SetExtranonceCountsFromTheNextJob) {
  Driver driver;
  begin(driver);
  const auto before = driver.work();
  driver.receive(R"({"id":null,"method":"mining.set_extranonce","params":["010203040506070809",3]})");
  EXPECT_EQ(driver.work(), before);
  driver.submit(driver.find(before));
  EXPECT_EQ(driver.last_params("mining.submit").at(2).as_string().size(), 8U);
  NotifySpec next;
  next.id = "2";
  driver.receive(notify_line(next));
  EXPECT_EQ(driver.work()->extranonce1.size(), 9U);
  driver.submit(driver.find(driver.work()));
  EXPECT_EQ(driver.last_params("mining.submit").at(2).as_string().size(), 6U);
  driver.submit(driver.find(before, 1));  // in flight: with what its job had
  EXPECT_EQ(driver.last_params("mining.submit").at(2).as_string().size(), 8U);
}

TEST(Complaint, 8_AMalformedNotifyLeavesTheOldWorkRunning) {
  Driver driver;
  begin(driver);
  for (const char* params : {"[]", "[null]", "[1,2,3,4,5,6,7,8,9]", R"(["a","b","c","d","e","f","g","h","i"])", "{}"}) {
    driver.receive(R"({"id":null,"method":"mining.notify","params":)" + std::string(params) + "}");
  }
  driver.receive(R"({"id":null,"method":"mining.set_extranonce","params":["abc",-1]})");
  driver.receive(R"({"id":null,"method":"mining.set_difficulty","params":[null]})");
  EXPECT_EQ(driver.all<BadMessage>().size(), 7U);
  EXPECT_EQ(driver.all<NewWork>().size(), 1U);
  driver.submit(driver.find(driver.work()));
  EXPECT_EQ(driver.count("mining.submit"), 1U);
}

/// Pools differ in when a new difficulty counts.
TEST(Complaint, 10_DifficultyIsKeptForAJobByPoolsThatDoSo) {
  Driver driver(with_timing(DifficultyTiming::kNextJob));
  begin(driver);
  const auto first = driver.work();
  driver.receive(difficulty_line("1000"));
  driver.submit(driver.find(first));
  EXPECT_EQ(driver.count("mining.submit"), 1U);
  NotifySpec next;
  next.id = "2";
  driver.receive(notify_line(next));
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("1000"));
  driver.submit(driver.find(first, 1));
  EXPECT_EQ(driver.count("mining.submit"), 2U);
}

TEST(Complaint, 10_DifficultyCountsAtOnceForPoolsThatDoSo) {
  Driver driver(with_timing(DifficultyTiming::kAtOnce));
  begin(driver);
  const work::Share easy = driver.find(driver.work());
  driver.receive(difficulty_line("1000"));
  ASSERT_EQ(driver.all<NewWork>().size(), 2U);
  EXPECT_EQ(driver.all<NewWork>().back().cause, NewWork::Cause::kDifficulty);
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("1000"));
  driver.submit(easy);
  EXPECT_EQ(driver.count("mining.submit"), 0U);
  EXPECT_EQ(driver.all<ShareResult>().at(0).verdict, ShareVerdict::kLowDifficulty);
  driver.receive(difficulty_line(kEasy));
  driver.submit(driver.find(driver.work()));
  EXPECT_EQ(driver.count("mining.submit"), 1U);
}

TEST(Complaint, 10_TheTimingOfAPoolIsLearnedFromOneRefusal) {
  Driver driver;
  PoolModel pool;
  pool.difficulty_at_once = true;
  driver.shake_hands();
  pool.target = *chain::Target::from_difficulty(kEasy);
  driver.receive(difficulty_line(kEasy));
  driver.receive(pool.add_job({}, driver.now));
  const auto first = driver.work();
  pool.target = *chain::Target::from_difficulty("1");
  driver.receive(difficulty_line("1"));
  driver.submit(driver.find(first, 0));
  driver.receive(pool.answer(driver.last("mining.submit"), driver.now));
  EXPECT_TRUE(driver.memory.difficulty_at_once);
  EXPECT_EQ(driver.work()->share_target, chain::Target::difficulty_one());
  for (int i = 1; i < 10; ++i)
    driver.submit(driver.find(first, i));
  EXPECT_EQ(driver.count("mining.submit"), 1U);
}

/// Version bits sent without negotiation or against "version-rolling": false.
TEST(Complaint, 18_VersionBitsAreSentOnlyWhereAgreed) {
  Driver refused;
  refused.shake_hands("");
  refused.receive(R"({"id":null,"method":"mining.set_version_mask","params":["1fffe000"]})");
  refused.receive(difficulty_line(kEasy));
  refused.receive(notify_line());
  EXPECT_EQ(refused.work()->version_mask, 0U);
  refused.submit(refused.find(refused.work()));
  EXPECT_EQ(refused.last_params("mining.submit").size(), 5U);

  SessionOptions options = plain_options();
  options.version_mask = 0;
  Driver unasked(options);
  EXPECT_EQ(unasked.last_params("mining.configure").at(0), (json::array{"subscribe-extranonce"}));
  unasked.shake_hands("1fffe000");
  unasked.receive(notify_line());
  EXPECT_EQ(unasked.work()->version_mask, 0U);
  EXPECT_FALSE(unasked.session->rolls_version());

  Driver nothing;
  nothing.shake_hands("00000000");  // agreed, but with no bits: DATUM wants the parameter all the same
  nothing.receive(difficulty_line(kEasy));
  nothing.receive(notify_line());
  EXPECT_EQ(nothing.work()->version_mask, 0U);
  nothing.submit(nothing.find(nothing.work()));
  EXPECT_EQ(nothing.last_params("mining.submit").at(5), "00000000");
}

TEST(Complaint, 19_WiderMasksAreCut) {
  Driver driver;
  driver.shake_hands("ffffffff");
  driver.receive(notify_line());
  EXPECT_EQ(driver.work()->version_mask, 0x1fffe000U);
  driver.receive(R"({"id":null,"method":"mining.set_version_mask","params":["e0006000"]})");
  EXPECT_EQ(driver.work()->version_mask, 0x00006000U);
}

TEST(Complaint, 19_AMaskThatIsTakenBackHoldsAtOnce) {
  Driver driver;
  begin(driver);
  work::Share share = driver.find(driver.work());
  share.roll.version |= 0x10000000;
  share.hash = work::build_header(*share.job->work, share.roll).hash();
  while (!share.job->work->share_target.is_met_by(share.hash)) {
    ++share.roll.nonce;
    share.hash = work::build_header(*share.job->work, share.roll).hash();
  }
  driver.receive(R"({"id":null,"method":"mining.set_version_mask","params":["00006000"]})");
  ASSERT_EQ(driver.all<NewWork>().size(), 2U);
  EXPECT_EQ(driver.all<NewWork>().back().cause, NewWork::Cause::kVersionMask);
  driver.submit(share);
  EXPECT_EQ(driver.count("mining.submit"), 0U);
  driver.submit(driver.find(driver.all<NewWork>().front().work));  // with bits that are still allowed
  EXPECT_EQ(driver.count("mining.submit"), 1U);
}

/// A reconnect order on a plain connection sent the hash rate to a thief.
TEST(Complaint, 24_ReconnectToAStrangerIsRefused) {
  Driver driver;
  begin(driver);
  driver.receive(R"({"id":null,"method":"client.reconnect","params":["us.pool.example.com",3333,0]})");
  EXPECT_TRUE(driver.all<Reconnect>().empty());
  EXPECT_FALSE(driver.session->is_over());
  SessionOptions options = plain_options();
  options.reconnect.allowed_hosts = {"us.pool.example.com"};
  Driver allowed(options);
  allowed.receive(R"({"id":null,"method":"client.reconnect","params":["us.pool.example.com","3334",10]})");
  ASSERT_EQ(allowed.all<Reconnect>().size(), 1U);
  EXPECT_EQ(allowed.all<Reconnect>()[0].target.port, 3334);
}

/// ntime out of range.
TEST(Complaint, 25_TimeIsNeverBelowTheJobsNorAheadOfItsAge) {
  Driver driver;
  begin(driver);
  work::Share share = driver.find(driver.work());
  EXPECT_EQ(driver.work()->time_roll_limit, 0U);
  share.roll.time += 1;
  driver.submit(share);
  share.roll.time -= 2;
  driver.submit(share);
  EXPECT_EQ(driver.count("mining.submit"), 0U);

  SessionOptions options = plain_options();
  options.time_ahead = 600;
  Driver generous(options);
  begin(generous);
  EXPECT_EQ(generous.work()->time_roll_limit, 600U);
}

/// Difficulty far too high for the device, and nothing said.
TEST(Complaint, 26_WarnsWhenTheFirstShareIsFarAway) {
  Driver driver;
  driver.session->set_hash_rate(1e6);
  begin(driver, "60");
  ASSERT_EQ(driver.all<Warning>().size(), 1U);
  EXPECT_NE(driver.all<Warning>()[0].text.find("3 d"), std::string::npos) << driver.all<Warning>()[0].text;
  driver.receive(notify_line());
  EXPECT_EQ(driver.all<Warning>().size(), 1U);

  Driver fast;
  fast.session->set_hash_rate(1e12);
  begin(fast, "60");
  EXPECT_TRUE(fast.all<Warning>().empty());
}

TEST(Complaint, 26_FractionalDifficultyIsSuggested) {
  SessionOptions options = plain_options();
  options.suggest_difficulty = 0.001;
  Driver driver(options);
  driver.shake_hands();
  const json::array params = driver.last_params("mining.suggest_difficulty");
  ASSERT_EQ(params.size(), 1U);
  EXPECT_DOUBLE_EQ(params.at(0).as_double(), 0.001);
}

TEST(Complaint, 27_OutcomesAreToldApart) {
  Driver driver;
  begin(driver);
  const std::pair<const char*, ShareVerdict> answers[] = {
      {R"([21,"Job not found",null])", ShareVerdict::kStale},
      {R"([22,"Duplicate share",null])", ShareVerdict::kDuplicate},
      {R"([23,"Low difficulty share",null])", ShareVerdict::kLowDifficulty},
      {R"([20,"Other",null])", ShareVerdict::kRejected},
  };
  int nth = 0;
  for (const auto& [error, verdict] : answers) {
    driver.submit(driver.find(driver.work(), nth++));
    driver.receive(driver.reply_to("mining.submit", "null", error));
    EXPECT_EQ(driver.all<ShareResult>().back().verdict, verdict) << error;
    EXPECT_TRUE(driver.all<ShareResult>().back().sent);
  }
}

}  // namespace
}  // namespace lode::stratum::v1::test
