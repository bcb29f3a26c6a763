#include "host/app/calibration_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace lode::app {

bool operator==(const KernelSpeed& a, const KernelSpeed& b) {
  return a.kernel == b.kernel && a.midstates == b.midstates && a.hashes_per_second == b.hashes_per_second;
}

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Calibration calibration_of(const std::string& cpu, double rate = 5e7) {
  return {.key = {.device = cpu, .features = "AVX2", .program = "0.1.0 abc", .kernels = "avx2_x8/64 scalar/1"},
          .time = "2026-11-22T17:36:39.042Z",
          .speeds = {{"avx2_x8", 64, rate}, {"avx2_x8", 1, 123456.75}, {"scalar", 1, 0}}};
}

TEST(CalibrationFile, IsReadAsItWasWritten) {
  const auto read = parse_calibrations(format_calibrations({calibration_of("A \"quoted\" CPU"), calibration_of("B")}));
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->front().key, calibration_of("A \"quoted\" CPU").key);
  EXPECT_EQ(read->front().time, "2026-11-22T17:36:39.042Z");
  EXPECT_EQ(read->front().speeds, calibration_of("").speeds);
  EXPECT_EQ(read->back().key.device, "B");
}

TEST(CalibrationFile, WhatIsNotOursIsMalformed) {
  const std::string good = format_calibrations({calibration_of("A")});
  ASSERT_TRUE(parse_calibrations(good).has_value());
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    EXPECT_FALSE(parse_calibrations(std::string_view(good).substr(0, size)).has_value()) << size;
  }
  const auto with = [&](const std::string& part, const std::string& other) {
    std::string text = good;
    const std::size_t at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return text.replace(at, part.size(), other);
  };
  for (const std::string& text :
       {std::string("[]"), std::string("{}"), std::string("null"), std::string(R"({"calibrations":{}})"),
        std::string(R"({"calibrations":[1]})"), with("\"device\"", "\"devise\""), with("\"A\"", "7"),
        with("\"speeds\"", "\"speed\""), with("\"midstates\":64", "\"midstates\":65"),
        with("\"midstates\":64", "\"midstates\":0"), with("\"midstates\":64", "\"midstates\":1.5"),
        with(R"("midstates":64)", R"("midstates":"64")"), with("5E7", "-5E7"), with("5E7", "\"fast\"")}) {
    const auto read = parse_calibrations(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_TRUE(read.error().is(Errc::kMalformed)) << text;
  }
}

class CalibrationFolder : public testing::Test {
 public:
  std::vector<std::string> cpus() const {
    std::vector<std::string> names;
    for (const Calibration& one : load_calibrations(folder).value())
      names.push_back(one.key.device);
    return names;
  }

  const test::TemporaryFolder parent;
  const fs::path folder = parent.path() / "state" / "lode";
  const fs::path file = folder / "calibration.json";
};

TEST_F(CalibrationFolder, RemembersEachCpuOnce) {
  EXPECT_TRUE(load_calibrations(folder)->empty()) << "no folder yet";
  ASSERT_TRUE(remember_calibration(folder, calibration_of("A")));
  ASSERT_TRUE(remember_calibration(folder, calibration_of("B")));
  ASSERT_TRUE(remember_calibration(folder, calibration_of("A", 6e7)));
  EXPECT_THAT(cpus(), testing::ElementsAre("A", "B"));
  EXPECT_EQ(load_calibrations(folder)->front().speeds.front().hashes_per_second, 6e7);
  Calibration other_features = calibration_of("A");
  other_features.key.features = "none";
  ASSERT_TRUE(remember_calibration(folder, other_features));
  EXPECT_THAT(cpus(), testing::ElementsAre("A", "A", "B")) << "the same name in another virtual machine";
}

TEST_F(CalibrationFolder, ForgetsTheOldestOfManyCpus) {
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(remember_calibration(folder, calibration_of("CPU " + std::to_string(i))));
  EXPECT_EQ(cpus().size(), 16U);
  EXPECT_EQ(cpus().front(), "CPU 19");
  EXPECT_EQ(cpus().back(), "CPU 4");
}

TEST_F(CalibrationFolder, ADamagedFileIsNamedAndReplaced) {
  fs::create_directories(folder);
  std::ofstream(file) << R"({"calibrations":[{"device":)";
  EXPECT_THAT(load_calibrations(folder).error().message(), HasSubstr(file.string()));
  ASSERT_TRUE(remember_calibration(folder, calibration_of("A")));
  EXPECT_THAT(cpus(), testing::ElementsAre("A"));
  std::ofstream(file) << std::string(std::size_t{1} << 20, ' ');
  EXPECT_TRUE(load_calibrations(folder).error().is(Errc::kTooLarge));
}

TEST_F(CalibrationFolder, WhatIsNoFileIsAnError) {
  fs::create_directories(file);
  EXPECT_TRUE(load_calibrations(folder).error().is(Errc::kMalformed));
  EXPECT_TRUE(remember_calibration(folder, calibration_of("A")).has_error());
  EXPECT_THAT(remember_calibration("/dev/null/lode", calibration_of("A")).error().message(), HasSubstr("/dev/null"));
}

}  // namespace
}  // namespace lode::app
