// The search runs on made-up rates and made-up time: nothing here depends on a machine.
#include "host/device/gpu_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "host/device/cuda_session.h"
#include "tests/device/fake_cuda.h"

namespace lode::device {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

/// A GPU with a clock of its own.
class MadeUpGpu {
 public:
  struct Ability {
    double rate = 0;
    std::uint64_t between_looks = 0;
    int fails_after = -1;   ///< slices; -1: never
    bool is_wrong = false;  ///< fails its test
    Clock::duration opening{};
  };
  std::map<std::string, Ability> abilities;
  std::map<std::string, int> slices;
  std::map<std::string, int> opened;
  int alive = 0;
  Clock::time_point time;

  GpuTuning tune(const GpuTuningPlan& plan, Clock::duration budget) {
    return tune_gpu(
        plan, trials(), [this] { return time; }, time + budget);
  }

  OpenGpuTrial trials() {
    return [this](const GpuCandidate& candidate) -> Result<std::unique_ptr<GpuTrial>> {
      ++opened[candidate.name];
      time += abilities.at(candidate.name).opening;
      if (abilities.at(candidate.name).is_wrong) return fail(Errc::kDevice, "the kernel failed its self-test");
      return std::unique_ptr<GpuTrial>(std::make_unique<Trial>(*this, candidate.name));
    };
  }

 private:
  class Trial final : public GpuTrial {
   public:
    Trial(MadeUpGpu& gpu, std::string name) : gpu_(gpu), name_(std::move(name)) { ++gpu_.alive; }
    ~Trial() override { --gpu_.alive; }
    Result<double> run(std::chrono::nanoseconds slice) override {
      Ability& ability = gpu_.abilities.at(name_);
      gpu_.time += slice;
      if (gpu_.slices[name_]++ == ability.fails_after) return fail(Errc::kDevice, "a launch failed");
      return ability.rate;
    }
    [[nodiscard]] std::uint64_t hashes_between_looks() const override { return gpu_.abilities.at(name_).between_looks; }

   private:
    MadeUpGpu& gpu_;
    std::string name_;
  };
};

GpuCandidate named(std::string name) {
  return {.name = std::move(name), .midstates = 1, .open = {}};
}

class GpuTuningTest : public testing::Test {
 public:
  GpuTuningTest() {
    gpu.abilities = {{"light", {.rate = 8e9, .between_looks = 8'000'000}},
                     {"heavy", {.rate = 9e9, .between_looks = 9'000'000}},
                     {"none", {.rate = 4e9, .between_looks = 8'000'000}},
                     {"heavy blocks=4", {.rate = 9.5e9, .between_looks = 8'000'000}},
                     {"heavy blocks=2", {.rate = 6e9, .between_looks = 4'000'000}},
                     {"light blocks=4", {.rate = 8.5e9, .between_looks = 8'000'000}},
                     {"light blocks=2", {.rate = 5e9, .between_looks = 4'000'000}}};
    plan.first = {named("light"), named("heavy"), named("none")};
    plan.refinements.emplace_back([](const GpuCandidate& best) {
      return std::vector{named(best.name), named(best.name + " blocks=4"), named(best.name + " blocks=2")};
    });
  }

  std::string best_of(const GpuTuning& tuning) const {
    return tuning.best ? tuning.rates[*tuning.best].candidate.name : "";
  }
  static const GpuCandidateRate& rate_of(const GpuTuning& tuning, const char* name) {
    for (const GpuCandidateRate& rate : tuning.rates) {
      if (rate.candidate.name == name) return rate;
    }
    throw std::out_of_range(name);
  }

  MadeUpGpu gpu;
  GpuTuningPlan plan;
};

TEST_F(GpuTuningTest, ChangesOnePropertyOfTheBestAtATime) {
  const GpuTuning tuning = gpu.tune(plan, 4s);
  EXPECT_EQ(best_of(tuning), "heavy blocks=4");
  EXPECT_EQ(tuning.rates.size(), 5U) << "what was tried already is passed over, what follows from the others not tried";
  EXPECT_NEAR(rate_of(tuning, "heavy blocks=4").hashes_per_second, 9.5e9, 1e6);
  EXPECT_NEAR(rate_of(tuning, "none").hashes_per_second, 4e9, 1e6);
  EXPECT_EQ(gpu.alive, 0);
}

TEST_F(GpuTuningTest, TheGoodOnesGetTheTimeAndItIsKeptTo) {
  const auto begin = gpu.time;
  static_cast<void>(gpu.tune(plan, 4s));
  EXPECT_GE(gpu.time - begin, 4s);
  EXPECT_LE(gpu.time - begin, 4s + 300ms);
  EXPECT_EQ(gpu.slices["none"], 2);
  EXPECT_GT(gpu.slices["heavy blocks=4"], 10);
}

TEST_F(GpuTuningTest, WithinTheMarginTheExpectedOrderStands) {
  gpu.abilities["light"].rate = 9.48e9;
  gpu.abilities["heavy"].rate = 9.5e9;
  plan.refinements.clear();
  EXPECT_EQ(best_of(gpu.tune(plan, 2s)), "light");
  gpu.abilities["heavy"].rate = 9.6e9;
  EXPECT_EQ(best_of(gpu.tune(plan, 2s)), "heavy");
}

TEST_F(GpuTuningTest, OneThatIsWrongIsLeftOutAndSaidSo) {
  gpu.abilities["heavy"].is_wrong = true;
  const GpuTuning tuning = gpu.tune(plan, 4s);
  EXPECT_EQ(best_of(tuning), "light blocks=4");
  EXPECT_EQ(rate_of(tuning, "heavy").left_out, "the kernel failed its self-test");
  EXPECT_EQ(rate_of(tuning, "heavy").hashes_per_second, 0);
}

TEST_F(GpuTuningTest, AfterAFaultTheOthersAreOpenedAgain) {
  gpu.abilities["heavy"].rate = 9.2e9;  // good enough for the turns
  gpu.abilities["heavy blocks=4"].fails_after = 5;
  const GpuTuning tuning = gpu.tune(plan, 4s);
  EXPECT_EQ(best_of(tuning), "heavy");
  EXPECT_EQ(rate_of(tuning, "heavy blocks=4").left_out, "a launch failed");
  EXPECT_EQ(gpu.opened["heavy"], 2);
  EXPECT_EQ(gpu.opened["heavy blocks=4"], 1);
}

TEST_F(GpuTuningTest, WhereAllFailThereIsNoChoice) {
  for (auto& [name, ability] : gpu.abilities)
    ability.is_wrong = true;
  const GpuTuning tuning = gpu.tune(plan, 4s);
  EXPECT_FALSE(tuning.best);
  EXPECT_EQ(tuning.rates.size(), 3U);
}

TEST_F(GpuTuningTest, OneThatKeepsNewerWorkWaitingIsLeftOut) {
  gpu.abilities["heavy blocks=4"].between_looks = 9'500'000 * 3;  // 3 ms
  const GpuTuning tuning = gpu.tune(plan, 4s);
  EXPECT_EQ(best_of(tuning), "heavy");
  EXPECT_THAT(rate_of(tuning, "heavy blocks=4").left_out, HasSubstr("3000 us"));
}

TEST_F(GpuTuningTest, WhereAllKeepItWaitingTheShortestWaitIsTaken) {
  for (auto& [name, ability] : gpu.abilities)
    ability.between_looks *= 10;
  EXPECT_EQ(best_of(gpu.tune(plan, 4s)), "heavy blocks=2");
}

TEST_F(GpuTuningTest, WithNoTimeTheDefaultIsStillMeasured) {
  const GpuTuning tuning = gpu.tune(plan, 0s);
  EXPECT_EQ(best_of(tuning), "light");
  EXPECT_THAT(rate_of(tuning, "heavy").left_out, HasSubstr("no time left"));
}

TEST_F(GpuTuningTest, WhatTakesLongerToCompileThanIsLeftIsNotBegun) {
  // Each of the first is a program of its own, which those that follow from it share.
  const auto programs_of = [](std::vector<GpuCandidate> candidates) {
    for (GpuCandidate& candidate : candidates)
      candidate.program = candidate.name.substr(0, candidate.name.find(' '));
    return candidates;
  };
  plan.first = programs_of(std::move(plan.first));
  plan.refinements = {[programs_of](const GpuCandidate& best) {
    return programs_of({named(best.name + " blocks=4"), named(best.name + " blocks=2")});
  }};
  for (const char* const name : {"light", "heavy", "none"})
    gpu.abilities[name].opening = 1500ms;
  const auto begin = gpu.time;
  const GpuTuning tuning = gpu.tune(plan, 4s);
  EXPECT_EQ(best_of(tuning), "heavy blocks=4") << "there is time for two programs, and what needs no other";
  EXPECT_THAT(rate_of(tuning, "none").left_out, HasSubstr("no time left"));
  EXPECT_EQ(gpu.opened.count("none"), 0U);
  EXPECT_LE(gpu.time - begin, 4s + 300ms);

  gpu.abilities["light"].opening = 60s;
  EXPECT_EQ(best_of(gpu.tune(plan, 4s)), "light") << "one has to be compiled, whatever it takes";
}

TEST_F(GpuTuningTest, PowerIsMeasuredOfEachAlone) {
  GpuTuning tuning = gpu.tune(plan, 4s);
  add_power(
      tuning, gpu.trials(), [this] { return gpu.time; }, [] { return 500.0; });
  const auto& best = rate_of(tuning, "heavy");
  ASSERT_TRUE(best.power);
  EXPECT_EQ(best.power->watts, 500);
  EXPECT_NEAR(best.power->joules_per_terahash, 500 / 9e-3, 1);
  add_power(
      tuning, gpu.trials(), [this] { return gpu.time; }, [] { return std::nullopt; });
  EXPECT_EQ(gpu.alive, 0);
}

/// Trials on the played GPU, through the whole device.
class GpuTrialsTest : public testing::Test {
 public:
  GpuTuning tune() {
    const auto now = [] { return Clock::now(); };
    const GpuIdentity identity{.id = "cuda:0", .name = "Played GPU", .kernel = "cuda", .pci_bus_id = {}};
    const auto candidate = [this](std::string name, std::uint32_t blocks) {
      CudaKernels kernels = FakeCuda::kernels();
      kernels.single.blocks_per_multiprocessor = blocks;
      return GpuCandidate{
          .name = std::move(name), .midstates = 1, .open = [driver = driver, gpu = driver->gpu(), kernels] {
            return CudaSession::open(driver, gpu, kernels);
          }};
    };
    // Without time there is a look at the first that is right, and one turn.
    return tune_gpu({.first = {candidate("two blocks", 2), candidate("one block", 1)}}, gpu_trials(identity, {}, now),
                    now, now());
  }
  std::shared_ptr<FakeCuda> driver = std::make_shared<FakeCuda>();
};

TEST_F(GpuTrialsTest, MeasureWhatTheGpuDoes) {
  const GpuTuning tuning = tune();
  ASSERT_TRUE(tuning.best);
  EXPECT_GT(tuning.rates[*tuning.best].hashes_per_second, 0);
  EXPECT_EQ(driver->alive(), 0U);
}

TEST_F(GpuTrialsTest, OneThatComputesWronglyIsNotMeasured) {
  driver->corrupt(true);
  const GpuTuning tuning = tune();
  EXPECT_FALSE(tuning.best);
  for (const GpuCandidateRate& rate : tuning.rates)
    EXPECT_THAT(rate.left_out, HasSubstr("failed its self-test"));
}

TEST_F(GpuTrialsTest, AFaultTakesOneCandidateOnly) {
  driver->fail("launch", CudaStatus::kLaunchFailed, 1);
  const GpuTuning tuning = tune();
  ASSERT_TRUE(tuning.best);
  EXPECT_EQ(tuning.rates[*tuning.best].candidate.name, "one block");
  EXPECT_NE(tuning.rates[0].left_out, "");
  EXPECT_EQ(driver->alive(), 0U);
}

}  // namespace
}  // namespace lode::device
