// The search space is dealt out whole and without overlap. That is checked by counting: nonce ranges of lanes partition
// the 2^32 words, and within a lane no (extranonce2, version, time) comes twice.
#include "host/work/roll_space.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <random>
#include <set>
#include <tuple>

#include "host/base/endian.h"
#include "host/work/header_builder.h"
#include "kernels/core/sha256.h"
#include "tests/support/test_work.h"

namespace lode::work {
namespace {

using kernels::NonceRange;

TEST(LaneRange, LanesPartitionTheNonces) {
  for (const std::uint32_t count : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 64U, 1000U, 65'535U, 65'536U}) {
    std::uint64_t next = 0;
    std::uint64_t smallest = ~std::uint64_t{0};
    std::uint64_t largest = 0;
    for (std::uint32_t index = 0; index < count; ++index) {
      const NonceRange range = lane_range({index, count});
      ASSERT_EQ(range.first, next) << index << " of " << count;
      next += range.count;
      smallest = std::min(smallest, range.count);
      largest = std::max(largest, range.count);
    }
    EXPECT_EQ(next, std::uint64_t{1} << 32) << count;
    EXPECT_LE(largest - smallest, 1U) << count;
  }
}

struct Space {
  std::uint32_t version = 0;
  std::uint32_t mask = 0;
  std::size_t extranonce2_size = 0;
  std::uint32_t time_roll_limit = 0;
  std::uint32_t midstates = 1;
};

std::ostream& operator<<(std::ostream& out, const Space& space) {
  return out << std::hex << space.version << "/" << space.mask << std::dec << " xn2 " << space.extranonce2_size
             << " time " << space.time_roll_limit << " midstates " << space.midstates;
}

std::shared_ptr<const Job> job_of(const Space& space) {
  auto work = test::make_template(1);
  work->version = space.version;
  work->version_mask = space.mask;
  work->extranonce2_size = space.extranonce2_size;
  work->time_roll_limit = space.time_roll_limit;
  return test::make_job(7, std::move(work));
}

using Rolled = std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>;  // extranonce2, version, time

/// Walks a lane to its end; every value once, every bit outside the mask where it was, nothing left out.
std::set<Rolled> walk(const Space& space, Lane lane) {
  const auto job = job_of(space);
  const std::uint32_t rollable = space.mask & ~space.version;
  const std::uint64_t versions = std::uint64_t{1} << std::popcount(rollable);
  const std::uint64_t expected =
      versions * (last_extranonce2(space.extranonce2_size) + 1) * (std::uint64_t{space.time_roll_limit} + 1);
  RollSpace rolls(job, lane, space.midstates);
  std::set<Rolled> seen;
  Rolled last{};
  while (const auto unit = rolls.next()) {
    EXPECT_EQ(unit->scan.range, lane_range(lane));
    EXPECT_EQ(unit->scan.generation, 7U);
    EXPECT_GE(unit->scan.midstate_count, 1U);
    EXPECT_LE(unit->scan.midstate_count, std::min(space.midstates, kernels::kMaxMidstates));
    EXPECT_EQ(unit->versions.size(), unit->scan.midstate_count);
    for (std::uint32_t i = 0; i < unit->scan.midstate_count; ++i) {
      const Roll roll = unit->roll_of({0x01020304, i});
      EXPECT_EQ(roll.nonce, 0x04030201U);
      EXPECT_EQ(roll.version & ~rollable, space.version) << "a bit outside the mask, or one set by the job, moved";
      EXPECT_GE(roll.time, job->work->time);
      EXPECT_LE(roll.time, job->work->time + space.time_roll_limit);
      EXPECT_LE(roll.extranonce2, last_extranonce2(space.extranonce2_size));
      const Rolled rolled{roll.extranonce2, roll.version, roll.time};
      EXPECT_TRUE(seen.insert(rolled).second) << "handed out twice";
      // Order: version first, then extranonce2, then time.
      const auto order = std::make_tuple(roll.time, roll.extranonce2, roll.version);
      const auto order_before = std::make_tuple(std::get<2>(last), std::get<0>(last), std::get<1>(last));
      EXPECT_TRUE(seen.size() == 1 || order > order_before);
      last = rolled;
    }
    if (seen.size() > expected) break;
  }
  EXPECT_EQ(seen.size(), expected);
  EXPECT_FALSE(rolls.next()) << "an exhausted space stays exhausted";
  return seen;
}

TEST(RollSpace, HandsOutEverythingExactlyOnce) {
  for (const Space& space : {
           Space{0x20000000, 0, 0, 0, 1},
           Space{0x20000000, 0, 0, 0, 64},
           Space{0x20000000, 0, 0, 5, 4},
           Space{0x20000000, 0x00002000, 0, 2, 1},
           Space{0x20000000, 0x00006000, 1, 1, 3},
           Space{0x20000000, 0x0000e000, 1, 2, 8},
           Space{0x20000000, 0x10006000, 0, 3, 64},
           Space{0x20006000, 0x0001e000, 1, 0, 2},   // two bits of the mask are set by the job
           Space{0x3fffe000, 0x1fffe000, 1, 1, 16},  // all of them
           Space{0x20000000, 0xa0000001, 0, 1, 1},   // the ends of the word, one set
           Space{0x20000000, 0x0000e000, 0, 0, 5},   // versions that do not divide by the midstates
           Space{0x20000000, 0, 2, 0, 1},
           Space{0x20000000, 0x00002000, 2, 0, 2},
       }) {
    SCOPED_TRACE(space);
    walk(space, {0, 1});
  }
}

TEST(RollSpace, EveryLaneWalksTheSameFieldsOverItsOwnNonces) {
  const Space space{0x20000000, 0x00006000, 1, 1, 3};
  const std::set<Rolled> whole = walk(space, {0, 1});
  for (std::uint32_t count = 1; count <= 7; ++count) {
    for (std::uint32_t index = 0; index < count; ++index) {
      SCOPED_TRACE(std::to_string(index) + " of " + std::to_string(count));
      EXPECT_EQ(walk(space, {index, count}), whole);
    }
  }
}

TEST(RollSpace, OffersTheWholeOfLargeSpacesWithoutWalkingThem) {
  const auto job = job_of({0x20000000, 0x1fffe000, 8, 600, 64});
  RollSpace rolls(job, {0, 1}, 64);
  constexpr std::uint32_t kUnitsForAllVersions = 65'536 / 64;
  std::set<Roll> seen;
  for (std::uint32_t unit_index = 0; unit_index < 2 * kUnitsForAllVersions; ++unit_index) {
    const auto unit = rolls.next();
    ASSERT_TRUE(unit);
    ASSERT_EQ(unit->scan.midstate_count, 64U);
    EXPECT_EQ(unit->extranonce2, unit_index / kUnitsForAllVersions);
    for (std::uint32_t i = 0; i < 64; ++i)
      ASSERT_TRUE(seen.insert(unit->roll_of({0, i})).second);
  }
}

TEST(RollSpace, WhateverTheMaskUnitsAreAsWideAsItAllowsAndMoveNothingElse) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 2000; ++round) {
    // From masks with hardly a bit to such with all; templates with hardly a bit set in them to such with all.
    auto mask = static_cast<std::uint32_t>(random());
    for (auto thinned = random() % 5; thinned > 0; --thinned)
      mask &= static_cast<std::uint32_t>(random());
    mask &= random() % 2 == 0 ? 0x1fffffe0U : ~0U;
    auto version = static_cast<std::uint32_t>(random());
    for (auto thinned = random() % 4; thinned > 0; --thinned)
      version &= static_cast<std::uint32_t>(random());
    const Space space{version, mask, 8, 600, 1 + static_cast<std::uint32_t>(random()) % 64};
    SCOPED_TRACE(space);
    const std::uint32_t rollable = mask & ~version;
    const std::uint64_t versions = std::uint64_t{1} << std::popcount(rollable);
    RollSpace rolls(job_of(space), {0, 1}, space.midstates);
    std::uint64_t left = versions;  // of this extranonce2
    std::set<std::uint32_t> seen;
    for (int unit_index = 0; unit_index < 8; ++unit_index) {
      const auto unit = rolls.next();
      ASSERT_TRUE(unit);
      ASSERT_EQ(unit->scan.midstate_count, std::min<std::uint64_t>(space.midstates, left));
      for (const std::uint32_t rolled : unit->versions) {
        ASSERT_EQ(rolled & ~rollable, version) << "a bit moved that must not";
        ASSERT_TRUE(seen.insert(rolled).second) << "a version came twice for one extranonce2";
      }
      left -= unit->scan.midstate_count;
      if (left == 0) {
        left = versions;
        seen.clear();
      }
    }
  }
}

TEST(RollSpace, BeginsBehindWhatWasUsedUp) {
  auto work = test::make_template(1);
  work->extranonce2_size = 1;
  work->first_extranonce2 = 253;
  work->time_roll_limit = 1;
  RollSpace space(test::make_job(1, work), {}, 1);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> walked;
  while (const auto unit = space.next()) {
    const Roll roll = unit->roll_of({});
    walked.emplace_back(roll.extranonce2, roll.time - work->time);
  }
  using Walked = std::vector<std::pair<std::uint64_t, std::uint32_t>>;
  EXPECT_EQ(walked, (Walked{{253, 0}, {254, 0}, {255, 0}, {253, 1}, {254, 1}, {255, 1}}));
}

TEST(RollSpace, ClampsTheNumberOfMidstates) {
  const Space space{0x20000000, 0x1fffe000, 0, 0, 1};
  EXPECT_EQ(RollSpace(job_of(space), {}, 0).next()->scan.midstate_count, 1U);
  EXPECT_EQ(RollSpace(job_of(space), {}, 1'000'000).next()->scan.midstate_count, kernels::kMaxMidstates);
}

TEST(RollSpace, LooksForBlocksThatAreEasierThanSharesUntilThereIsOne) {
  auto work = test::make_template(1, 0x2000ffff);
  work->share_target = chain::Target::from_bits(0x1f0fffff).value();
  work->version_mask = 0x1fffe000;
  const auto job = std::make_shared<const Job>(Job{.generation = 1, .work = work, .received = {}});
  RollSpace rolls(job, {}, 1);
  const auto first = rolls.next();
  EXPECT_EQ(first->scan.limit, work->network_target.top_word());
  EXPECT_EQ(first->scan.midstate_count, 1U);
  rolls.continue_as(
      std::make_shared<const Job>(Job{.generation = 2, .work = work, .received = {}, .shares_only = true}), 4);
  const auto second = rolls.next();
  EXPECT_EQ(second->scan.limit, work->share_target.top_word());
  EXPECT_EQ(second->scan.generation, 2U);
  EXPECT_EQ(second->scan.midstate_count, 4U);
  EXPECT_NE(second->versions.front(), first->versions.front()) << "where the first ended";

  std::swap(work->network_target, work->share_target);
  EXPECT_EQ(RollSpace(job, {}, 1).next()->scan.limit, work->share_target.top_word());
}

TEST(RollSpace, UnitsDescribeTheHeadersThatTheirRollsBuild) {
  const Space space{0x20000000, 0x0000e000, 1, 2, 3};
  const auto job = job_of(space);
  RollSpace rolls(job, {0, 3}, space.midstates);
  std::size_t units = 0;
  while (const auto unit = rolls.next()) {
    ++units;
    EXPECT_EQ(unit->scan.limit, wanted_target(*job).top_word());
    for (std::uint32_t i = 0; i < unit->scan.midstate_count; ++i) {
      const auto bytes = build_header(*job->work, unit->roll_of({0xdeadbeef, i})).serialize();
      const std::span<const std::uint8_t, 80> header(bytes);
      ASSERT_EQ(unit->scan.midstates[i], kernels::header_midstate(header.first<64>()));
      ASSERT_EQ(unit->scan.merkle_tail, read_be<std::uint32_t>(header.subspan<64, 4>()));
      ASSERT_EQ(unit->scan.time, read_be<std::uint32_t>(header.subspan<68, 4>()));
      ASSERT_EQ(unit->scan.bits, read_be<std::uint32_t>(header.subspan<72, 4>()));
      ASSERT_EQ(0xdeadbeefU, read_be<std::uint32_t>(header.subspan<76, 4>()));
    }
  }
  EXPECT_EQ(units, 3U * 256 * 3);
}

TEST(RollSpace, RollableBitsAreThoseThatTheJobLeavesClear) {
  WorkTemplate work;
  work.version = 0x20004000;
  work.version_mask = 0x1fffe000;
  EXPECT_EQ(rollable_bits(work), 0x1fffa000U);
  work.version_mask = 0;
  EXPECT_EQ(rollable_bits(work), 0U);
}

}  // namespace
}  // namespace lode::work
