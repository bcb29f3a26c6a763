// What hwloc says is read right: from machines that it makes up, or reads from a file.
#include "host/device/cpu_topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "host/device/cpu_topology_hwloc.h"
#include "host/device/thread_plan.h"

namespace lode::device {
namespace {

using testing::ElementsAre;

/// An environment variable for one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

class CpuTopologyOfHwloc : public testing::Test {
 protected:
  void SetUp() override {
    if (topology_library().empty()) GTEST_SKIP() << "this build has no hwloc";
  }

  /// CPUs as the affinity mask gives them, before hwloc was asked.
  static CpuTopology plain(unsigned count) {
    CpuTopology machine;
    for (unsigned i = 0; i < count; ++i)
      machine.cpus.push_back({.number = i, .core = i});
    return machine;
  }
};

TEST_F(CpuTopologyOfHwloc, CoresAndPackages) {
  const Variable synthetic("HWLOC_SYNTHETIC", "pack:2 core:2 pu:2");
  CpuTopology machine = plain(8);
  ASSERT_TRUE(describe_with_hwloc(machine.cpus));
  std::vector<unsigned> cores;
  std::vector<unsigned> packages;
  for (const LogicalCpu& cpu : machine.cpus) {
    cores.push_back(cpu.core);
    packages.push_back(cpu.package);
    EXPECT_EQ(cpu.kind, 0U);
  }
  EXPECT_THAT(cores, ElementsAre(0, 0, 1, 1, 2, 2, 3, 3));
  EXPECT_THAT(packages, ElementsAre(0, 0, 0, 0, 1, 1, 1, 1));
  EXPECT_THAT(cpu_order(machine), ElementsAre(0, 4, 2, 6, 1, 5, 3, 7));
}

TEST_F(CpuTopologyOfHwloc, KindsOfCores) {
  // Two fast cores of two threads (0-3), two slower ones of one (4 and 6).
  const Variable file("HWLOC_XMLFILE", LODE_HYBRID_TOPOLOGY);
  CpuTopology machine = plain(8);
  machine.cpus[5].allowed = machine.cpus[7].allowed = false;
  ASSERT_TRUE(describe_with_hwloc(machine.cpus));
  std::vector<unsigned> kinds;
  for (const LogicalCpu& cpu : machine.cpus) {
    if (cpu.allowed) kinds.push_back(cpu.kind);
  }
  EXPECT_THAT(kinds, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_THAT(cpu_order(machine), ElementsAre(0, 2, 4, 6, 1, 3));
}

TEST_F(CpuTopologyOfHwloc, ACpuThatItDoesNotKnowLeavesAllAsItWas) {
  const Variable synthetic("HWLOC_SYNTHETIC", "pack:1 core:2 pu:1");
  CpuTopology machine = plain(3);
  EXPECT_FALSE(describe_with_hwloc(machine.cpus));
  EXPECT_EQ(machine.cpus[1].core, 1U);
  EXPECT_EQ(machine.cpus[2].core, 2U);
  machine.cpus[2].allowed = false;
  EXPECT_TRUE(describe_with_hwloc(machine.cpus)) << "but only where it may be used";
}

}  // namespace
}  // namespace lode::device
