// Blocks that the pool has not said to have: over the connection, the next ones, and until they are decided.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <sstream>

#include "host/base/hex.h"
#include "stratum/v1/session_record.h"
#include "stratum/v1/session_replay.h"
#include "tests/stratum/v1/driver.h"

namespace lode::stratum::v1::test {
namespace {

Driver working_driver() {
  Driver driver;
  driver.shake_hands();
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  return driver;
}

work::Share find_block(const Driver& driver, int nth = 0) {
  work::Share block = driver.find(driver.work(), nth);
  block.is_block = true;
  return block;
}

void lose(Driver& driver) {
  driver.take(driver.session->end(fail(Errc::kDisconnected, "closed"), driver.now));
}

TEST(SessionBlocks, OneWithoutAnAnswerIsSentAgainOverTheResumedSession) {
  Driver driver = working_driver();
  const work::Share block = find_block(driver);
  driver.submit(block);
  const boost::json::array params = driver.last_params("mining.submit");
  lose(driver);
  ASSERT_EQ(driver.all<ShareResult>().size(), 1U);
  EXPECT_EQ(driver.all<ShareResult>()[0].verdict, ShareVerdict::kUnanswered);
  EXPECT_FALSE(driver.all<ShareResult>()[0].outcome.settled);

  driver.connect();
  EXPECT_EQ(driver.last_params("mining.subscribe").at(1), "s1");
  driver.shake_hands();
  ASSERT_EQ(driver.count("mining.submit"), 1U) << "before any work";
  EXPECT_EQ(driver.last_params("mining.submit"), params);
  driver.receive(driver.reply_to("mining.submit", "true"));
  ASSERT_EQ(driver.all<ShareResult>().size(), 1U);
  const work::ShareOutcome outcome = driver.all<ShareResult>()[0].outcome;
  EXPECT_EQ(outcome.hash, block.hash);
  EXPECT_EQ(outcome.height, 840000U);
  EXPECT_TRUE(outcome.was_block);
  EXPECT_TRUE(outcome.again);
  EXPECT_TRUE(outcome.settled);

  lose(driver);
  driver.connect();
  driver.shake_hands();
  EXPECT_EQ(driver.count("mining.submit"), 0U) << "the pool has it";
}

TEST(SessionBlocks, SharesAreNotSentAgain) {
  Driver driver = working_driver();
  driver.submit(driver.find(driver.work()));
  lose(driver);
  driver.connect();
  driver.shake_hands();
  EXPECT_EQ(driver.count("mining.submit"), 0U);
}

TEST(SessionBlocks, ADuplicateIsWithThePool) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  lose(driver);
  driver.connect();
  driver.shake_hands();
  driver.receive(driver.reply_to("mining.submit", "null", R"([22,"Duplicate share",null])"));
  EXPECT_TRUE(driver.all<ShareResult>().at(0).outcome.settled);
  EXPECT_TRUE(driver.memory.open_blocks.all().empty());
}

TEST(SessionBlocks, ARefusalClosesNothing) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  driver.receive(driver.reply_to("mining.submit", "null", R"([21,"Job not found",null])"));
  EXPECT_FALSE(driver.all<ShareResult>().at(0).outcome.settled);
  driver.wait(5min);
  EXPECT_EQ(driver.count("mining.submit"), 1U) << "once in a connection";
  lose(driver);
  driver.connect();
  driver.shake_hands("1fffe000", "f0000002");
  ASSERT_EQ(driver.count("mining.submit"), 1U);
  driver.receive(driver.reply_to("mining.submit", "null", R"([23,"low difficulty",null])"));
  EXPECT_FALSE(driver.all<ShareResult>().at(0).outcome.settled);
  EXPECT_EQ(driver.memory.open_blocks.all().size(), 1U);
}

TEST(SessionBlocks, AcceptanceUnderAnotherExtranonceIsOfAnotherHeader) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  lose(driver);
  driver.connect();
  driver.shake_hands("1fffe000", "f0000002");
  driver.receive(driver.reply_to("mining.submit", "true"));
  EXPECT_TRUE(driver.all<ShareResult>().at(0).outcome.again);
  EXPECT_FALSE(driver.all<ShareResult>().at(0).outcome.settled);
  EXPECT_TRUE(driver.memory.open_blocks.all().empty()) << "the pool has said what it has to say";
}

TEST(SessionBlocks, OneThatIsFoundOnceMoreIsSentOnce) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  lose(driver);
  PoolMemory next_run;
  next_run.open_blocks.restore(driver.memory.open_blocks.all().front().block, 1, driver.now);
  driver.memory = next_run;
  driver.connect();
  driver.shake_hands();
  EXPECT_EQ(driver.count("mining.submit"), 1U);
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  const std::string answer = driver.reply_to("mining.submit", "true");
  driver.submit(find_block(driver));
  EXPECT_EQ(driver.count("mining.submit"), 1U);
  driver.receive(answer);
  EXPECT_TRUE(driver.all<ShareResult>().back().outcome.settled);
}

TEST(SessionBlocks, OneOfAnEarlierConnectionIsSentAtOnce) {
  Driver driver = working_driver();
  const work::Share block = find_block(driver);
  lose(driver);
  EXPECT_FALSE(driver.session->has_issued(block));
  const auto mask = driver.memory.earlier_work.mask_of(block);
  ASSERT_TRUE(mask);
  driver.connect();
  driver.take(driver.session->submit_earlier(submission_of(block, *mask), driver.now));
  EXPECT_EQ(driver.count("mining.submit"), 0U) << "before the worker is authorized";
  EXPECT_EQ(driver.all<ShareResult>().at(0).verdict, ShareVerdict::kUnanswered);
  driver.shake_hands();
  EXPECT_EQ(driver.count("mining.submit"), 1U);

  Driver other = working_driver();
  EXPECT_FALSE(other.memory.earlier_work.mask_of(block)) << "of another pool";
}

TEST(SessionBlocks, OneThatWaitedForTheWorkerIsNotLostWithTheConnection) {
  Driver driver;
  driver.receive(driver.reply_to("mining.configure", R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})"));
  driver.receive(driver.reply_to("mining.subscribe", R"([[["mining.notify","s1"]],"f0000001",4])"));
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  driver.submit(find_block(driver));
  EXPECT_EQ(driver.count("mining.submit"), 0U);
  lose(driver);
  driver.connect();
  driver.shake_hands();
  EXPECT_EQ(driver.count("mining.submit"), 1U);
}

TEST(SessionBlocks, APoolThatTalksButDoesNotAnswerIsAskedAgainWithPauses) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  std::vector<std::size_t> sends;
  for (int i = 0; i < 13; ++i) {
    driver.wait(10s);
    driver.receive(notify_line({.id = "1", .time = i % 2 == 0 ? "64658bd9" : "64658bd8"}));
    sends.push_back(driver.count("mining.submit"));
  }
  // The answer is given 30 s. The second time comes at once then, the third 10 s later, the fourth 20 s later.
  EXPECT_EQ(sends, (std::vector<std::size_t>{1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4}));
  EXPECT_FALSE(driver.session->is_over());
  EXPECT_EQ(driver.all<ShareResult>().size(), 1U);
}

TEST(SessionBlocks, AForgottenWorkerIsAuthorizedBeforeTheBlockGoesAgain) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  driver.receive(driver.reply_to("mining.submit", "null", R"([24,"Unauthorized worker",null])"));
  EXPECT_EQ(driver.count("mining.authorize"), 2U);
  driver.wait(0s);
  EXPECT_EQ(driver.count("mining.submit"), 2U);
}

TEST(SessionBlocks, WorkOnTopOfOneSettlesIt) {
  Driver driver = working_driver();
  const work::Share block = find_block(driver);
  driver.submit(block);
  lose(driver);
  driver.connect();
  driver.shake_hands();
  driver.receive(driver.reply_to("mining.submit", "null", R"([21,"Job not found",null])"));
  std::string on_top;  // words of 4 bytes, each turned round
  for (std::size_t i = 0; i < 32; i += 4) {
    const auto& bytes = block.hash.bytes;
    on_top += to_hex(Bytes{bytes[i + 3], bytes[i + 2], bytes[i + 1], bytes[i]});
  }
  driver.receive(notify_line({.id = "2", .previous = on_top}));
  const auto results = driver.all<ShareResult>();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_FALSE(results[0].outcome.settled);
  EXPECT_TRUE(results[1].outcome.settled);
  EXPECT_EQ(results[1].outcome.hash, block.hash);
  EXPECT_EQ(results[1].outcome.reason, "it is in the chain");
  EXPECT_TRUE(driver.memory.open_blocks.all().empty());
}

TEST(SessionBlocks, AReplayKnowsThemToo) {
  Driver driver = working_driver();
  driver.submit(find_block(driver));
  lose(driver);

  std::ostringstream file;
  SessionRecorder recorder(file, plain_options(), driver.memory, driver.now);
  Session session(plain_options(), driver.memory);
  recorder.start(driver.now);
  recorder.outputs(session.start(driver.now), driver.now);
  for (const char* line : {R"({"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"}})",
                           R"({"id":2,"result":[[["mining.notify","s1"]],"f0000001",4]})", R"({"id":3,"result":true})",
                           R"({"id":5,"result":true})"}) {
    driver.now += 1ms;
    recorder.receive(line, driver.now);
    recorder.outputs(session.receive(line, driver.now), driver.now);
  }
  EXPECT_TRUE(driver.memory.open_blocks.all().empty());
  EXPECT_NE(file.str().find("mining.submit"), std::string::npos);
  std::istringstream record(file.str());
  const auto report = replay_session(record);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->difference) << report->difference->recorded << "\n" << report->difference->replayed;

  std::string broken = file.str();
  const std::size_t at = broken.find(R"("sends")");
  ASSERT_NE(at, std::string::npos);
  broken.replace(at, 7, R"("sandy")");
  std::istringstream broken_record(broken);
  EXPECT_FALSE(replay_session(broken_record));
}

}  // namespace
}  // namespace lode::stratum::v1::test
