#include "host/app/planted_work.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/registry.h"

namespace lode::app {
namespace {

/// What the portable kernel finds in the whole range.
std::vector<PlantedHit> scan(const PlantedWork& work) {
  const kernels::Kernel& kernel = *kernels::find_kernel("scalar");
  const kernels::ScanJob& job = work.job();
  std::vector<kernels::Hit> hits(kernels::kMinHitCapacity);
  std::vector<PlantedHit> found;
  for (std::uint64_t done = 0; done < job.range.count;) {
    const auto result =
        kernel.scan(job, {static_cast<std::uint32_t>(job.range.first + done), job.range.count - done}, hits);
    for (std::uint32_t i = 0; i < result.hits; ++i)
      found.push_back({hits[i].nonce_word - job.range.first, hits[i].midstate});
    done += result.nonces;
  }
  return found;
}

struct Shape {
  std::uint32_t midstates;
  std::uint32_t first;
  std::uint64_t nonces;
};

class PlantedWorkTest : public testing::TestWithParam<Shape> {
 protected:
  std::mt19937_64 random_{17};
  PlantedWork work_{random_, GetParam().midstates, GetParam().first, GetParam().nonces};
};

TEST(PlantedWorkOfAGpu, HasFewerSolutionsAndStillOneAtEachEnd) {
  std::mt19937_64 random(17);
  for (const std::uint32_t midstates : {1U, 32U}) {
    const PlantedWork work(random, midstates, 0x80000000, (std::uint64_t{1} << 32) / midstates);
    EXPECT_LT(work.job().limit, 0x1p32 / (1 << 20) * 12);  // the lowest of a million is above that once in e^12 times
    ASSERT_GE(work.known().size(), 2U);
    EXPECT_EQ(work.known().front().offset, 0U);
    EXPECT_EQ(work.known().back().offset, work.job().range.count - 1);
    EXPECT_EQ(work.fault(work.known(), work.job().range.count), std::nullopt);
    std::vector<PlantedHit> missing = work.known();
    missing.pop_back();
    EXPECT_TRUE(work.fault(missing, work.job().range.count)->starts_with("missed"));
  }
}

TEST_P(PlantedWorkTest, TheFirstAndTheLastNonceAreSolutions) {
  ASSERT_GE(work_.known().size(), 2U);
  EXPECT_EQ(work_.known().front().offset, 0U);
  EXPECT_EQ(work_.known().back().offset, work_.job().range.count - 1);
}

TEST_P(PlantedWorkTest, ARightScanIsFoundRight) {
  EXPECT_EQ(work_.fault(scan(work_), work_.job().range.count), std::nullopt);
}

TEST_P(PlantedWorkTest, EveryKindOfFaultIsFound) {
  const std::vector<PlantedHit> right = scan(work_);
  const std::uint64_t count = work_.job().range.count;
  for (const PlantedHit& planted : work_.known()) {
    std::vector<PlantedHit> missing = right;
    std::erase(missing, planted);
    EXPECT_TRUE(work_.fault(missing, count)->starts_with("missed"));
  }
  std::vector<PlantedHit> twice = right;
  twice.push_back(right.front());
  EXPECT_TRUE(work_.fault(twice, count)->starts_with("reported twice"));

  std::vector<PlantedHit> invented = right;
  PlantedHit wrong = right.front();
  while (std::ranges::find(right, wrong) != right.end())
    ++wrong.offset;
  invented.push_back(wrong);
  EXPECT_TRUE(work_.fault(invented, count)->starts_with("false"));

  std::vector<PlantedHit> outside = right;
  outside.push_back({count, 0});
  EXPECT_TRUE(work_.fault(outside, count)->starts_with("reported out of range"));
  outside.back() = {0, GetParam().midstates};
  EXPECT_TRUE(work_.fault(outside, count)->starts_with("reported out of range"));
}

TEST_P(PlantedWorkTest, APartOfTheRangeIsCheckedAsFarAsItGoes) {
  EXPECT_EQ(work_.fault({}, 0), std::nullopt);
  EXPECT_TRUE(work_.fault({}, 1)->starts_with("missed"));
  EXPECT_EQ(work_.fault({work_.known().front()}, 1), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PlantedWorkTest,
                         testing::Values(Shape{1, 0, 0}, Shape{1, 0xfffe0000, 300'000}, Shape{4, 12345, 0},
                                         Shape{64, 0xffffff80, 0}));

}  // namespace
}  // namespace lode::app
