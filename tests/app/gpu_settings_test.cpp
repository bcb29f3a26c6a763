// What is searched for, remembered and used again. The GPU is made up: a candidate's rate is told by its name.
#include "host/app/gpu_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GpuSettingsTest : public testing::Test {
 public:
  GpuSettingsTest() {
    request.state = folder.path();
    request.warn = [this](const std::string& text) { warnings.push_back(text); };
    request.note = [this](const std::string& text) { notes.push_back(text); };
    tuner.identity = {.id = "cuda:0", .name = "Made-up GPU", .kernel = "cuda", .pci_bus_id = ""};
    tuner.key = calibration_key("Made-up GPU", "CUDA 13.0, driver 580", "cuda light heavy");
    tuner.plan = [](bool rolling) -> Result<device::GpuTuningPlan> {
      const std::uint32_t midstates = rolling ? 32 : 1;
      return device::GpuTuningPlan{.first = {{.name = "light", .midstates = midstates, .open = {}},
                                             {.name = "heavy", .midstates = midstates, .open = {}}}};
    };
    tuner.knows = [](const std::string& name) { return name == "light" || name == "heavy"; };
    tuner.open = [this](const device::GpuCandidate& candidate) -> Result<std::unique_ptr<device::GpuTrial>> {
      ++opened;
      if (!is_well) return fail(Errc::kDevice, "the kernel failed its self-test");
      const bool rolling = candidate.midstates > 1;
      return std::unique_ptr<device::GpuTrial>(
          std::make_unique<Trial>(time, (candidate.name == "heavy") == rolling ? 9e9 : 8e9));
    };
    tuner.now = [this] { return time; };
    tuner.budget = 1s;
  }

  /// A copy that has other values in its key.
  [[nodiscard]] GpuTuner with_key(const CalibrationKey& key) const {
    GpuTuner other = tuner;
    other.key = key;
    return other;
  }

  test::TemporaryFolder folder;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  int opened = 0;
  bool is_well = true;
  std::chrono::steady_clock::time_point time;
  DeviceRequest request;
  GpuTuner tuner;

 private:
  class Trial final : public device::GpuTrial {
   public:
    Trial(std::chrono::steady_clock::time_point& time, double rate) : time_(time), rate_(rate) {}
    Result<double> run(std::chrono::nanoseconds slice) override {
      time_ += slice;
      return rate_;
    }
    [[nodiscard]] std::uint64_t hashes_between_looks() const override { return 1'000'000; }

   private:
    std::chrono::steady_clock::time_point& time_;
    double rate_;
  };
};

TEST_F(GpuSettingsTest, TheFirstStartSearchesAndTheSecondRemembers) {
  const auto first = find_settings(tuner, request);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->single.kernel, "light");
  EXPECT_EQ(first->single.midstates, 1U);
  EXPECT_NEAR(first->single.hashes_per_second, 9e9, 1);
  EXPECT_EQ(first->rolling.kernel, "heavy");
  EXPECT_EQ(first->rolling.midstates, 32U);
  EXPECT_FALSE(first->remembered);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_THAT(notes[0], HasSubstr("cuda:0: looking for the fastest settings of Made-up GPU, up to 2 s"));
  EXPECT_EQ(notes[1], "cuda:0: light at M = 1: 9.00 GH/s; heavy at M = 32: 9.00 GH/s");

  opened = 0;
  const auto second = find_settings(tuner, request);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->remembered);
  EXPECT_EQ(second->single.kernel, "light");
  EXPECT_EQ(second->rolling.kernel, "heavy");
  EXPECT_EQ(second->rolling.midstates, 32U);
  EXPECT_EQ(second->time, first->time);
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(notes.size(), 2U);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(GpuSettingsTest, AnotherModelDriverProgramOrKernelIsMeasuredAnew) {
  ASSERT_TRUE(find_settings(tuner, request));
  for (auto field :
       {&CalibrationKey::device, &CalibrationKey::features, &CalibrationKey::program, &CalibrationKey::kernels}) {
    CalibrationKey key = tuner.key;
    key.*field += "x";
    EXPECT_FALSE(remembered_settings(with_key(key), request));
  }
  EXPECT_TRUE(remembered_settings(tuner, request));
}

TEST_F(GpuSettingsTest, WithoutAFolderNothingIsSearchedForUnlessAsked) {
  request.state.reset();
  EXPECT_FALSE(find_settings(tuner, request));
  EXPECT_EQ(opened, 0);
  request.recalibrate = true;
  const auto found = find_settings(tuner, request);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rolling.kernel, "heavy");
}

TEST_F(GpuSettingsTest, RecalibrationLooksAgain) {
  ASSERT_TRUE(find_settings(tuner, request));
  opened = 0;
  request.recalibrate = true;
  const auto found = find_settings(tuner, request);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->remembered);
  EXPECT_GT(opened, 0);
}

TEST_F(GpuSettingsTest, ASettingThatThisProgramDoesNotKnowIsNotUsed) {
  ASSERT_TRUE(find_settings(tuner, request));
  tuner.knows = [](const std::string& name) { return name == "light"; };
  EXPECT_FALSE(remembered_settings(tuner, request));
  EXPECT_TRUE(find_settings(tuner, request)) << "it searches again";
}

TEST_F(GpuSettingsTest, ADamagedFileIsSaidAndReplaced) {
  const auto file = folder.path() / "calibration.json";
  std::ofstream(file) << "{";
  ASSERT_TRUE(find_settings(tuner, request));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("damaged")));
  EXPECT_TRUE(remembered_settings(tuner, request));
}

TEST_F(GpuSettingsTest, AGpuThatCannotBeMeasuredIsUsedAsExpected) {
  is_well = false;
  EXPECT_FALSE(find_settings(tuner, request));
  EXPECT_THAT(warnings, ElementsAre("cuda:0: the kernel failed its self-test; the settings that are expected to be the "
                                    "fastest are used"));
  EXPECT_FALSE(remembered_settings(tuner, request)) << "nothing wrong is remembered";
  tuner.plan = [](bool) -> Result<device::GpuTuningPlan> { return fail(Errc::kDevice, "no kernel for this GPU"); };
  EXPECT_FALSE(find_settings(tuner, request));
  EXPECT_THAT(warnings.back(), HasSubstr("no kernel for this GPU"));
}

TEST_F(GpuSettingsTest, TellsWhatWasTriedAndWhatItTakes) {
  tuner.watts = [] { return 450.0; };
  const auto search = search_settings(tuner, request, true);
  ASSERT_TRUE(search) << search.error().message();
  ASSERT_EQ(search->tried.size(), 4U);
  for (const TunedSetting& setting : search->tried) {
    EXPECT_EQ(setting.left_out, "");
    EXPECT_EQ(setting.watts, 450.0);
    ASSERT_TRUE(setting.joules_per_terahash);
    EXPECT_NEAR(*setting.joules_per_terahash, 450.0 / (setting.hashes_per_second / 1e12), 1);
    EXPECT_EQ(setting.chosen, (setting.kernel == "heavy") == (setting.midstates > 1));
  }
  tuner.watts = [] { return std::nullopt; };
  EXPECT_FALSE(search_settings(tuner, request, true)->tried.front().watts) << "a GPU without a sensor";
}

}  // namespace
}  // namespace lode::app
