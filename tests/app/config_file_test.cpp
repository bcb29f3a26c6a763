#include "host/app/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::app {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

TEST(ConfigFile, ValuesBecomeOptionTexts) {
  const auto entries = parse_config("a = \"x y\"\nb = 12\nc = 0.5\nd = true\ne = [\"p\", 2]\nsome-mask = 0xff\n", "f");
  ASSERT_TRUE(entries.has_value()) << entries.error().message();
  EXPECT_THAT(*entries, UnorderedElementsAre(ConfigEntry{"a", {"x y"}}, ConfigEntry{"b", {"12"}},
                                             ConfigEntry{"c", {"0.5"}}, ConfigEntry{"d", {"true"}},
                                             ConfigEntry{"e", {"p", "2"}}, ConfigEntry{"some-mask", {"ff"}}));
}

TEST(ConfigFile, TextBeyondAsciiIsKept) {
  const auto entries = parse_config(
      "\xef\xbb\xbf# Gr\u00fc\u00dfe\n"
      "a = \"\u00fc\\\"\\u00df\"\n"
      "b = ['C:\\\u00fc\"', 1] # \u00e9\n"
      "c = \"\"\"\nx\\\n  \u00fcber\"\"\"\"\n"
      "d = '''\n\u00fc\\'\n'''\n"
      "\"\u00f6\" = '\U0001f600'\n",
      "f");
  ASSERT_TRUE(entries.has_value()) << entries.error().message();
  EXPECT_THAT(*entries,
              UnorderedElementsAre(ConfigEntry{"a", {"\u00fc\"\u00df"}}, ConfigEntry{"b", {"C:\\\u00fc\"", "1"}},
                                   ConfigEntry{"c", {"x\u00fcber\""}}, ConfigEntry{"d", {"\u00fc\\'\n"}},
                                   ConfigEntry{"\u00f6", {"\U0001f600"}}));
}

TEST(ConfigFile, AnEmptyFileHasNoEntries) {
  EXPECT_TRUE(parse_config("", "f")->empty());
  EXPECT_TRUE(parse_config("# nothing\n", "f")->empty());
}

TEST(ConfigFile, ErrorsNameFileAndLine) {
  EXPECT_THAT(parse_config("a = 1\nb = = 2\n", "x.toml").error().message(), HasSubstr("x.toml:2:"));
  EXPECT_THAT(parse_config("a = 1\na = 2\n", "x.toml").error().message(), HasSubstr("x.toml"));
  EXPECT_THAT(parse_config("a = 1\n[t]\nb = 2\n", "x.toml").error().message(), HasSubstr("key 't'"));
  EXPECT_THAT(parse_config("a = [[1]]\n", "x.toml").error().message(), HasSubstr("key 'a'"));
}

TEST(ConfigFile, DeepNestingAndHugeTextAreRefused) {
  EXPECT_FALSE(parse_config("a = " + std::string(100'000, '['), "f").has_value());
  EXPECT_TRUE(parse_config(std::string((1U << 20) + 1, '#'), "f").error().is(Errc::kTooLarge));
}

TEST(ConfigFile, WhatTheParserDoesNotExpectIsMalformedToo) {
  EXPECT_TRUE(parse_config(std::string("[\r\0:", 4), "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("a = [1e[\xcf\x99", "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("[\r\n", "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("a = 1\u00fc", "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("a = 1'\u00fc'", "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("a = \"\"'\u00fc'\"\"", "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("a = '''\u00fc'''\"", "f").error().is(Errc::kMalformed));
  EXPECT_TRUE(parse_config("a = \"\\\u00fc\"", "f").error().is(Errc::kMalformed));
}

TEST(ConfigFile, AMissingFileIsNamed) {
  EXPECT_THAT(read_config("/nonexistent/c.toml").error().message(), HasSubstr("/nonexistent/c.toml"));
}

TEST(ConfigFile, AFolderIsNoFile) {
  EXPECT_FALSE(read_config("/").has_value());
}

}  // namespace
}  // namespace lode::app
