#include "stratum/v1/session_record.h"

#include <gtest/gtest.h>

#include <sstream>

#include "stratum/v1/session_replay.h"
#include "tests/stratum/v1/driver.h"

namespace lode::stratum::v1::test {
namespace {

/// A session with all kinds of inputs, recorded.
std::string record_something() {
  std::ostringstream file;
  SessionOptions options = plain_options();
  options.suggest_difficulty = 0.5;
  PoolMemory memory;
  memory.session_id = "before";
  TimePoint now{std::chrono::hours(3)};
  SessionRecorder recorder(file, options, memory, now);
  Session session(options, memory);
  Driver helper;  // finds shares
  std::shared_ptr<const work::WorkTemplate> work;
  const auto keep = [&](const Outputs& outputs) {
    for (const Output& output : outputs) {
      if (const NewWork* one = std::get_if<NewWork>(&output)) work = one->work;
    }
    recorder.outputs(outputs, now);
  };
  const auto receive = [&](std::string_view line) {
    now += std::chrono::nanoseconds(1'234'567);
    recorder.receive(line, now);
    keep(session.receive(line, now));
  };
  recorder.start(now);
  keep(session.start(now));
  receive(R"({"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null})");
  receive(R"({"id":2,"result":[[["mining.notify","x"]],"f0",2],"error":null})");
  receive(difficulty_line("1e-9"));
  receive(notify_line());
  receive(R"({"id":4,"result":true,"error":null})");
  receive("nonsense \xff");
  recorder.set_hash_rate(1e3, now);
  session.set_hash_rate(1e3);
  now = std::max(now, *session.next_deadline()) + std::chrono::nanoseconds(17);
  recorder.expire(now);
  keep(session.expire(now));
  for (int i = 0; i < 2; ++i) {
    work::Share share = helper.find(work, i);
    share.found = now;
    now += std::chrono::microseconds(3);
    recorder.submit(share, now);
    keep(session.submit(share, now));
  }
  receive(R"({"id":6,"result":null,"error":[23,"low",null]})");
  receive(R"({"id":null,"method":"client.reconnect","params":["evil.example.net"]})");
  const Error closed = fail(Errc::kDisconnected, "the pool closed the connection");
  recorder.end(closed, now);
  keep(session.end(closed, now));
  return file.str();
}

TEST(SessionRecord, ReplayDoesExactlyWhatWasRecorded) {
  std::istringstream file(record_something());
  const auto report = replay_session(file);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->difference) << report->difference->line << "\n"
                                   << report->difference->recorded << "\n"
                                   << report->difference->replayed;
  EXPECT_EQ(report->inputs, 14U);
  EXPECT_GE(report->outputs, 14U);
  EXPECT_GT(report->nanoseconds, 0);
}

TEST(SessionRecord, HoldsNoPassword) {
  const std::string record = record_something();
  EXPECT_EQ(record.find("secret"), std::string::npos);
  EXPECT_NE(record.find("mining.authorize"), std::string::npos);
}

TEST(SessionRecord, EveryChangedOutputIsNoticed) {
  const std::string record = record_something();
  std::vector<std::string> lines;
  std::istringstream in(record);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  std::size_t tried = 0;
  for (std::size_t left_out = 1; left_out < lines.size(); ++left_out) {
    if (lines[left_out].find(R"("send":)") == std::string::npos &&
        lines[left_out].find(R"("event":)") == std::string::npos)
      continue;
    ++tried;
    std::string shorter;
    for (std::size_t i = 0; i < lines.size(); ++i)
      shorter += i == left_out ? "" : lines[i] + "\n";
    std::istringstream file(shorter);
    const auto report = replay_session(file);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->difference) << left_out;
  }
  EXPECT_GE(tried, 14U);
}

TEST(SessionRecord, NonsenseIsNamedWithItsLine) {
  for (const char* text :
       {"", "x", "{}", "[]", R"({"lode":"stratum-v1-session","format":2})",
        R"({"lode":"stratum-v1-session","format":1,"options":{"port":70000}})",
        "{\"lode\":\"stratum-v1-session\",\"format\":1}\n{\"t\":1}",
        "{\"lode\":\"stratum-v1-session\",\"format\":1}\n{\"t\":1,\"share\":{}}",
        "{\"lode\":\"stratum-v1-session\",\"format\":1}\n{\"t\":2,\"start\":true}\n{\"t\":1,\"end\":\"\"}"}) {
    std::istringstream file(text);
    const auto report = replay_session(file);
    if (report) {
      EXPECT_TRUE(report->difference) << text;
    } else {
      EXPECT_FALSE(report.error().message().empty());
    }
  }
}

TEST(SessionRecord, OptionsAreReadBack) {
  SessionOptions options = plain_options();
  options.endpoint.tls = true;
  options.configure = ConfigureOrder::kAfterSubscribe;
  options.version_mask = kBip323Mask;
  options.minimum_difficulty = 0.125;
  options.suggest_target = chain::Target::difficulty_one();
  options.difficulty_timing = DifficultyTiming::kAtOnce;
  options.time_ahead = 60;
  options.reconnect.allowed_hosts = {"a", "b"};
  options.limits.silence = std::chrono::milliseconds(1234);
  const auto decoded = decode_options(encode_options(options));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_options(*decoded), encode_options(options));
  EXPECT_EQ(decoded->password, kBlottedPassword);
}

}  // namespace
}  // namespace lode::stratum::v1::test
