// Machines that are not here, made up as topologies.
#include "host/device/thread_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/device/thread_affinity.h"

namespace lode::device {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// 4 cores of 2 threads, numbered as Linux does it: first threads 0-3, second threads 4-7.
CpuTopology four_cores_eight_threads() {
  CpuTopology machine{.cpus = {}, .has_cores = true, .quota = {}};
  for (unsigned i = 0; i < 8; ++i)
    machine.cpus.push_back({.number = i, .core = i % 4});
  return machine;
}

/// Two packages of 4 cores, no SMT; the numbers fill the first package first.
CpuTopology two_packages() {
  CpuTopology machine{.cpus = {}, .has_cores = true, .quota = {}};
  for (unsigned i = 0; i < 8; ++i)
    machine.cpus.push_back({.number = i, .core = i, .package = i / 4});
  return machine;
}

/// Alder Lake with 8 performance cores of 2 threads (0-15, siblings side by side) and 8 efficiency cores (16-23).
CpuTopology alder_lake() {
  CpuTopology machine{.cpus = {}, .has_cores = true, .quota = {}};
  for (unsigned i = 0; i < 16; ++i)
    machine.cpus.push_back({.number = i, .core = i / 2});
  for (unsigned i = 16; i < 24; ++i)
    machine.cpus.push_back({.number = i, .core = i - 8, .package = 0, .kind = 1});
  return machine;
}

void allow_only(CpuTopology& machine, const std::vector<unsigned>& cpus) {
  for (LogicalCpu& cpu : machine.cpus)
    cpu.allowed = std::ranges::find(cpus, cpu.number) != cpus.end();
}

std::vector<int> numbers(const Result<ThreadPlan>& plan) {
  std::vector<int> cpus;
  for (const auto& cpu : plan.value())
    cpus.push_back(cpu ? static_cast<int>(*cpu) : -1);
  return cpus;
}

TEST(CpuOrder, FillsCoresBeforeSiblings) {
  EXPECT_THAT(cpu_order(four_cores_eight_threads()), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  CpuTopology side_by_side = four_cores_eight_threads();
  for (LogicalCpu& cpu : side_by_side.cpus)
    cpu.core = cpu.number / 2;
  EXPECT_THAT(cpu_order(side_by_side), ElementsAre(0, 2, 4, 6, 1, 3, 5, 7));
}

TEST(CpuOrder, PackagesTakeTurns) {
  EXPECT_THAT(cpu_order(two_packages()), ElementsAre(0, 4, 1, 5, 2, 6, 3, 7));
  CpuTopology uneven = two_packages();
  allow_only(uneven, {0, 4, 5, 6});
  EXPECT_THAT(cpu_order(uneven), ElementsAre(0, 4, 5, 6));
}

TEST(CpuOrder, FastCoresThenSlowCoresThenSiblings) {
  EXPECT_THAT(cpu_order(alder_lake()), ElementsAre(0, 2, 4, 6, 8, 10, 12, 14,       // performance cores
                                                   16, 17, 18, 19, 20, 21, 22, 23,  // efficiency cores
                                                   1, 3, 5, 7, 9, 11, 13, 15));     // second threads
}

TEST(CpuOrder, OnlyAllowedCpusCount) {
  CpuTopology machine = four_cores_eight_threads();
  allow_only(machine, {1, 4, 5, 6});
  EXPECT_THAT(cpu_order(machine), ElementsAre(1, 4, 6, 5)) << "5 is the sibling of 1; 4 and 6 have none that is ours";
  EXPECT_EQ(default_threads(machine), 4U);
  EXPECT_THAT(numbers(plan_threads(machine, 0, {})), ElementsAre(1, 4, 6, 5));
}

TEST(ThreadPlanTest, ADefaultIsOneThreadForEachCpu) {
  EXPECT_EQ(plan_threads(alder_lake(), 0, {})->size(), 24U);
  EXPECT_THAT(numbers(plan_threads(alder_lake(), 3, {})), ElementsAre(0, 2, 4));
}

TEST(ThreadPlanTest, TheDefaultKeepsToWholeCpusOfTheQuota) {
  CpuTopology machine = four_cores_eight_threads();
  for (const auto& [quota, threads] :
       std::vector<std::pair<double, unsigned>>{{1.5, 1}, {0.2, 1}, {1, 1}, {2, 2}, {7.99, 7}, {8, 8}, {64, 8}}) {
    machine.quota = quota;
    EXPECT_EQ(default_threads(machine), threads) << quota;
    EXPECT_EQ(plan_threads(machine, 0, {})->size(), threads) << quota;
  }
  machine.quota = 1.5;
  EXPECT_THAT(numbers(plan_threads(machine, 2, {})), ElementsAre(0, 1)) << "what the user says goes";
  EXPECT_EQ(plan_threads(machine, 0, {.pin = true, .cpus = {4, 5, 6}})->size(), 3U) << "so does a list";
}

TEST(ThreadPlanTest, MoreThreadsThanCpusAreTiedToNone) {
  CpuTopology machine = four_cores_eight_threads();
  allow_only(machine, {0, 1});
  EXPECT_THAT(numbers(plan_threads(machine, 3, {})), ElementsAre(-1, -1, -1));
}

TEST(ThreadPlanTest, WithoutPinningThreadsGoAnywhere) {
  const CpuAffinity none{.pin = false, .cpus = {}};
  EXPECT_THAT(numbers(plan_threads(four_cores_eight_threads(), 2, none)), ElementsAre(-1, -1));
  EXPECT_EQ(plan_threads(four_cores_eight_threads(), 0, none)->size(), 8U);
}

TEST(ThreadPlanTest, AListIsTakenInItsOrder) {
  const CpuAffinity list{.pin = true, .cpus = {6, 0, 3}};
  EXPECT_THAT(numbers(plan_threads(four_cores_eight_threads(), 0, list)), ElementsAre(6, 0, 3));
  EXPECT_THAT(numbers(plan_threads(four_cores_eight_threads(), 2, list)), ElementsAre(6, 0));
}

TEST(ThreadPlanTest, AListThatCannotBeIsRefused) {
  CpuTopology machine = four_cores_eight_threads();
  allow_only(machine, {0, 1, 2, 5});
  const auto error = [&](unsigned threads, std::vector<unsigned> cpus) {
    const auto plan = plan_threads(machine, threads, {.pin = true, .cpus = std::move(cpus)});
    EXPECT_TRUE(plan.has_error());
    EXPECT_TRUE(plan.error().is(Errc::kOutOfRange));
    return plan.error().message();
  };
  EXPECT_THAT(error(0, {0, 8}), HasSubstr("there is no CPU 8; there are 0-7"));
  EXPECT_THAT(error(0, {0, 3}), HasSubstr("may not use CPU 3, only 0-2,5"));
  EXPECT_THAT(error(3, {0, 1}), HasSubstr("--threads 3, but --cpu-affinity lists only 2"));
}

TEST(CpuTopologyTest, ThisMachineHasEveryAllowedCpuOnce) {
  const CpuTopology machine = detect_cpu_topology();
  std::vector<unsigned> allowed;
  for (std::size_t i = 0; i < machine.cpus.size(); ++i) {
    EXPECT_EQ(machine.cpus[i].number, i);
    if (machine.cpus[i].allowed) allowed.push_back(machine.cpus[i].number);
  }
  EXPECT_FALSE(allowed.empty());
  if (const auto known = allowed_cpus(); !known.empty()) {
    EXPECT_EQ(allowed, known);
  }
  EXPECT_THAT(cpu_order(machine), testing::UnorderedElementsAreArray(allowed));
  if (topology_library().empty()) {
    EXPECT_FALSE(machine.has_cores);
  }
}

}  // namespace
}  // namespace lode::device
