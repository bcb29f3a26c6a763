#include "host/app/ascii_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string rewritten(std::string_view text) {
  const auto ascii = ascii_toml(text, "f");
  EXPECT_TRUE(ascii.has_value()) << ascii.error().message();
  return ascii ? *ascii : "";
}

std::string refusal(std::string_view text) {
  const auto ascii = ascii_toml(text, "x.toml");
  EXPECT_FALSE(ascii.has_value()) << *ascii;
  return ascii ? "" : ascii.error().message();
}

TEST(AsciiToml, LeavesAsciiAlone) {
  for (const char* text : {"", "a = 'b\\' # \"\n", R"(]] = """ ')", "a = \"\\"})
    EXPECT_EQ(rewritten(text), text);
}

TEST(AsciiToml, EscapesWhatStringsHold) {
  EXPECT_EQ(rewritten("a = \"ü\"\n"), "a = \"\\u00fc\"\n");
  EXPECT_EQ(rewritten("\"ü\".b = 1\n"), "\"\\u00fc\".b = 1\n");
  EXPECT_EQ(rewritten("a = \"\xe2\x82\xac\\\"\xf0\x9f\x98\x80\""), "a = \"\\u20ac\\\"\\U0001f600\"");
  EXPECT_EQ(rewritten("a = \"\"\"\nü \"\" \\\n  ö\"\"\"\"\" # \n"),
            "a = \"\"\"\n\\u00fc \"\" \\\n  \\u00f6\"\"\"\"\" # \n");
  EXPECT_EQ(rewritten("a = \"\xf4\x8f\xbf\xbf\xee\x80\x80\xc2\x80\""), "a = \"\\U0010ffff\\ue000\\u0080\"");
}

TEST(AsciiToml, GivesLiteralStringsQuotesThatKnowEscapes) {
  EXPECT_EQ(rewritten("a = 'C:\\ü\"'\n"), "a =  \"C:\\\\\\u00fc\\\"\" \n");
  EXPECT_EQ(rewritten("a = '''\nü''\\\n'''''\n"), "a =  \"\"\"\n\\u00fc''\\\\\n''\"\"\" \n");
  EXPECT_EQ(rewritten("a = 'b\\' # ü"), "a = 'b\\' # ?");
}

TEST(AsciiToml, CommentsNeedNoEscapes) {
  EXPECT_EQ(rewritten("# ü \"\na = 1 # ''' \xf0\x9f\x98\x80\n"), "# ? \"\na = 1 # ''' ?\n");
}

TEST(AsciiToml, DropsTheByteOrderMarkAtTheBeginning) {
  EXPECT_EQ(rewritten("\xef\xbb\xbf"
                      "a = 1\n"),
            "a = 1\n");
  EXPECT_THAT(refusal("a = 1\n\xef\xbb\xbf"), StartsWith("x.toml:2:"));
}

// Quotes that stood apart must not join: three of them would begin another string.
TEST(AsciiToml, WhatIsMalformedStaysSo) {
  EXPECT_EQ(rewritten("a = \"\"'ü'"), "a = \"\" \"\\u00fc\" ");
  EXPECT_EQ(rewritten("a = ''\"ü\""), "a = ''\"\\u00fc\"");
  EXPECT_EQ(rewritten("a = \"ü\nb = 1"), "a = \"\\u00fc\nb = 1");
  EXPECT_EQ(rewritten("a = 'ü"), "a =  \"\\u00fc ");
  EXPECT_EQ(rewritten("a = \"ü\\"), "a = \"\\u00fc\\");
  EXPECT_EQ(rewritten("a = '''ü''''''"), "a =  \"\"\"\\u00fc''\"\"\" '");
  EXPECT_EQ(rewritten("a = '''ü'''\""), "a =  \"\"\"\\u00fc\"\"\" \"");
}

TEST(AsciiToml, RefusesTheRestByLine) {
  EXPECT_THAT(refusal("a = 1\nb = 1ü\n"), AllOf(StartsWith("x.toml:2:"), HasSubstr("outside of quotes")));
  EXPECT_THAT(refusal("\n\nü = 1\n"), StartsWith("x.toml:3:"));
  EXPECT_THAT(refusal("a = \"\"\"\nx\\ü\"\"\""), AllOf(StartsWith("x.toml:2:"), HasSubstr("escape")));
  for (const char* bytes : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_THAT(refusal("\n# " + std::string(bytes)), AllOf(StartsWith("x.toml:2:"), HasSubstr("UTF-8")));
    EXPECT_THAT(refusal("\na = '" + std::string(bytes) + "'"), AllOf(StartsWith("x.toml:2:"), HasSubstr("UTF-8")));
    EXPECT_FALSE(ascii_toml("a = " + std::string(bytes), "f").has_value());
  }
}

}  // namespace
}  // namespace lode::app
