#include "host/node/sync_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <memory>
#include <sstream>
#include <string>

namespace lode::node {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

std::optional<ChainProgress> progress(const std::string& text) {
  return chain_progress(boost::json::parse(text).as_object());
}

TEST(ChainProgress, ReadsWhatIsSound) {
  const auto all = progress(R"({"blocks":450000,"headers":900000,"verificationprogress":0.1899})");
  ASSERT_TRUE(all);
  EXPECT_EQ(to_text(*all), "block 450000 of 900000 headers (18 %)");
  EXPECT_EQ(to_text(progress(R"({"blocks":1,"headers":2,"verificationprogress":1})").value()),
            "block 1 of 2 headers (100 %)");
  for (const char* odd : {R"({"blocks":1,"headers":2})", R"({"blocks":1,"headers":2,"verificationprogress":7})",
                          R"({"blocks":1,"headers":2,"verificationprogress":"all"})"}) {
    EXPECT_EQ(to_text(progress(odd).value()), "block 1 of 2 headers") << odd;
  }
  for (const char* none : {"{}", R"({"blocks":1})", R"({"blocks":-1,"headers":2})", R"({"blocks":"1","headers":2})",
                           R"({"blocks":1,"headers":99999999999})"}) {
    EXPECT_FALSE(progress(none)) << none;
  }
}

class SyncWatchTest : public testing::Test {
 protected:
  std::ostringstream logged_;
  SyncWatch watch_{"node:1", Log(std::make_shared<spdlog::logger>(
                                 "node", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_)))};
  const Error refusal_{Errc::kNotReady, "getblocktemplate: in initial sync (code -10)"};
  const SyncWatch::Clock::time_point start_ = SyncWatch::Clock::now();
};

TEST_F(SyncWatchTest, GivesOneReasonAsLongAsItLasts) {
  watch_.note(ChainProgress{.blocks = 10, .headers = 900, .verified = 0.01});
  const Error first = watch_.refused(refusal_, start_);
  EXPECT_TRUE(first.is(Errc::kNotReady));
  EXPECT_THAT(first.message(), AllOf(HasSubstr("block 10 of 900 headers (1 %)"), HasSubstr("no work until then")));
  for (int i = 0; i < 100; ++i) {
    watch_.note(ChainProgress{.blocks = 20 + i, .headers = 900, .verified = 0.02});
    EXPECT_EQ(watch_.refused(refusal_, start_ + i * 5s).message(), first.message());
  }
  EXPECT_EQ(logged_.str(), "") << "who gets the reason tells it";
}

TEST_F(SyncWatchTest, TellsHowFarItIsEveryTenMinutesAndWhenItIsOver) {
  watch_.refused(refusal_, start_);
  watch_.note(ChainProgress{.blocks = 450, .headers = 900, .verified = 0.4});
  for (int i = 0; i < 240; ++i)
    watch_.refused(refusal_, start_ + i * 5s);  // up to 1195 s
  const std::string once = logged_.str();
  EXPECT_THAT(once, HasSubstr("block 450 of 900 headers (40 %)"));
  EXPECT_EQ(std::count(once.begin(), once.end(), '\n'), 1);
  watch_.gave_work();
  watch_.gave_work();
  const std::string all = logged_.str();
  EXPECT_THAT(all, HasSubstr("has downloaded the block chain"));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2);
}

TEST_F(SyncWatchTest, SaysNothingOfANodeThatNeverRefused) {
  watch_.note(ChainProgress{});
  watch_.gave_work();
  EXPECT_EQ(logged_.str(), "");
}

TEST_F(SyncWatchTest, DoesWithoutNumbers) {
  EXPECT_THAT(watch_.refused(refusal_, start_).message(), HasSubstr("still downloading the block chain: it gives"));
}

}  // namespace
}  // namespace lode::node
