#include "host/device/opencl_program.h"

#include <gtest/gtest.h>

#include "tests/device/fake_opencl.h"
#include "tests/device/memory_store.h"

namespace lode::device {
namespace {

class OpenClProgramTest : public ::testing::Test {
 public:
  Result<OpenClProgram> make() { return make_program(driver, context, gpu, "source", "options", help); }
  /// Makes it and gives it back.
  void expect_made() {
    const auto made = make();
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(driver.release(*made), OpenClStatus::kSuccess);
    EXPECT_EQ(driver.alive(), 0U);
  }

  FakeOpenCl driver;
  OpenClGpu gpu = driver.gpu();
  OpenClContext context = nullptr;
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  OpenClProgramHelp help{.store = store,
                         .warn = [this](const std::string& text) { warnings.push_back(text); },
                         .note = [this](const std::string& text) { notes.push_back(text); }};
};

TEST_F(OpenClProgramTest, IsCompiledOnce) {
  expect_made();
  EXPECT_EQ(driver.compiled(), 1);
  EXPECT_EQ(store->kept.size(), 1U);
  expect_made();
  EXPECT_EQ(driver.compiled(), 1);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes.back(), "opencl:0.0: the kernel comes from the cache, nothing was compiled");
  EXPECT_TRUE(warnings.empty());
}

TEST_F(OpenClProgramTest, IsCompiledEachTimeWithoutAStore) {
  help.store = nullptr;
  expect_made();
  expect_made();
  EXPECT_EQ(driver.compiled(), 2);
}

TEST_F(OpenClProgramTest, WhatTheDriverRefusesIsCompiledAnew) {
  expect_made();
  driver.refuse_binaries(true);
  expect_made();
  EXPECT_EQ(driver.compiled(), 2);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.front(),
            "opencl:0.0: the driver refuses the compiled kernel in the cache, error -42 (the driver does not take the "
            "compiled program); it is compiled anew");
  driver.refuse_binaries(false);
  driver.fail("build", OpenClStatus::kOutOfResources);  // of what it took first
  expect_made();
  EXPECT_EQ(driver.compiled(), 3);
}

TEST_F(OpenClProgramTest, SaysWhatTheCompilerSays) {
  driver.break_compiler(
      "warning: unused\n\x1b[1m<kernel>:3:1: error: use of undeclared identifier 'x'\x1b[0m\r\n  x;\n");
  const auto made = make();
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().is(Errc::kDevice));
  EXPECT_EQ(
      made.error().message(),
      "clBuildProgram: error -11 (the driver's compiler does not take the kernel); the compiler says: [1m<kernel>:"
      "3:1: error: use of undeclared identifier 'x' [0m");
  EXPECT_EQ(driver.alive(), 0U);
  EXPECT_TRUE(store->kept.empty());
}

TEST(RelevantLines, AreFewAndPlain) {
  EXPECT_EQ(relevant_lines(""), "");
  EXPECT_EQ(relevant_lines("first\n\n\tsecond\x01\xff\n"), "first; second");
  EXPECT_EQ(relevant_lines("note\nerror: bad\nnote"), "error: bad");
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += "error: the same again and again and again and again and again and again and again and again and again\n";
  EXPECT_LE(relevant_lines(many).size(), 600U);
  EXPECT_LE(relevant_lines(std::string(1 << 20, 'x')).size(), 600U);
}

}  // namespace
}  // namespace lode::device
