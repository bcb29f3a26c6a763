#include "stratum/v1/pool_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/stratum/client/fake_link.h"

namespace lode::stratum::v1 {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

class PoolProbeTest : public testing::Test {
 public:
  PoolProbeTest() : wire(std::make_shared<Wire>(context)) {
    options.session.name = "pool";
    options.session.endpoint = {.host = "127.0.0.1", .port = 3333};
    options.session.user = "probe";
    options.limit = 1min;
    options.after_work = 20ms;
  }

  /// The pool answers each request by what `answers` has for its method: lines with ID for the request's id.
  ProbeReport run() {
    wire->on_send = [this](const std::string& line) {
      const auto request = boost::json::parse(line).as_object();
      const auto found = answers.find(std::string(request.at("method").as_string()));
      if (found == answers.end()) return;
      for (std::string text : found->second) {
        if (const auto at = text.find("ID"); at != std::string::npos) {
          text.replace(at, 2, boost::json::serialize(request.at("id")));
        }
        wire->say(text);
      }
    };
    std::optional<ProbeReport> report;
    asio::co_spawn(context,
                   probe_pool(context.get_executor(), options,
                              [this](const Endpoint&) { return std::make_unique<FakeLink>(wire); }),
                   [&](std::exception_ptr failure, ProbeReport found) {
                     EXPECT_FALSE(failure);
                     report = std::move(found);
                   });
    context.run();
    return *report;
  }

  asio::io_context context;
  std::shared_ptr<Wire> wire;
  ProbeOptions options;
  std::map<std::string, std::vector<std::string>> answers{
      {"mining.configure",
       {R"({"id":ID,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null})"}},
      {"mining.subscribe", {R"({"id":ID,"result":[[["mining.notify","s1"]],"aabbccdd",4],"error":null})"}},
      {"mining.authorize",
       {R"({"id":ID,"result":true,"error":null})", R"({"id":null,"method":"mining.set_difficulty","params":[0.25]})",
        std::string(kNotify)}},
      {"mining.extranonce.subscribe", {R"({"id":ID,"result":true,"error":null})"}},
      {"mining.ping", {R"({"id":ID,"result":null,"error":[20,"Not supported.",null]})"}},
      {"mining.get_transactions", {R"({"id":ID,"result":null,"error":{"code":-3,"message":"Method not found"}})"}}};
};

TEST_F(PoolProbeTest, ShowsWhatAPoolSupports) {
  const ProbeReport report = run();
  EXPECT_FALSE(report.failure);
  EXPECT_TRUE(report.authorized);
  EXPECT_EQ(report.version_mask, 0x1fffe000U);
  EXPECT_EQ(report.difficulty, 0.25);
  EXPECT_TRUE(report.difficulty_before_job);
  EXPECT_EQ(report.jobs, 1U);
  EXPECT_EQ(report.height, 840'000U);
  EXPECT_EQ(report.first_job_clean, true);
  ASSERT_TRUE(report.subscribed);
  EXPECT_EQ(report.subscribed->session_id, "s1");
  ASSERT_TRUE(report.coinbase);
  EXPECT_EQ(report.coinbase->total, 5'000'000'000U);
  for (const ProbeExchange& exchange : report.exchanges) {
    EXPECT_TRUE(exchange.took) << exchange.method;
    if (exchange.method == "mining.ping") {
      EXPECT_EQ(exchange.error, "20: Not supported.");
    }
    if (exchange.method == "mining.get_transactions") {
      EXPECT_EQ(exchange.error, "-3: Method not found");
    }
  }
  EXPECT_THAT(report.order, Contains("reply to mining.subscribe"));
  EXPECT_TRUE(report.deviations.empty()) << report.deviations.front();
  for (const std::string& line : wire->sent)
    EXPECT_THAT(line, testing::Not(HasSubstr("mining.submit")));
}

TEST_F(PoolProbeTest, TellsHowItDeviates) {
  answers["mining.subscribe"] = {R"({"id":null,"method":"mining.set_difficulty","params":[8]})",
                                 R"({"id":ID,"result":[[],"aabbccdd",2],"error":null})", std::string(kNotify)};
  answers["mining.configure"] = {R"({"id":ID,"result":{"version-rolling":false},"error":null})"};
  answers["mining.authorize"] = {R"({"id":ID,"result":true,"error":null})"};
  answers.erase("mining.ping");
  const ProbeReport report = run();
  EXPECT_THAT(report.deviations, Contains(HasSubstr("before it answers mining.authorize")));
  EXPECT_THAT(report.deviations, Contains(HasSubstr("2 bytes of extranonce2")));
  EXPECT_THAT(report.deviations, Contains(HasSubstr("does not let versions be rolled")));
  EXPECT_THAT(report.deviations, Contains(HasSubstr("does not answer mining.ping")));
  EXPECT_THAT(report.deviations, Contains(HasSubstr("no session to resume")));
}

TEST_F(PoolProbeTest, SaysWhyThereWasNoWork) {
  answers["mining.authorize"] = {R"({"id":ID,"result":false,"error":[24,"Unauthorized worker",null]})"};
  EXPECT_THAT(run().failure.value_or(""), HasSubstr("Unauthorized worker"));
}

TEST_F(PoolProbeTest, ASilentPoolIsLeftInTime) {
  options.limit = 300ms;
  answers.clear();
  EXPECT_THAT(run().failure.value_or(""), HasSubstr("no work within 300 ms"));
  EXPECT_TRUE(wire->closed);
}

TEST_F(PoolProbeTest, APoolThatHangsUpIsReported) {
  answers.clear();
  wire->hang_up();
  EXPECT_THAT(run().failure.value_or(""), HasSubstr("hung up"));
}

TEST_F(PoolProbeTest, AConnectionThatFailsIsReported) {
  wire->refuse_connection = fail(Errc::kDisconnected, "refused");
  EXPECT_EQ(run().failure, "refused");
}

}  // namespace
}  // namespace lode::stratum::v1
