#include "host/device/thread_affinity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "host/device/cpu_list.h"

namespace lode::device {
namespace {

TEST(ThreadAffinity, AThreadIsTiedToEachAllowedCpuAndNoOther) {
  const std::vector<unsigned> allowed = allowed_cpus();
  if (allowed.empty()) GTEST_SKIP() << "this system does not tell which CPUs a thread may use";
  for (const unsigned cpu : allowed) {
    bool pinned = false;
    std::vector<unsigned> then;
    std::thread([&] {
      pinned = pin_this_thread(cpu);
      then = allowed_cpus();
    }).join();
    EXPECT_TRUE(pinned) << cpu;
    EXPECT_THAT(then, testing::ElementsAre(cpu));
  }
  EXPECT_EQ(allowed_cpus(), allowed) << "other threads are not touched";
}

TEST(ThreadAffinity, ACpuThatIsNotThereIsRefused) {
  EXPECT_FALSE(pin_this_thread(kHighestCpu));
  EXPECT_FALSE(pin_this_thread(kHighestCpu + 1));
  EXPECT_FALSE(can_pin(kHighestCpu));
}

}  // namespace
}  // namespace lode::device
