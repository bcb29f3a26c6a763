// The choice is made from made-up rates and made-up time: nothing here depends on the machine.
#include "host/device/cpu_calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string_view>

namespace lode::device {
namespace {

using namespace std::chrono_literals;
using kernels::Kernel;
using testing::ElementsAre;

constexpr Kernel kWide{.name = "wide", .description = "", .streams = 32, .max_midstates = 64, .required = {}};
constexpr Kernel kNarrow{.name = "narrow", .description = "", .streams = 2, .max_midstates = 16, .required = {}};
constexpr Kernel kPlain{.name = "plain", .description = "", .streams = 1, .max_midstates = 1, .required = {}};

TEST(KernelUses, AreOrderedByKernelAndFallingMidstates) {
  const Kernel* const kernels[] = {&kWide, &kNarrow, &kPlain};
  EXPECT_THAT(kernel_uses(kernels), ElementsAre(KernelUse{&kWide, 64}, KernelUse{&kWide, 32}, KernelUse{&kWide, 16},
                                                KernelUse{&kWide, 4}, KernelUse{&kWide, 1}, KernelUse{&kNarrow, 16},
                                                KernelUse{&kNarrow, 4}, KernelUse{&kNarrow, 1}, KernelUse{&kPlain, 1}));
}

TEST(ChooseKernels, TakesTheFastestForEachKindOfJob) {
  const KernelRate rates[] = {{{&kWide, 64}, 90e6}, {{&kWide, 1}, 40e6}, {{&kNarrow, 16}, 80e6}, {{&kNarrow, 1}, 50e6}};
  const auto choice = choose_kernels(rates);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->single, rates[3]);
  EXPECT_EQ(choice->rolling, rates[0]);
}

TEST(ChooseKernels, WithinTheMarginTheExpectedOrderStands) {
  const auto single_of = [](double first, double second) {
    const KernelRate rates[] = {{{&kWide, 1}, first}, {{&kNarrow, 1}, second}};
    return choose_kernels(rates)->single.use.kernel->name;
  };
  EXPECT_EQ(single_of(100e6, 101.9e6), "wide");
  EXPECT_EQ(single_of(100e6, 102.1e6), "narrow");
  EXPECT_EQ(single_of(102e6, 100e6), "wide");
}

TEST(ChooseKernels, TheMarginDoesNotAddUpFromOneToTheNext) {
  // Each is within the margin of the one before it, but the first is far behind the last.
  const KernelRate rates[] = {{{&kWide, 1}, 100e6}, {{&kNarrow, 1}, 101.5e6}, {{&kPlain, 1}, 103e6}};
  EXPECT_EQ(choose_kernels(rates)->single.use.kernel, &kNarrow);
}

TEST(ChooseKernels, WhereManyMidstatesGainNothingOneIsTaken) {
  const KernelRate rates[] = {{{&kNarrow, 16}, 40e6}, {{&kNarrow, 4}, 40e6}, {{&kNarrow, 1}, 50e6}};
  EXPECT_EQ(choose_kernels(rates)->rolling.use, (KernelUse{&kNarrow, 1}));
}

TEST(ChooseKernels, AUseWhoseStepIsLongIsNotTaken) {
  // 32 nonces with 64 midstates at 4 MH/s are 512 us, with 16 midstates 128 us.
  EXPECT_NEAR(std::chrono::duration<double>(step_duration({&kWide, 64}, 4e6)).count(), 512e-6, 1e-12);
  EXPECT_NEAR(std::chrono::duration<double>(step_duration({&kWide, 16}, 4e6)).count(), 128e-6, 1e-12);
  const KernelRate rates[] = {{{&kWide, 64}, 4e6}, {{&kWide, 16}, 3.9e6}, {{&kWide, 1}, 3e6}};
  EXPECT_EQ(choose_kernels(rates)->rolling.use, (KernelUse{&kWide, 16}));
  const KernelRate slow[] = {{{&kWide, 64}, 4e4}, {{&kWide, 16}, 4e4}, {{&kWide, 1}, 1e4}};
  EXPECT_EQ(choose_kernels(slow)->rolling.use, (KernelUse{&kWide, 1})) << "one is always allowed";
}

TEST(ChooseKernels, WithoutAMeasuredSingleUseThereIsNoChoice) {
  EXPECT_FALSE(choose_kernels({}));
  const KernelRate none[] = {{{&kWide, 64}, 5e6}, {{&kWide, 1}, 0}};
  EXPECT_FALSE(choose_kernels(none));
  const KernelRate some[] = {{{&kWide, 64}, 0}, {{&kWide, 1}, 0}, {{&kPlain, 1}, 1e6}};
  EXPECT_EQ(choose_kernels(some)->single.use.kernel, &kPlain);
  EXPECT_EQ(choose_kernels(some)->rolling.use.kernel, &kPlain);
}

/// A machine with a clock of its own: measuring takes as long as asked, and gives the rates it was given, changed by
/// what the machine does meanwhile.
class FakeMachine {
 public:
  using Clock = std::chrono::steady_clock;

  std::map<std::pair<std::string_view, std::uint32_t>, double> rates;
  std::function<double(Clock::duration elapsed, const KernelUse& use)> disturbance = [](auto, const auto&) {
    return 1.0;
  };
  std::map<std::pair<std::string_view, std::uint32_t>, int> slices;

  std::vector<KernelRate> run(std::span<const KernelUse> uses, Clock::duration budget) {
    return measure_rates(
        uses,
        [this](const KernelUse& use, std::chrono::nanoseconds slice) {
          const auto key = std::make_pair(use.kernel->name, use.midstates);
          ++slices[key];
          now_ += slice;
          return rates.at(key) * disturbance(now_ - Clock::time_point(), use);
        },
        [this] { return now_; }, now_ + budget);
  }
  Clock::duration elapsed() const { return now_ - Clock::time_point(); }

 private:
  Clock::time_point now_;
};

class MeasureRates : public testing::Test {
 public:
  MeasureRates() {
    machine.rates = {{{"wide", 64}, 90e6},  {{"wide", 32}, 89e6},  {{"wide", 16}, 85e6},
                     {{"wide", 4}, 70e6},   {{"wide", 1}, 40e6},   {{"narrow", 16}, 70e6},
                     {{"narrow", 4}, 60e6}, {{"narrow", 1}, 50e6}, {{"plain", 1}, 2e6}};
  }
  static constexpr const Kernel* kKernels[] = {&kWide, &kNarrow, &kPlain};
  std::vector<KernelUse> uses = kernel_uses(kKernels);
  FakeMachine machine;
};

TEST_F(MeasureRates, EveryUseGetsARateAndTheHopefulOnesTheTime) {
  const auto rates = machine.run(uses, 250ms);
  ASSERT_EQ(rates.size(), uses.size());
  for (std::size_t i = 0; i < uses.size(); ++i) {
    EXPECT_EQ(rates[i].use, uses[i]);
    EXPECT_NEAR(rates[i].hashes_per_second, machine.rates.at({uses[i].kernel->name, uses[i].midstates}), 1);
  }
  EXPECT_GT((machine.slices[{"wide", 64}]), 20);
  EXPECT_GT((machine.slices[{"narrow", 1}]), 20);
  EXPECT_EQ((machine.slices[{"plain", 1}]), 2);
}

TEST_F(MeasureRates, KeepsToItsTime) {
  machine.run(uses, 250ms);
  EXPECT_GE(machine.elapsed(), 250ms);
  EXPECT_LE(machine.elapsed(), 260ms) << "no more than the turn it was in";
}

TEST_F(MeasureRates, WithNoTimeThereIsOneTurn) {
  const auto rates = machine.run(uses, 0ms);
  EXPECT_LE(machine.elapsed(), 15ms);
  EXPECT_EQ(choose_kernels(rates)->rolling.use, (KernelUse{&kWide, 64}));
}

TEST_F(MeasureRates, AClockThatSwingsChangesNothing) {
  // The whole machine is now 1.4 times as fast as at other times.
  machine.disturbance = [](auto elapsed, const auto&) { return elapsed / 37ms % 2 == 0 ? 1.0 : 0.7; };
  machine.rates[{"wide", 1}] = 51.5e6;  // 3 % before the other
  const auto choice = choose_kernels(machine.run(uses, 250ms));
  EXPECT_EQ(choice->single.use, (KernelUse{&kWide, 1}));
  machine.rates[{"wide", 1}] = 48e6;  // 4 % behind it
  EXPECT_EQ(choose_kernels(machine.run(uses, 250ms))->single.use, (KernelUse{&kNarrow, 1}));
}

TEST_F(MeasureRates, OtherProgramsChangeNothing) {
  // Every fifth slice or so loses time to somebody else, up to nearly all of it.
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    machine.disturbance = [&](auto, const auto&) {
      return random() % 5 == 0 ? 0.05 + 0.9 * static_cast<double>(random()) / 0x1p32 : 1.0;
    };
    const auto choice = choose_kernels(machine.run(uses, 250ms));
    EXPECT_EQ(choice->single.use, (KernelUse{&kNarrow, 1})) << seed;
    EXPECT_EQ(choice->rolling.use, (KernelUse{&kWide, 64})) << seed;
  }
}

}  // namespace
}  // namespace lode::device
