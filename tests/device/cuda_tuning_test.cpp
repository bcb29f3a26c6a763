#include "host/device/cuda_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/device/fake_cuda.h"
#include "tests/device/gpu_cases.h"

namespace lode::device {
namespace {

using kernels::cuda::Balance;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::SizeIs;

/// The played driver has one image, which is taken for two balances here.
CudaTarget target_of(const std::shared_ptr<FakeCuda>& driver) {
  CudaKernels heavy = FakeCuda::kernels();
  heavy.single.image.balance = heavy.rolling.image.balance = Balance::kHeavy;
  return {.driver = driver, .gpu = driver->gpu(), .kernels = {FakeCuda::kernels(), heavy}};
}

TEST(CudaSetting, IsReadAsItWasWritten) {
  for (const Balance balance : kernels::cuda::kBalances) {
    const CudaSetting setting{.balance = balance, .blocks_per_multiprocessor = 4, .hashes_per_thread = 64};
    EXPECT_EQ(parse_cuda_setting(to_string(setting)), setting) << to_string(setting);
  }
  EXPECT_EQ(to_string(CudaSetting{}), "light blocks=1 hashes=1");
  EXPECT_TRUE(parse_cuda_setting("none blocks=64 hashes=4096"));
}

TEST(CudaSetting, NothingElseIsRead) {
  for (const char* const text :
       {"", "light", "light ", "light blocks=", "light blocks=4", "light blocks=4 hashes=", "light blocks=0 hashes=64",
        "light blocks=4 hashes=0", "light blocks=65 hashes=64", "light blocks=4 hashes=4097",
        "light blocks=04 hashes=64", "light blocks=-4 hashes=64", "light blocks=4 hashes=64 ",
        "light blocks=4 hashes=64x", "lighter blocks=4 hashes=64", " light blocks=4 hashes=64",
        "light hashes=64 blocks=4", "light blocks=4  hashes=64", "light blocks=99999999999 hashes=64"}) {
    EXPECT_EQ(parse_cuda_setting(text), std::nullopt) << "'" << text << "'";
  }
}

class CudaPlanTest : public testing::Test {
 public:
  std::shared_ptr<FakeCuda> driver = std::make_shared<FakeCuda>();
  CudaTarget target = target_of(driver);
};

TEST_F(CudaPlanTest, BalancesFirstWithAsManyBlocksAsThereIsRoomFor) {
  const auto single = cuda_plan(target, false);
  ASSERT_TRUE(single) << single.error().message();
  EXPECT_THAT(names_of(single->first), ElementsAre("light blocks=2 hashes=64 M=1", "heavy blocks=2 hashes=64 M=1"));
  const auto rolling = cuda_plan(target, true);
  ASSERT_TRUE(rolling);
  EXPECT_THAT(names_of(rolling->first), ElementsAre("light blocks=2 hashes=64 M=32", "heavy blocks=2 hashes=64 M=32"));
  EXPECT_EQ(driver->alive(), 0U) << "looking at a kernel leaves nothing behind";
}

TEST_F(CudaPlanTest, RefinementsChangeOnePropertyOfTheBest) {
  const auto refined = [&](bool rolling) {
    const auto plan = cuda_plan(target, rolling);
    std::vector<std::vector<std::string>> all;
    for (const auto& refine : plan->refinements)
      all.push_back(names_of(refine(plan->first.back())));
    return all;
  };
  const auto single = refined(false);
  ASSERT_THAT(single, SizeIs(2));
  EXPECT_THAT(single[0], ElementsAre("heavy blocks=1 hashes=64 M=1", "heavy blocks=1 hashes=64 M=1"));
  EXPECT_THAT(single[1], ElementsAre("heavy blocks=2 hashes=32 M=1", "heavy blocks=2 hashes=64 M=1",
                                     "heavy blocks=2 hashes=128 M=1", "heavy blocks=2 hashes=256 M=1"));
  const auto rolling = refined(true);
  ASSERT_THAT(rolling, SizeIs(3));
  EXPECT_THAT(rolling[0], ElementsAre("heavy blocks=2 hashes=64 M=8", "heavy blocks=2 hashes=64 M=16",
                                      "heavy blocks=2 hashes=64 M=64"));
}

TEST_F(CudaPlanTest, AThreadHasWorkForAllMidstates) {
  const auto plan = cuda_plan(target, true);
  const GpuCandidate most = plan->refinements[0](plan->first.front()).back();
  ASSERT_EQ(most.midstates, 64U);
  EXPECT_THAT(
      names_of(plan->refinements.back()(most)),
      ElementsAre("light blocks=2 hashes=64 M=64", "light blocks=2 hashes=128 M=64", "light blocks=2 hashes=256 M=64"));
}

TEST_F(CudaPlanTest, ACandidateRunsAsItsNameSays) {
  const auto plan = cuda_plan(target, false);
  ASSERT_TRUE(plan);
  const GpuCandidate one = plan->refinements[0](plan->first.front()).front();
  ASSERT_EQ(one.name, "light blocks=1 hashes=64");
  const auto session = one.open();
  ASSERT_TRUE(session) << session.error().message();
  const auto full = plan->first.front().open();
  ASSERT_TRUE(full);
  EXPECT_EQ((*full)->hashes_between_looks(1), 2 * (*session)->hashes_between_looks(1));
  EXPECT_EQ((*full)->hashes_between_looks(32), (*session)->hashes_between_looks(32)) << "the other kernel is as it was";
}

TEST_F(CudaPlanTest, WhatCannotBeLoadedIsNotTried) {
  driver->fail("load_module", CudaStatus::kNoBinaryForGpu);
  const auto plan = cuda_plan(target, false);
  ASSERT_TRUE(plan);
  EXPECT_THAT(names_of(plan->first), ElementsAre("heavy blocks=2 hashes=64 M=1"));
  driver->lose();
  EXPECT_TRUE(cuda_plan(target, false).error().is(Errc::kDevice));
  target.kernels.clear();
  EXPECT_EQ(cuda_plan(target, false).error().message(), "this build has no kernels");
}

TEST_F(CudaPlanTest, KernelsForASettingAreOfItsBalance) {
  const CudaSetting light{.balance = Balance::kLight, .blocks_per_multiprocessor = 1, .hashes_per_thread = 32};
  const CudaSetting heavy{.balance = Balance::kHeavy, .blocks_per_multiprocessor = 2, .hashes_per_thread = 128};
  const auto kernels = cuda_kernels(target, light, heavy);
  ASSERT_TRUE(kernels);
  EXPECT_EQ(kernels->single.image.balance, Balance::kLight);
  EXPECT_EQ(kernels->single.hashes_per_thread, 32U);
  EXPECT_EQ(kernels->rolling.image.balance, Balance::kHeavy);
  EXPECT_EQ(kernels->rolling.image.kernel, "sha256d_mn");
  EXPECT_EQ(kernels->rolling.blocks_per_multiprocessor, 2U);
  EXPECT_FALSE(cuda_kernels(target, light, {.balance = Balance::kNone}));
}

TEST(BuiltCudaKernels, ArePairsOfOneBalanceEach) {
  std::set<Balance> balances;
  for (const CudaKernels& one : built_cuda_kernels()) {
    EXPECT_EQ(one.single.image.kernel, "sha256d_m1");
    EXPECT_EQ(one.rolling.image.kernel, "sha256d_mn");
    EXPECT_EQ(one.single.image.balance, one.rolling.image.balance);
    EXPECT_TRUE(balances.insert(one.single.image.balance).second);
  }
  if (balances.empty())
    GTEST_SKIP() << "no CUDA kernel is compiled in (LODE_CUDA, needs nvcc: package nvidia-cuda-toolkit)";
  EXPECT_THAT(balances, IsSupersetOf({Balance::kLight, Balance::kMedium, Balance::kHeavy}));
}

}  // namespace
}  // namespace lode::device
