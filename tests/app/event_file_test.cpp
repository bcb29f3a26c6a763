#include "host/app/event_file.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ringbuffer_sink.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(EventFile, AppendsOneLineAnEvent) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "events.jsonl";
  for (int run = 0; run < 2; ++run) {
    auto file = EventFile::open(path.string(), Log());
    ASSERT_TRUE(file.has_value()) << file.error().message();
    (*file)->write({{"run", run}, {"n", 1}});
    (*file)->write({{"run", run}, {"n", 2}});
  }
  EXPECT_EQ(content(path), "{\"run\":0,\"n\":1}\n{\"run\":0,\"n\":2}\n{\"run\":1,\"n\":1}\n{\"run\":1,\"n\":2}\n");
}

TEST(EventFile, ThatCannotBeOpenedIsNamed) {
  const auto file = EventFile::open("/nonexistent/folder/events", Log());
  ASSERT_FALSE(file.has_value());
  EXPECT_NE(file.error().message().find("/nonexistent/folder/events"), std::string::npos);
}

TEST(EventFile, AFullDiskIsToldOnce) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  const auto lines = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(16);
  {
    auto file = EventFile::open("/dev/full", Log(std::make_shared<spdlog::logger>("test", lines)));
    ASSERT_TRUE(file.has_value());
    for (int i = 0; i < 100; ++i)
      (*file)->write({{"n", i}});
  }
  EXPECT_EQ(lines->last_raw().size(), 1U);
}

}  // namespace
}  // namespace lode::app
