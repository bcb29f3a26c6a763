#include "host/device/cpu_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lode::device {
namespace {

using testing::ElementsAre;

TEST(CpuList, NumbersAndRangesKeepTheirOrder) {
  EXPECT_THAT(*parse_cpu_list("0"), ElementsAre(0U));
  EXPECT_THAT(*parse_cpu_list("0-3,8"), ElementsAre(0U, 1U, 2U, 3U, 8U));
  EXPECT_THAT(*parse_cpu_list("8,0-1,5-5"), ElementsAre(8U, 0U, 1U, 5U));
  EXPECT_THAT(*parse_cpu_list("8191"), ElementsAre(8191U));
}

TEST(CpuList, AnythingElseIsRefused) {
  for (const char* text :
       {"", ",", "0,", ",0", "0,,1", "a", "-1", "1-", "-", "1-2-3", "0 ", " 0", "0x1", "1.5", "+1"}) {
    const auto list = parse_cpu_list(text);
    ASSERT_FALSE(list.has_value()) << text;
    EXPECT_TRUE(list.error().is(Errc::kMalformed)) << text;
  }
  EXPECT_THAT(parse_cpu_list("3-1").error().message(), testing::HasSubstr("backwards"));
  EXPECT_THAT(parse_cpu_list("0-3,2").error().message(), testing::HasSubstr("CPU 2 is named twice"));
  for (const char* text : {"8192", "0-4294967295", "4294967296", "99999999999999999999"}) {
    EXPECT_TRUE(parse_cpu_list(text).error().is(Errc::kOutOfRange)) << text;
  }
}

TEST(CpuList, IsWrittenAsItIsRead) {
  const auto rewritten = [](const char* text) { return format_cpu_list(*parse_cpu_list(text)); };
  EXPECT_EQ(format_cpu_list({}), "");
  EXPECT_EQ(rewritten("7"), "7");
  EXPECT_EQ(rewritten("0,1,2,3,8"), "0-3,8");
  EXPECT_EQ(rewritten("9,3,4,1"), "1,3-4,9");
}

}  // namespace
}  // namespace lode::device
