// The OpenCL kernels on a CPU's OpenCL driver: every variant finds what the scalar kernel finds, and keeps to the
// protocol of chunks, list and mailbox. Vendors' own instructions are replaced by plain ones where the driver does not
// know them, so that all around them is run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kernels/core/scan_job.h"
#include "kernels/cpu/registry.h"
#include "kernels/opencl/program.h"
#include "tests/kernels/kernel_cases.h"
#include "tests/kernels/opencl_grid.h"

namespace lode::kernels {
namespace {

constexpr std::uint32_t kEpoch = 7;
constexpr std::string_view kCompiledFast = "plain_v8_recomputed";

ScanJob easy_job(std::uint32_t midstates, std::uint32_t limit) {
  ScanJob job = RandomWork(5).job(midstates);
  job.limit = limit;
  return job;
}

std::vector<Hit> expected_hits(const ScanJob& job, NonceRange range) {
  const ScanUnderTest scalar = find_kernel("scalar")->scan;
  std::vector<Hit> hits = scan_whole(scalar, job, range).hits;
  std::sort(hits.begin(), hits.end());
  return hits;
}

const opencl::Variant& variant_of(std::string_view name) {
  return *std::ranges::find(opencl::variants(), name, &opencl::Variant::name);
}

class OpenClKernelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = OpenClGrid::missing(); !missing.empty()) GTEST_SKIP() << missing;
  }

  /// All of it, since a program is compiled for each variant.
  void scan_as_the_scalar_kernel(const opencl::Variant& variant) {
    SCOPED_TRACE(variant.name);
    variant_ = &variant;
    const bool is_plain = variant.flavour == opencl::Flavour::kPlain;
    grid_ = std::make_unique<OpenClGrid>(variant, is_plain ? "" : " -DLODE_PLAIN_INTRINSICS");
    ASSERT_EQ(grid_->fault(), "");
    find_what_others_find();
    share_ranges();
    treat_the_last_chunk();
    obey_the_mailbox();
    bound_the_list();
    EXPECT_EQ(grid_->fault(), "");
  }

  void expect_hits_of_outcome(const ScanJob& job, NonceRange range) {
    const gpu::Outcome done = grid_->outcome();
    EXPECT_EQ(done.hits, grid_->hits().size());
    EXPECT_EQ(grid_->hits(), expected_hits(job, {range.first, done.nonces}));
  }
  [[nodiscard]] ScanUnderTest scan() const {
    return [this](const ScanJob& job, NonceRange range, std::span<Hit> hits) { return grid_->scan(job, range, hits); };
  }

  void find_what_others_find();
  void share_ranges();
  void treat_the_last_chunk();
  void obey_the_mailbox();
  void bound_the_list();

  const opencl::Variant* variant_ = nullptr;
  std::unique_ptr<OpenClGrid> grid_;
};

void OpenClKernelTest::find_what_others_find() {
  EXPECT_EQ(find_real_blocks(scan()), "");
  EXPECT_EQ(know_which_midstate_hit(scan()), "");
  EXPECT_EQ(agree_on_random_headers(scan(), 64, find_kernel("scalar")->scan), "");
  EXPECT_EQ(obey_the_exact_limit(scan()), "");
  EXPECT_EQ(resume_after_a_full_list(scan()), "");
}

void OpenClKernelTest::share_ranges() {
  for (const std::uint32_t midstates : {1U, 5U, 64U}) {
    const ScanJob job = easy_job(midstates, 0x00ffffff);
    for (const NonceRange range : {NonceRange{0xfffff000, 9001}, NonceRange{3, 31}, NonceRange{0, 1}}) {
      grid_->run(job, {.range = range, .hit_capacity = 1 << 14, .groups = 4});
      EXPECT_EQ(grid_->outcome().nonces, range.count);
      expect_hits_of_outcome(job, range);
    }
  }
  // The kernel for several midstates takes one as well.
  const ScanJob one = easy_job(1, 0x00ffffff);
  grid_->run(one, {.range = {77, 5000}, .always_mn = true});
  EXPECT_EQ(grid_->outcome().nonces, 5000U);
  expect_hits_of_outcome(one, {77, 5000});
}

void OpenClKernelTest::treat_the_last_chunk() {
  // A whole chunk or step at the end of these ranges would go on at their first nonces. Only the last is left.
  const ScanJob job = easy_job(1, 0xffffffff);
  for (const std::uint64_t count : {kAllNonces - 3, kAllNonces - 5}) {
    const OpenClLaunch launch{.range = {100, count}, .hashes_per_item = 3};
    const gpu::Chunks chunks = gpu::cut(launch.range, 1, launch.hashes_per_item, opencl::chunk_unit(*variant_));
    OpenClLaunch last = launch;
    last.first_chunk = chunks.count - 1;
    grid_->run(job, last);
    const std::uint64_t before = std::uint64_t{chunks.count - 1} * chunks.nonces;
    EXPECT_EQ(grid_->outcome().nonces, count);
    EXPECT_EQ(grid_->outcome().hits, count - before);
    for (const Hit& hit : grid_->hits()) {
      EXPECT_GE(hit.nonce_word - 100, before);
      EXPECT_LT(hit.nonce_word - 100, count);
    }
  }
}

void OpenClKernelTest::obey_the_mailbox() {
  for (const std::uint32_t midstates : {1U, 2U}) {
    grid_->run(easy_job(midstates, 0xffffffff), {.range = {0, 1000}, .epoch = kEpoch + 1});
    EXPECT_EQ(grid_->outcome().nonces, 0U);
    EXPECT_EQ(grid_->counters().next_chunk, 0U);
  }
  const ScanJob job = easy_job(3, 0x0000ffff);
  const NonceRange range{0xffff0000, kAllNonces};
  for (int round = 0; round < 3; ++round) {
    grid_->start(job, {.range = range, .hashes_per_item = 6, .poll_interval = 4});
    const std::uint32_t goal = 8 + 8 * static_cast<std::uint32_t>(round);
    while (grid_->chunks_taken() < goal && grid_->fault().empty())
      std::this_thread::yield();
    grid_->set_epoch(kEpoch + 1);
    grid_->wait();
    const gpu::Outcome done = grid_->outcome();
    ASSERT_FALSE(done.overflowed);
    EXPECT_LT(done.nonces, range.count);
    EXPECT_EQ(done.nonces % grid_->chunks().nonces, 0U);
    EXPECT_GE(grid_->counters().next_chunk, gpu::kStopped);
    expect_hits_of_outcome(job, range);
  }
}

void OpenClKernelTest::bound_the_list() {
  const ScanJob job = easy_job(2, 0xffffffff);
  for (const std::uint32_t capacity : {1U, 63U, 199U}) {
    grid_->run(job, {.range = {0, 100}, .hit_capacity = capacity, .groups = 3});
    EXPECT_TRUE(grid_->outcome().overflowed);
    EXPECT_EQ(grid_->outcome().nonces, 0U);
  }
  grid_->run(job, {.range = {0, 100}, .hit_capacity = 200, .groups = 3});
  EXPECT_FALSE(grid_->outcome().overflowed);
  expect_hits_of_outcome(job, {0, 100});

  grid_->run(easy_job(1, 0xffffffff), {.range = {0, kAllNonces}, .hashes_per_item = 1, .hit_capacity = 64});
  EXPECT_TRUE(grid_->outcome().overflowed);
  EXPECT_LT(grid_->counters().stopped_at, 100U);
}

// PoCL compiles this one in seconds, the others in up to a minute each.
TEST_F(OpenClKernelTest, TheWidestScansAsTheScalarKernel) {
  scan_as_the_scalar_kernel(variant_of(kCompiledFast));
}

TEST_F(OpenClKernelTest, TheOthersScanAsTheScalarKernel) {
  if (std::getenv("LODE_OPENCL_ALL") == nullptr)
    GTEST_SKIP() << "they take a CPU's driver too long to compile; LODE_OPENCL_ALL=1 tests them";
  for (const opencl::Variant& variant : opencl::variants()) {
    if (variant.name != kCompiledFast) scan_as_the_scalar_kernel(variant);
  }
}

TEST(OpenClSource, VariantsDiffer) {
  for (const opencl::Variant& a : opencl::variants()) {
    EXPECT_GE(opencl::chunk_unit(a), 32U) << a.name;
    EXPECT_LE(opencl::chunk_unit(a), 1024U) << a.name;
    if (a.keys_in_local_memory) {
      EXPECT_LT(192 * opencl::chunk_unit(a), 32U * 1024) << a.name;
    }
    for (const opencl::Variant& b : opencl::variants())
      EXPECT_EQ(opencl::build_options(a) == opencl::build_options(b), a.name == b.name);
  }
}

}  // namespace
}  // namespace lode::kernels
