// The session in every order of messages that pools use, and its limits of time.
#include <gtest/gtest.h>

#include "host/base/hex.h"
#include "host/work/verifier.h"
#include "tests/stratum/v1/driver.h"

namespace lode::stratum::v1::test {
namespace {

namespace json = boost::json;

Driver working_driver(SessionOptions options = plain_options()) {
  Driver driver(std::move(options));
  driver.shake_hands();
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  return driver;
}

TEST(Session, AsksForEverythingThatIsWanted) {
  SessionOptions options = plain_options();
  options.suggest_difficulty = 0.5;
  options.suggest_target = chain::Target::difficulty_one();
  options.minimum_difficulty = 0.25;
  options.send_info = true;
  Driver driver(options);
  ASSERT_EQ(driver.sent.size(), 2U);
  const json::array configure = driver.last_params("mining.configure");
  EXPECT_EQ(configure.at(0), (json::array{"version-rolling", "minimum-difficulty", "subscribe-extranonce", "info"}));
  EXPECT_EQ(configure.at(1).at("version-rolling.mask"), "1fffe000");
  EXPECT_EQ(configure.at(1).at("version-rolling.min-bit-count"), 2);
  EXPECT_EQ(driver.last_params("mining.subscribe"), (json::array{"lode"}));
  driver.shake_hands();
  EXPECT_EQ(driver.last_params("mining.authorize"), (json::array{"bc1qexample.rig", "secret"}));
  EXPECT_EQ(driver.last_params("mining.suggest_difficulty"), (json::array{0.5}));
  EXPECT_EQ(driver.count("mining.suggest_target"), 1U);
  EXPECT_EQ(driver.count("mining.extranonce.subscribe"), 1U);
  for (const std::string& line : driver.sent)
    EXPECT_TRUE(json::parse(line).at("id").is_int64()) << line;  // DATUM hangs up on ids that are text
}

TEST(Session, ConfigureCanComeLaterOrNever) {
  SessionOptions options = plain_options();
  options.configure = ConfigureOrder::kAfterSubscribe;
  Driver later(options);
  EXPECT_EQ(later.count("mining.configure"), 0U);
  later.receive(later.reply_to("mining.subscribe", R"([[],"f0",4])"));
  EXPECT_EQ(later.count("mining.configure"), 1U);
  options.configure = ConfigureOrder::kNever;
  Driver never(options);
  never.receive(never.reply_to("mining.subscribe", R"([[],"f0",4])"));
  EXPECT_EQ(never.count("mining.configure"), 0U);
}

TEST(Session, MinesBeforeAuthorizeIsAnsweredAndHoldsSharesUntilThen) {
  Driver driver;
  driver.receive(driver.reply_to("mining.subscribe", R"([[],"f0000001",4])"));
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  ASSERT_TRUE(driver.work());
  driver.submit(driver.find(driver.work(), 0));
  driver.submit(driver.find(driver.work(), 1));
  EXPECT_EQ(driver.count("mining.submit"), 0U);
  driver.receive(driver.reply_to("mining.authorize", "true"));
  EXPECT_EQ(driver.count("mining.submit"), 2U);
}

TEST(Session, SharesThatWaitedAreSentOnlyIfTheyStillHold) {
  Driver driver;
  driver.receive(driver.reply_to("mining.configure", R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})"));
  driver.receive(driver.reply_to("mining.subscribe", R"([[],"f0000001",4])"));
  driver.receive(difficulty_line(kEasy));
  driver.receive(notify_line());
  work::Share share = driver.find(driver.work());
  share.roll.version |= 0x10000000;
  do {
    ++share.roll.nonce;
    share.hash = work::build_header(*share.job->work, share.roll).hash();
  } while (!share.job->work->share_target.is_met_by(share.hash));
  driver.submit(share);
  driver.receive(R"({"id":null,"method":"mining.set_version_mask","params":["00006000"]})");
  driver.receive(driver.reply_to("mining.authorize", "true"));
  EXPECT_EQ(driver.count("mining.submit"), 0U);
  ASSERT_EQ(driver.all<ShareResult>().size(), 1U);
  EXPECT_EQ(driver.all<ShareResult>()[0].verdict, ShareVerdict::kStale);
}

TEST(Session, TakesDifficultyMaskAndJobBeforeTheSubscription) {
  Driver driver;
  driver.receive(driver.reply_to("mining.configure", R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})"));
  driver.receive(R"({"id":null,"method":"mining.set_version_mask","params":["00ffe000"]})");
  driver.receive(difficulty_line("2"));
  driver.receive(notify_line());
  EXPECT_FALSE(driver.work());
  driver.receive(driver.reply_to("mining.subscribe", R"([[],"abcdef01",4])"));
  ASSERT_TRUE(driver.work());
  EXPECT_EQ(driver.work()->extranonce1, (Bytes{0xab, 0xcd, 0xef, 0x01}));
  EXPECT_EQ(driver.work()->version_mask, 0x00ffe000U);
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("2"));
  EXPECT_EQ(driver.work()->height, 840'000U);
}

TEST(Session, TheFirstJobIsMinedThoughItIsNotClean) {
  const Driver driver = working_driver();
  ASSERT_TRUE(driver.work());
  EXPECT_FALSE(driver.work()->clean);
}

TEST(Session, TheFirstDifficultyCountsForAJobThatCameBeforeIt) {
  Driver driver;
  driver.shake_hands();
  driver.receive(notify_line());
  EXPECT_EQ(driver.work()->share_target, chain::Target::difficulty_one());
  driver.receive(difficulty_line("16"));
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("16"));
}

TEST(Session, ResumesAndStartsAnewWhereThePoolHasForgotten) {
  Driver driver;
  driver.shake_hands();
  driver.connect();
  EXPECT_EQ(driver.last_params("mining.subscribe"), (json::array{"lode", "s1"}));
  driver.receive(driver.reply_to("mining.subscribe", "null", R"([20,"unknown session",null])"));
  EXPECT_EQ(driver.last_params("mining.subscribe"), (json::array{"lode"}));
  driver.receive(driver.reply_to("mining.subscribe", R"([[],"aa",4])"));
  EXPECT_EQ(driver.all<Subscribed>().size(), 1U);
}

TEST(Session, RefusalsEndIt) {
  Driver subscribe;
  subscribe.receive(subscribe.reply_to("mining.subscribe", "null", R"([20,"full",null])"));
  ASSERT_EQ(subscribe.all<SessionFailed>().size(), 1U);
  EXPECT_TRUE(subscribe.all<SessionFailed>()[0].error.is(Errc::kRejected));

  for (const auto& [result, error] : {std::pair{"false", "null"}, std::pair{"null", R"([24,"Unauthorized",null])"}}) {
    Driver authorize;
    authorize.receive(authorize.reply_to("mining.subscribe", R"([[],"aa",4])"));
    authorize.receive(authorize.reply_to("mining.authorize", result, error));
    ASSERT_EQ(authorize.all<SessionFailed>().size(), 1U);
    EXPECT_TRUE(authorize.all<SessionFailed>()[0].error.is(Errc::kUnauthorized));
    EXPECT_TRUE(authorize.session->is_over());
    EXPECT_FALSE(authorize.session->next_deadline());
  }
}

TEST(Session, NoStepWaitsForEverForAnAnswer) {
  Driver silent;
  silent.wait(15s);
  ASSERT_EQ(silent.all<SessionFailed>().size(), 1U);
  EXPECT_TRUE(silent.all<SessionFailed>()[0].error.is(Errc::kTimeout));

  // No answer to configure, authorize, extranonce.subscribe: it works all the same.
  Driver lazy;
  lazy.receive(lazy.reply_to("mining.subscribe", R"([[],"aa",4])"));
  lazy.receive(difficulty_line(kEasy));
  lazy.receive(notify_line());
  lazy.submit(lazy.find(lazy.work()));
  lazy.wait(16s);
  ASSERT_EQ(lazy.all<Authorized>().size(), 1U);
  EXPECT_TRUE(lazy.all<Authorized>()[0].assumed);
  ASSERT_EQ(lazy.count("mining.submit"), 1U);
  EXPECT_EQ(lazy.last_params("mining.submit").size(), 5U);

  Driver unauthorized;
  unauthorized.receive(unauthorized.reply_to("mining.subscribe", R"([[],"aa",4])"));
  unauthorized.wait(16s);
  EXPECT_EQ(unauthorized.all<SessionFailed>().size(), 1U);

  Driver jobless;
  jobless.shake_hands();
  jobless.wait(61s);
  EXPECT_EQ(jobless.all<SessionFailed>().size(), 1U);
}

TEST(Session, AnswersThePool) {
  Driver driver;
  driver.shake_hands();
  driver.sent.clear();
  driver.receive(R"({"id":5,"method":"client.get_version","params":[]})");
  driver.receive(R"({"id":"p","method":"mining.ping","params":[]})");
  driver.receive(R"({"id":6,"method":"client.unheard_of","params":[]})");
  driver.receive(R"({"id":null,"method":"client.unheard_of","params":[]})");
  ASSERT_EQ(driver.sent.size(), 3U);
  EXPECT_EQ(driver.sent[0], R"({"id":5,"result":"lode","error":null})");
  EXPECT_EQ(driver.sent[1], R"({"id":"p","result":"pong","error":null})");
  EXPECT_EQ(json::parse(driver.sent[2]).at("error").at(0), -3);
}

TEST(Session, ShowsMessagesAndReconnectsWhereAllowed) {
  Driver driver;
  driver.receive(R"({"id":null,"method":"client.show_message","params":["hello \u001b[31m"]})");
  driver.receive(R"({"id":null,"result":null,"error":[20,"bye",null]})");
  ASSERT_EQ(driver.all<PoolMessage>().size(), 2U);
  EXPECT_EQ(driver.all<PoolMessage>()[0].text, "hello ?[31m");
  driver.receive(R"({"id":null,"method":"client.reconnect","params":["thief.example.net",3333,0]})");
  EXPECT_TRUE(driver.all<Reconnect>().empty());
  EXPECT_EQ(driver.all<Warning>().size(), 1U);
  driver.receive(R"({"id":null,"method":"client.reconnect","params":[]})");
  ASSERT_EQ(driver.all<Reconnect>().size(), 1U);
  EXPECT_EQ(driver.all<Reconnect>()[0].target.host, "pool.example.com");
}

TEST(Session, BadMessagesAreCountedAndTooManyInARowEndIt) {
  Driver driver = working_driver();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 15; ++i)
      driver.receive("{nonsense");
    driver.receive(R"({"id":null,"method":"client.show_message","params":["fine"]})");
  }
  EXPECT_EQ(driver.all<BadMessage>().size(), 45U);
  EXPECT_FALSE(driver.session->is_over());
  for (int i = 0; i < 16; ++i)
    driver.receive(R"({"id":null,"method":"mining.notify","params":[1,2,3]})");
  EXPECT_TRUE(driver.session->is_over());
  EXPECT_EQ(driver.all<SessionFailed>().size(), 1U);
}

TEST(Session, RepliesAreMatchedByIdInAnyOrder) {
  Driver driver = working_driver();
  for (int i = 0; i < 3; ++i)
    driver.submit(driver.find(driver.work(), i));
  std::vector<std::string> ids;
  for (const std::string& line : driver.sent) {
    if (line.find("mining.submit") != std::string::npos) ids.push_back(json::serialize(json::parse(line).at("id")));
  }
  ASSERT_EQ(ids.size(), 3U);
  driver.wait(250ms);
  driver.receive(R"({"id":)" + ids[2] + R"(,"result":true,"error":null})");
  driver.receive(R"({"id":")" + ids[0] + R"(","result":null,"error":[21,"stale",null]})");
  driver.receive(R"({"id":)" + ids[0] + R"(,"result":true,"error":null})");  // again: means nothing
  driver.receive(R"({"id":4711,"result":true,"error":null})");
  const auto results = driver.all<ShareResult>();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].verdict, ShareVerdict::kAccepted);
  EXPECT_EQ(results[0].outcome.hash, driver.find(driver.work(), 2).hash);
  EXPECT_EQ(results[0].latency, 250ms);
  EXPECT_EQ(results[1].verdict, ShareVerdict::kStale);
  EXPECT_EQ(results[1].outcome.hash, driver.find(driver.work(), 0).hash);
  EXPECT_EQ(results[1].outcome.code, 21);
}

TEST(Session, AForgottenWorkerIsAuthorizedAgain) {
  Driver driver = working_driver();
  driver.submit(driver.find(driver.work()));
  driver.receive(driver.reply_to("mining.submit", "null", R"([24,"Unauthorized worker",null])"));
  EXPECT_EQ(driver.count("mining.authorize"), 2U);
  driver.submit(driver.find(driver.work(), 1));
  driver.receive(driver.reply_to("mining.submit", "null", R"([24,"Unauthorized worker",null])"));
  EXPECT_EQ(driver.count("mining.authorize"), 2U);  // once a minute
}

TEST(Session, ShareThatIsNotAnsweredInASilentConnectionEndsIt) {
  Driver driver = working_driver();
  driver.submit(driver.find(driver.work()));
  driver.wait(31s);
  ASSERT_EQ(driver.all<ShareResult>().size(), 1U);
  EXPECT_EQ(driver.all<ShareResult>()[0].verdict, ShareVerdict::kUnanswered);
  EXPECT_TRUE(driver.session->is_over());

  Driver talking = working_driver();
  talking.submit(talking.find(talking.work()));
  talking.wait(1s);
  talking.receive(difficulty_line(kEasy));
  talking.wait(31s);
  EXPECT_EQ(talking.all<ShareResult>().size(), 1U);
  EXPECT_FALSE(talking.session->is_over());
}

TEST(Session, EndReportsEveryShareInFlight) {
  Driver driver = working_driver();
  driver.submit(driver.find(driver.work(), 0));
  driver.submit(driver.find(driver.work(), 1));
  driver.take(driver.session->end(fail(Errc::kDisconnected, "closed"), driver.now));
  EXPECT_EQ(driver.all<ShareResult>().size(), 2U);
  EXPECT_EQ(driver.all<SessionFailed>().size(), 1U);
  EXPECT_TRUE(driver.session->receive(notify_line(), driver.now).empty());
}

TEST(Session, ABlockIsSentThoughItsJobIsVoid) {
  Driver driver = working_driver();
  work::Share block = driver.find(driver.work(), 0);
  block.is_block = true;
  const work::Share share = driver.find(driver.work(), 1);
  NotifySpec next;
  next.id = "2";
  next.previous = kNextPrevious;
  next.clean = true;
  driver.receive(notify_line(next));
  driver.submit(share);
  EXPECT_EQ(driver.count("mining.submit"), 0U);
  EXPECT_EQ(driver.all<ShareResult>().at(0).verdict, ShareVerdict::kStale);
  driver.submit(block);
  EXPECT_EQ(driver.count("mining.submit"), 1U);
}

TEST(Session, ANewPreviousBlockVoidsOlderJobsWhateverTheFlagSays) {
  Driver driver = working_driver();
  NotifySpec next;
  next.id = "2";
  next.previous = kNextPrevious;
  driver.receive(notify_line(next));
  EXPECT_TRUE(driver.work()->clean);
}

TEST(Session, OlderJobsStayValidWithoutTheCleanFlag) {
  Driver driver = working_driver();
  const work::Share old = driver.find(driver.work());
  NotifySpec next;
  next.id = "2";
  next.time = "64658be0";
  driver.receive(notify_line(next));
  driver.submit(old);
  ASSERT_EQ(driver.count("mining.submit"), 1U);
  EXPECT_EQ(driver.last_params("mining.submit").at(1), "1");
}

TEST(Session, ManyHugeJobsDoNotFillTheMemory) {
  Driver driver;
  driver.shake_hands();
  std::vector<std::weak_ptr<const work::WorkTemplate>> works;
  for (int i = 0; i < 40; ++i) {
    NotifySpec huge;
    huge.id = std::to_string(i);
    huge.coinb2 = to_hex(Bytes(kMaxCoinbaseHalf, 1));
    driver.receive(notify_line(huge));
    works.push_back(driver.work());
    driver.events.clear();
  }
  std::size_t alive = 0;
  for (const auto& work : works)
    if (!work.expired()) ++alive;
  EXPECT_LE(alive, 16U);
  EXPECT_FALSE(works.back().expired());
}

TEST(Session, OfAFloodOfJobsTheNewestIsTakenNowAndThen) {
  Driver driver;
  driver.shake_hands();
  const std::size_t at_once = SessionLimits{}.jobs;
  for (std::size_t i = 1; i <= 10'000; ++i) {
    NotifySpec next;
    next.id = std::to_string(i);
    next.clean = i == 9'000;
    driver.receive(notify_line(next));
  }
  EXPECT_EQ(driver.all<NewWork>().size(), at_once);
  driver.wait(SessionLimits{}.job_pause);
  ASSERT_EQ(driver.all<NewWork>().size(), at_once + 1);
  EXPECT_EQ(driver.work()->job_id, "10000");
  EXPECT_TRUE(driver.work()->clean) << "one that was passed over was";
  driver.wait(10s);
  EXPECT_EQ(driver.all<NewWork>().size(), at_once + 1);
  for (std::size_t i = 1; i <= at_once; ++i) {
    NotifySpec next;
    next.id = "again" + std::to_string(i);
    driver.receive(notify_line(next));
  }
  EXPECT_EQ(driver.all<NewWork>().size(), 2 * at_once + 1);
}

TEST(Session, SharesThatAreNeverAnsweredAreForgottenOldestFirst) {
  constexpr std::size_t kMost = 4096;
  Driver driver = working_driver();
  work::Share share = driver.find(driver.work());
  const chain::Hash256 first = share.hash;
  std::string first_id;
  for (std::size_t sent = 0; sent < kMost + 1; ++share.roll.nonce) {
    const work::Verdict verdict = work::verify(*share.job, share.roll);
    if (verdict.kind != work::Verdict::Kind::kShare && verdict.kind != work::Verdict::Kind::kBlock) continue;
    share.hash = verdict.hash;
    driver.submit(share);
    if (sent == 0) first_id = driver.id_of("mining.submit");
    ++sent;
    ASSERT_EQ(driver.all<ShareResult>().size(), sent <= kMost ? 0U : 1U);
  }
  ASSERT_EQ(driver.all<ShareResult>().size(), 1U);
  EXPECT_EQ(driver.all<ShareResult>()[0].verdict, ShareVerdict::kUnanswered);
  EXPECT_EQ(driver.all<ShareResult>()[0].outcome.hash, first);
  driver.receive(R"({"id":)" + first_id + R"(,"result":true,"error":null})");
  EXPECT_EQ(driver.all<ShareResult>().size(), 1U) << "what comes late counts for nothing";
  EXPECT_FALSE(driver.session->is_over());
}

/// A result for the driver's work, as if its hash were as good as `difficulty`. `number` tells several apart.
work::Share planted(const Driver& driver, std::string_view difficulty, std::uint8_t number) {
  work::Share share;
  share.job =
      std::make_shared<const work::Job>(work::Job{.generation = 1, .work = driver.work(), .received = driver.now});
  share.roll = {.extranonce2 = 0, .version = driver.work()->version, .time = driver.work()->time, .nonce = number};
  share.hash.bytes = chain::Target::from_difficulty(difficulty).value().le_bytes();
  share.hash.bytes[0] = number;
  share.found = driver.now;
  return share;
}

SessionOptions suggesting(double difficulty) {
  SessionOptions options = plain_options();
  options.suggest_difficulty = difficulty;
  return options;
}

/// Its pool agrees to what is suggested, and names no difficulty.
void agree(Driver& driver) {
  driver.shake_hands("");
  driver.receive(driver.reply_to("mining.suggest_difficulty", "true"));
  driver.receive(notify_line());
}

TEST(Session, APoolThatMeansTheSuggestedDifficultyIsRecognisedFromItsFirstRefusal) {
  Driver driver(suggesting(1000));
  agree(driver);
  EXPECT_EQ(driver.work()->share_target, chain::Target::difficulty_one()) << "nothing says otherwise yet";
  driver.submit(planted(driver, "2", 1));
  driver.receive(driver.reply_to("mining.submit", "null", R"([23,"Low difficulty share",null])"));
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("1000"));
  EXPECT_EQ(driver.all<Warning>().size(), 1U);
  driver.submit(planted(driver, "2000", 2));
  EXPECT_EQ(driver.count("mining.submit"), 2U);

  driver.connect();
  agree(driver);
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("1000")) << "it is known now";
  driver.receive(difficulty_line("16"));
  driver.receive(notify_line({.id = "2", .clean = true}));
  EXPECT_EQ(driver.work()->share_target, *chain::Target::from_difficulty("16")) << "its own word counts";
  driver.connect();
  agree(driver);
  EXPECT_EQ(driver.work()->share_target, chain::Target::difficulty_one());
}

TEST(Session, ARefusalSaysNothingOfASuggestionThatWasNotAgreedTo) {
  for (const char* answer : {"false", "null", "1000"}) {
    Driver driver(suggesting(1000));
    driver.shake_hands("");
    driver.receive(driver.reply_to("mining.suggest_difficulty", answer));
    driver.receive(notify_line());
    driver.submit(planted(driver, "2", 1));
    driver.receive(driver.reply_to("mining.submit", "null", R"([23,"Low difficulty share",null])"));
    EXPECT_EQ(driver.work()->share_target, chain::Target::difficulty_one()) << answer;
  }
  Driver told(suggesting(1000));
  told.shake_hands("");
  told.receive(told.reply_to("mining.suggest_difficulty", "true"));
  told.receive(difficulty_line("1"));
  told.receive(notify_line());
  told.submit(planted(told, "2", 1));
  told.receive(told.reply_to("mining.submit", "null", R"([23,"Low difficulty share",null])"));
  EXPECT_EQ(told.work()->share_target, chain::Target::difficulty_one()) << "it has named its own";
}

TEST(Session, AShareCalledLateIsExplainedByAJobThatMadeItVoid) {
  Driver driver = working_driver();
  const work::Share first = driver.find(driver.work(), 0);
  const work::Share second = driver.find(driver.work(), 1);
  const auto refuse = [&](const work::Share& share) {
    driver.submit(share);
    return driver.reply_to("mining.submit", "null", R"([21,"Job not found",null])");
  };
  driver.receive(refuse(first));
  const std::string late = refuse(second);
  driver.receive(notify_line({.id = "99", .clean = true}));
  driver.receive(late);
  const auto results = driver.all<ShareResult>();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0].outcome.unexplained);
  EXPECT_EQ(results[1].verdict, ShareVerdict::kStale);
  EXPECT_FALSE(results[1].outcome.unexplained);
}

TEST(Session, AJobThatIsChangedWithoutEndEndsIt) {
  const auto mask_line = [](int i) {
    return std::string(R"({"id":null,"method":"mining.set_version_mask","params":[")") +
           (i % 2 == 0 ? "00006000" : "1fffe000") + R"("]})";
  };
  SessionOptions at_once = plain_options();
  at_once.difficulty_timing = DifficultyTiming::kAtOnce;
  for (const bool by_mask : {true, false}) {
    Driver driver = working_driver(at_once);
    const std::size_t most = at_once.limits.changes;
    const auto change = [&](int i) {
      driver.receive(by_mask ? mask_line(i) : difficulty_line(i % 2 == 0 ? "2e-9" : "1e-9"));
    };
    for (int i = 0; i < static_cast<int>(most) - 1; ++i)
      change(i);
    EXPECT_TRUE(driver.all<SessionFailed>().empty());
    driver.wait(std::chrono::seconds(11));  // now and then is fine
    for (int i = 0; i < static_cast<int>(most); ++i)
      change(i + 1);
    EXPECT_TRUE(driver.all<SessionFailed>().empty());
    for (int i = 0; i < 2; ++i)
      change(i + 1);
    ASSERT_EQ(driver.all<SessionFailed>().size(), 1U);
    EXPECT_TRUE(driver.all<SessionFailed>()[0].error.is(Errc::kProtocol));
  }
}

}  // namespace
}  // namespace lode::stratum::v1::test
