#include "stratum/v1/line_splitter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lode::stratum::v1 {
namespace {

std::vector<std::string> all(LineSplitter& splitter) {
  std::vector<std::string> lines;
  for (auto line = splitter.next(); line && *line; line = splitter.next())
    lines.emplace_back(**line);
  return lines;
}

TEST(LineSplitter, TakesSeveralMessagesOfOneSegment) {
  LineSplitter splitter;
  splitter.write("one\ntwo\r\n\nthree\nfo");
  EXPECT_EQ(all(splitter), (std::vector<std::string>{"one", "two", "three"}));
  splitter.write("ur\r");
  EXPECT_TRUE(all(splitter).empty());
  splitter.write("\n");
  EXPECT_EQ(all(splitter), (std::vector<std::string>{"four"}));
  EXPECT_EQ(splitter.held(), 0U);
}

TEST(LineSplitter, DoesNotCareHowBytesAreCut) {
  const std::string text = "{\"id\":1}\r\n{\"id\":2}\n\r\n{\"id\":3}\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      splitter.write(std::string_view(text).substr(at, piece));
      for (auto& line : all(splitter))
        lines.push_back(std::move(line));
    }
    EXPECT_EQ(lines, (std::vector<std::string>{R"({"id":1})", R"({"id":2})", R"({"id":3})"})) << piece;
  }
}

TEST(LineSplitter, TakesALineOfMegabytes) {
  LineSplitter splitter;
  const std::string line(5'000'000, 'x');
  for (std::size_t at = 0; at < line.size(); at += 10'000) {
    splitter.write(std::string_view(line).substr(at, 10'000));
    ASSERT_TRUE(all(splitter).empty());
  }
  splitter.write("\n");
  EXPECT_EQ(all(splitter), std::vector<std::string>{line});
}

TEST(LineSplitter, TakesALineAsLongAsTheLimitAndNoLonger) {
  LineSplitter exact(4);
  exact.write("abcd\r");
  ASSERT_TRUE(exact.next());
  exact.write("\n");
  EXPECT_EQ(all(exact), std::vector<std::string>{"abcd"});

  LineSplitter ended(4);
  ended.write("ok\nabcde\nok\n");
  EXPECT_EQ(all(ended), std::vector<std::string>{"ok"});
  EXPECT_TRUE(ended.next().error().is(Errc::kTooLarge));
}

TEST(LineSplitter, HoldsNoMoreThanTheLimitOfALineThatNeverEnds) {
  LineSplitter splitter(1000);
  for (int i = 0; i < 100; ++i) {
    splitter.write(std::string(100, 'x'));
    (void)splitter.next();
    EXPECT_LE(splitter.held(), 1100U);
  }
  EXPECT_TRUE(splitter.next().error().is(Errc::kTooLarge));
  EXPECT_EQ(splitter.held(), 0U);
}

}  // namespace
}  // namespace lode::stratum::v1
