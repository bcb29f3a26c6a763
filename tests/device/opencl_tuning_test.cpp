#include "host/device/opencl_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "host/device/opencl_library.h"
#include "tests/device/fake_opencl.h"
#include "tests/device/gpu_cases.h"

namespace lode::device {
namespace {

using kernels::opencl::Flavour;
using kernels::opencl::Variant;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

Variant variant_of(std::string_view name) {
  return *std::ranges::find(kernels::opencl::variants(), name, &Variant::name);
}

OpenClGpu gpu_of(const std::string& vendor, std::uint64_t type = kOpenClGpu) {
  return {.vendor = vendor,
          .type = type,
          .compute_units = 2,
          .memory = 1U << 30,
          .local_memory = 48U << 10,
          .max_group_size = 1024,
          .available = true};
}

TEST(OpenClSetting, IsReadAsItWasWritten) {
  for (const Variant& variant : kernels::opencl::variants()) {
    OpenClSetting setting{.variant = variant, .groups_per_unit = 8, .hashes_per_item = 64};
    setting.variant.group_size = 24;
    const auto read = parse_opencl_setting(to_string(setting));
    ASSERT_TRUE(read) << to_string(setting);
    EXPECT_EQ(to_string(*read), to_string(setting));
    EXPECT_EQ(kernels::opencl::build_options(read->variant), kernels::opencl::build_options(setting.variant));
  }
  EXPECT_EQ(to_string(OpenClSetting{.variant = variant_of("plain_v8")}), "plain_v8 items=16 groups=1 hashes=1");
  EXPECT_TRUE(parse_opencl_setting("amd_v1 items=4096 groups=4096 hashes=4096"));
}

TEST(OpenClSetting, NothingElseIsRead) {
  for (const char* const text : {"",
                                 "plain_v8",
                                 "plain_v8 ",
                                 "plain_v8 items=",
                                 "plain_v8 items=16",
                                 "plain_v8 items=16 groups=1",
                                 "plain_v8 items=16 groups=1 hashes=",
                                 "plain_v8 items=0 groups=1 hashes=64",
                                 "plain_v8 items=4097 groups=1 hashes=64",
                                 "plain_v8 items=16 groups=0 hashes=64",
                                 "plain_v8 items=16 groups=4097 hashes=64",
                                 "plain_v8 items=16 groups=1 hashes=4097",
                                 "plain_v8 items=016 groups=1 hashes=64",
                                 "plain_v8 items=16 groups=1 hashes=64 ",
                                 "plain_v8 items=16 groups=1 hashes=64x",
                                 "plain_v9 items=16 groups=1 hashes=64",
                                 " plain_v8 items=16 groups=1 hashes=64",
                                 "plain_v8 groups=1 items=16 hashes=64",
                                 "plain_v8  items=16 groups=1 hashes=64",
                                 "plain_v8 items=99999999999 groups=1 hashes=64"}) {
    EXPECT_FALSE(parse_opencl_setting(text)) << "'" << text << "'";
  }
}

TEST(OpenClVariants, AVendorsOwnComeFirstAndThenWhatAllCan) {
  for (const auto& [vendor, own] : {std::pair{"NVIDIA Corporation", Flavour::kNvidia},
                                    {"Advanced Micro Devices, Inc.", Flavour::kAmd},
                                    {"AMD", Flavour::kAmd},
                                    {"Intel(R) Corporation", Flavour::kPlain}}) {
    const auto variants = opencl_variants(gpu_of(vendor));
    ASSERT_FALSE(variants.empty());
    EXPECT_EQ(variants.front().flavour, own) << vendor;
    EXPECT_EQ(variants.back().flavour, Flavour::kPlain) << vendor;
    EXPECT_TRUE(std::ranges::all_of(
        variants, [mine = own](const Variant& one) { return one.flavour == mine || one.flavour == Flavour::kPlain; }));
  }
}

TEST(OpenClVariants, ACpuTriesTheWidestFirstWhoeverMadeIt) {
  const auto variants = opencl_variants(gpu_of("AuthenticAMD", kOpenClCpu));
  EXPECT_TRUE(std::ranges::is_sorted(variants, std::ranges::greater(), &Variant::vector_width));
  EXPECT_TRUE(std::ranges::all_of(variants, [](const Variant& one) { return one.flavour == Flavour::kPlain; }));
}

class OpenClPlanTest : public testing::Test {
 public:
  std::shared_ptr<FakeOpenCl> driver = std::make_shared<FakeOpenCl>();
  OpenClTarget target{.driver = driver, .gpu = gpu_of("NVIDIA Corporation"), .help = {}};

  [[nodiscard]] std::vector<std::string> first(bool rolling) const {
    const auto plan = opencl_plan(target, rolling);
    return plan ? names_of(plan->first) : std::vector{plan.error().message()};
  }
};

TEST_F(OpenClPlanTest, VariantsFirstAsTheyAreLaunchedOtherwise) {
  const auto single = first(false);
  ASSERT_FALSE(single.empty());
  EXPECT_EQ(single.front(), "nvidia_light items=128 groups=8 hashes=64 M=1");
  EXPECT_THAT(single, Each(Not(HasSubstr("recomputed")))) << "it differs for several midstates only";
  const auto rolling = first(true);
  EXPECT_EQ(rolling.front(), "nvidia_light items=128 groups=8 hashes=64 M=32");
  EXPECT_THAT(rolling, Contains(StartsWith("nvidia_light_recomputed")));
  EXPECT_THAT(rolling, Contains(StartsWith("plain_v1 ")));
  EXPECT_THAT(rolling, Each(Not(HasSubstr("v8")))) << "a GPU has its lanes by itself";
}

TEST_F(OpenClPlanTest, OnACpuWhatCompilesInReasonableTime) {
  target.gpu = gpu_of("AuthenticAMD", kOpenClCpu);
  EXPECT_THAT(first(false),
              ElementsAre("plain_v8 items=16 groups=1 hashes=64 M=1", "plain_v4 items=16 groups=1 hashes=64 M=1"));
  EXPECT_THAT(first(true), Each(Not(HasSubstr("v1"))));
}

TEST_F(OpenClPlanTest, WhatDoesNotFitIsNotTried) {
  target.gpu.local_memory = 8 << 10;
  EXPECT_EQ(first(true).front(), "nvidia_light_recomputed items=128 groups=8 hashes=64 M=32");
  target.gpu.max_group_size = 64;
  EXPECT_THAT(first(true), ElementsAre("plain_v1_recomputed items=64 groups=16 hashes=64 M=32"));
  target.gpu.max_group_size = 8;
  EXPECT_THAT(first(true), ElementsAre("the device has no room for a work-group of any kernel"));
}

TEST_F(OpenClPlanTest, RefinementsChangeOnePropertyOfTheBest) {
  const auto refined = [&](bool rolling) {
    const auto plan = opencl_plan(target, rolling);
    std::vector<std::vector<std::string>> all;
    for (const auto& refine : plan->refinements)
      all.push_back(names_of(refine(plan->first.front())));
    return all;
  };
  const auto single = refined(false);
  ASSERT_THAT(single, SizeIs(3));
  EXPECT_THAT(
      single[0],
      ElementsAre("nvidia_light items=128 groups=8 hashes=32 M=1", "nvidia_light items=128 groups=8 hashes=64 M=1",
                  "nvidia_light items=128 groups=8 hashes=128 M=1", "nvidia_light items=128 groups=8 hashes=256 M=1"));
  EXPECT_THAT(single[1], ElementsAre("nvidia_light items=128 groups=4 hashes=64 M=1",
                                     "nvidia_light items=128 groups=16 hashes=64 M=1"));
  EXPECT_THAT(single[2], ElementsAre("nvidia_light items=64 groups=16 hashes=64 M=1",
                                     "nvidia_light items=128 groups=8 hashes=64 M=1"))
      << "the schedules of 256 do not fit into 48 KiB";
  const auto rolling = refined(true);
  ASSERT_THAT(rolling, SizeIs(4));
  EXPECT_THAT(rolling[0], ElementsAre("nvidia_light items=128 groups=8 hashes=64 M=8",
                                      "nvidia_light items=128 groups=8 hashes=64 M=16",
                                      "nvidia_light items=128 groups=8 hashes=64 M=64"));
}

TEST_F(OpenClPlanTest, AWorkItemHasWorkForAllMidstates) {
  const auto plan = opencl_plan(target, true);
  const GpuCandidate most = plan->refinements[0](plan->first.front()).back();
  ASSERT_EQ(most.midstates, 64U);
  EXPECT_THAT(names_of(plan->refinements[1](most)), Each(Not(HasSubstr("hashes=32 "))));
}

TEST_F(OpenClPlanTest, OneGroupIsTheLeast) {
  target.gpu = gpu_of("AuthenticAMD", kOpenClCpu);
  const auto plan = opencl_plan(target, false);
  EXPECT_THAT(names_of(plan->refinements[1](plan->first.front())),
              ElementsAre("plain_v8 items=16 groups=2 hashes=64 M=1"));
}

TEST_F(OpenClPlanTest, ACandidateRunsAsItsNameSays) {
  target.gpu = driver->gpu();
  const auto plan = opencl_plan(target, false);
  ASSERT_TRUE(plan);
  const auto full = plan->first.front().open();
  ASSERT_TRUE(full) << full.error().message();
  const auto half = plan->refinements[1](plan->first.front()).front().open();
  ASSERT_TRUE(half);
  EXPECT_EQ((*full)->hashes_between_looks(1), 2 * (*half)->hashes_between_looks(1));
  EXPECT_EQ(driver->compiled(), 1) << "they differ in the launch only";
}

TEST_F(OpenClPlanTest, CandidatesTellWhatIsCompiledForThem) {
  const auto plan = opencl_plan(target, true);
  const GpuCandidate& first = plan->first.front();
  EXPECT_NE(first.program, "");
  EXPECT_NE(first.program, plan->first[1].program);
  for (std::size_t i = 0; i < 3; ++i) {
    for (const GpuCandidate& other : plan->refinements[i](first))
      EXPECT_EQ(other.program, first.program) << other.name;
  }
  EXPECT_NE(plan->refinements[3](first).front().program, first.program) << "the size of a work-group is compiled in";
}

TEST_F(OpenClPlanTest, TheSearchLeavesOutWhatDoesNotCompile) {
  target.gpu = driver->gpu();
  driver->fail("build", OpenClStatus::kBuildProgramFailure);
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto plan = opencl_plan(target, true);
  const GpuIdentity identity{.id = "opencl:0.0", .name = "Played GPU", .kernel = "opencl", .pci_bus_id = {}};
  const GpuTuning tuning = tune_gpu(*plan, gpu_trials(identity, {}, now), now, now());
  ASSERT_TRUE(tuning.best);
  EXPECT_THAT(tuning.rates.front().left_out, HasSubstr("clBuildProgram"));
  EXPECT_NE(*tuning.best, 0U);
  EXPECT_EQ(driver->alive(), 0U);
}

TEST(OpenClMachinePlan, FindsASettingInTheTimeItHas) {
  auto opened = open_opencl_driver();
  if (!opened) GTEST_SKIP() << opened.error().message();
  const auto gpus = list_opencl_gpus(**opened);
  if (!gpus) GTEST_SKIP() << gpus.error().message();
  const OpenClGpu& gpu = gpus->front();
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const GpuIdentity identity{.id = opencl_id(gpu), .name = gpu.name, .kernel = "opencl", .pci_bus_id = {}};
  const auto plan = opencl_plan({.driver = *opened, .gpu = gpu, .help = {}}, false);
  ASSERT_TRUE(plan) << plan.error().message();
  const GpuTuning tuning = tune_gpu(*plan, gpu_trials(identity, {}, now), now, now() + std::chrono::milliseconds(500));
  ASSERT_TRUE(tuning.best) << tuning.rates.front().left_out;
  EXPECT_TRUE(parse_opencl_setting(tuning.rates[*tuning.best].candidate.name));
  EXPECT_GT(tuning.rates[*tuning.best].hashes_per_second, 0);
}

}  // namespace
}  // namespace lode::device
