#include "host/device/cpu_quota.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace lode::device {
namespace {

TEST(CpuQuota, IsQuotaByPeriod) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_cpu_max("50000 100000"), 0.5);
  EXPECT_EQ(parse_cpu_max("800000 50000\n"), 16.0);
}

TEST(CpuQuota, WithoutALimitThereIsNone) {
  for (const char* text : {"max 100000\n", "max", "", "\n", "100000", "0 100000", "100000 0", "-1 100000", "1 2 3",
                           "99999999999999999999 1", "a b"}) {
    EXPECT_FALSE(parse_cpu_max(text).has_value()) << text;
  }
}

/// A made-up hierarchy: what a process sees of its control groups.
class CpuQuotaOfGroups : public testing::Test {
 protected:
  void put(const std::string& file, const std::string& content) {
    const std::filesystem::path path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  std::optional<double> quota() const { return cpu_quota(folder_.path() / "self", folder_.path() / "mount"); }

  test::TemporaryFolder folder_;
};

TEST_F(CpuQuotaOfGroups, AContainersOwnGroupIsTheRoot) {
  put("self", "0::/\n");
  put("mount/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
}

TEST_F(CpuQuotaOfGroups, TheTightestOnTheWayUpCounts) {
  put("self", "0::/system.slice/lode.service\n");
  put("mount/system.slice/lode.service/cpu.max", "400000 100000\n");
  put("mount/system.slice/cpu.max", "200000 100000\n");
  put("mount/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 2.0);
  put("mount/system.slice/lode.service/cpu.max", "100000 100000\n");
  EXPECT_EQ(quota(), 1.0);
}

TEST_F(CpuQuotaOfGroups, OfAnotherVersionOrNoneIsNone) {
  EXPECT_FALSE(quota().has_value()) << "no /proc";
  put("self", "1:cpu,cpuacct:/docker/1\n");
  put("mount/cpu.max", "100000 100000\n");
  EXPECT_FALSE(quota().has_value()) << "version 1";
  put("self", "1:cpu:/docker/1\n0::/user.slice\n");
  EXPECT_EQ(quota(), 1.0) << "both: the line of version 2 counts";
}

}  // namespace
}  // namespace lode::device
