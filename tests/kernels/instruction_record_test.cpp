#include "tests/kernels/instruction_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace lode::kernels {
namespace {

InstructionRecord record_of(const std::string& text) {
  std::istringstream stream(text);
  return InstructionRecord::read(stream);
}

TEST(InstructionRecord, ComplainsOfMoreAndOfFewerInstructions) {
  const InstructionRecord record = record_of("x86_64-gcc-12.2 fast 16 200\n");
  const auto complaint = [&](double instructions) {
    return record.complaint("x86_64-gcc-12.2", {"fast", 16}, instructions);
  };
  EXPECT_EQ(complaint(200), std::nullopt);
  EXPECT_EQ(complaint(201.9), std::nullopt);
  EXPECT_EQ(complaint(198.1), std::nullopt);
  EXPECT_THAT(complaint(202.1), testing::Optional(testing::StartsWith("slower")));
  EXPECT_THAT(complaint(197.9), testing::Optional(testing::StartsWith("faster")));
}

TEST(InstructionRecord, ComplainsOfWhatIsNotRecorded) {
  const InstructionRecord record = record_of("x86_64-gcc-12.2 fast 16 200\n");
  EXPECT_EQ(record.complaint("x86_64-gcc-12.2", {"fast", 1}, 200), "not recorded");
  EXPECT_EQ(record.complaint("x86_64-gcc-12.2", {"new", 16}, 200), "not recorded");
  EXPECT_EQ(record.complaint("x86_64-gcc-13.1", {"fast", 16}, 200), "not recorded");
}

TEST(InstructionRecord, ReadsWhatItWrites) {
  InstructionRecord record;
  record.set("x86_64-gcc-12.2", {"fast", 1}, 310.25);
  record.set("x86_64-gcc-12.2", {"fast", 16}, 200);
  record.set("x86_64-gcc-12.2", {"gone", 1}, 99);
  record.set("x86_64-clang-14.0", {"fast", 1}, 305.5);
  record.set("x86_64-gcc-12.2", {"fast", 1}, 300.25);
  record.keep_only("x86_64-gcc-12.2", {{"fast", 1}, {"fast", 16}, {"unknown", 1}});
  std::ostringstream text;
  record.write(text);
  const InstructionRecord again = record_of(text.str());
  EXPECT_THAT(again.builds(), testing::ElementsAre("x86_64-clang-14.0", "x86_64-gcc-12.2"));
  EXPECT_EQ(again.find("x86_64-gcc-12.2", {"fast", 1}), 300.25);
  EXPECT_EQ(again.find("x86_64-gcc-12.2", {"fast", 16}), 200);
  EXPECT_EQ(again.find("x86_64-gcc-12.2", {"gone", 1}), std::nullopt);
  EXPECT_EQ(again.find("x86_64-clang-14.0", {"fast", 1}), 305.5);
}

TEST(InstructionRecord, RefusesOtherText) {
  for (const char* text : {"x fast 1\n", "x fast one 200\n", "x fast 1 0\n", "x fast 0 200\n", "x fast 1 200 more\n",
                           "x fast 1 200\nx fast 1 201\n"}) {
    EXPECT_THROW(record_of(text), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace lode::kernels
