#include "host/work/verifier.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/test_work.h"

namespace lode::work {
namespace {

using Kind = Verdict::Kind;

/// Network target of 2^-12 and share target of 2^-8 of all hashes, so that nonces of every kind are found at once.
std::shared_ptr<WorkTemplate> easy_template() {
  auto work = test::make_template(1, 0x1f0fffff);
  work->share_target = chain::Target::from_bits(0x2000ffff).value();
  return work;
}

Roll roll_at(const WorkTemplate& work, std::uint32_t nonce) {
  return {.extranonce2 = 3, .version = work.version, .time = work.time, .nonce = nonce};
}

/// What a roll is worth by its hash alone.
Kind expected_kind(const WorkTemplate& work, const chain::Hash256& hash) {
  if (work.network_target.is_met_by(hash)) return Kind::kBlock;
  if (work.share_target.is_met_by(hash)) return Kind::kShare;
  const std::uint32_t top = chain::Target::from_le_bytes(hash.bytes).top_word();
  return top <= work.share_target.top_word() ? Kind::kNearMiss : Kind::kHardwareError;
}

std::optional<Roll> first_of(const Job& job, Kind kind) {
  for (std::uint32_t nonce = 0; nonce < 1'000'000; ++nonce) {
    const Roll roll = roll_at(*job.work, nonce);
    if (verify(job, roll).kind == kind) return roll;
  }
  return std::nullopt;
}

TEST(Verifier, JudgesByAll256Bits) {
  const auto job = test::make_job(1, easy_template());
  std::size_t blocks = 0;
  std::size_t shares = 0;
  for (std::uint32_t nonce = 0; nonce < 20'000; ++nonce) {
    const Verdict verdict = verify(*job, roll_at(*job->work, nonce));
    ASSERT_EQ(verdict.hash, verdict.header.hash());
    ASSERT_EQ(verdict.header.nonce, nonce);
    ASSERT_EQ(verdict.kind, expected_kind(*job->work, verdict.hash)) << nonce;
    blocks += verdict.kind == Kind::kBlock ? 1U : 0U;
    shares += verdict.kind == Kind::kShare ? 1U : 0U;
  }
  EXPECT_GT(blocks, 0U);
  EXPECT_GT(shares, 10 * blocks / 2);
}

TEST(Verifier, CallsABlockWhatMeetsTheNetworkTargetEvenWhereSharesAreHarder) {
  auto work = easy_template();
  std::swap(work->share_target, work->network_target);
  const auto job = test::make_job(1, work);
  const auto roll = first_of(*job, Kind::kBlock);
  ASSERT_TRUE(roll);
  EXPECT_FALSE(first_of(*job, Kind::kShare));  // every share is a block here
}

TEST(Verifier, ANearMissOfABlockIsNoErrorWhereSharesAreHarder) {
  auto work = easy_template();
  std::swap(work->share_target, work->network_target);
  const Roll roll = roll_at(*work, 0);
  auto limit = verify(*test::make_job(1, work), roll).hash.bytes;
  std::fill(limit.begin(), limit.begin() + 28, std::uint8_t{0});
  work->network_target = chain::Target::from_le_bytes(limit);
  work->share_target = chain::Target();
  EXPECT_EQ(verify({.generation = 1, .work = work, .received = {}}, roll).kind, Kind::kNearMiss);
  EXPECT_EQ(verify({.generation = 1, .work = work, .received = {}, .shares_only = true}, roll).kind,
            Kind::kHardwareError);
}

TEST(Verifier, TellsANearMissFromAHardwareError) {
  auto work = easy_template();
  const Roll roll = roll_at(*work, 0);
  // Targets that share the hash's highest word: one too low in the word below it, one a whole word too low.
  const chain::Hash256 hash = verify(*test::make_job(1, work), roll).hash;
  auto limit = hash.bytes;
  std::fill(limit.begin(), limit.begin() + 28, std::uint8_t{0});
  work->network_target = work->share_target = chain::Target::from_le_bytes(limit);
  EXPECT_EQ(verify(*test::make_job(1, work), roll).kind, Kind::kNearMiss);
  std::size_t byte = 28;  // one less in the highest word
  while (limit[byte] == 0)
    limit[byte++] = 0xff;
  --limit[byte];
  work->network_target = work->share_target = chain::Target::from_le_bytes(limit);
  EXPECT_EQ(verify(*test::make_job(1, work), roll).kind, Kind::kHardwareError);
}

TEST(Verifier, AHashEqualToItsTargetMeetsIt) {
  auto work = easy_template();
  const Roll roll = roll_at(*work, 5);
  const chain::Hash256 hash = verify(*test::make_job(1, work), roll).hash;
  work->network_target = chain::Target();
  work->share_target = chain::Target::from_le_bytes(hash.bytes);
  EXPECT_EQ(verify(*test::make_job(1, work), roll).kind, Kind::kShare);
  work->network_target = work->share_target;
  EXPECT_EQ(verify(*test::make_job(1, work), roll).kind, Kind::kBlock);
}

TEST(Verifier, EveryFlippedBitOfARollGivesAnotherHash) {
  const auto job = test::make_job(1, easy_template());
  const auto block = first_of(*job, Kind::kBlock);
  ASSERT_TRUE(block);
  const chain::Hash256 hash = verify(*job, *block).hash;
  std::size_t hardware_errors = 0;
  std::size_t flips = 0;
  const auto try_roll = [&](const Roll& flipped) {
    const Verdict verdict = verify(*job, flipped);
    EXPECT_NE(verdict.hash, hash);
    EXPECT_EQ(verdict.kind, expected_kind(*job->work, verdict.hash));
    ++flips;
    if (verdict.kind == Kind::kHardwareError) ++hardware_errors;
  };
  for (unsigned bit = 0; bit < 32; ++bit) {
    Roll roll = *block;
    roll.nonce ^= 1U << bit;
    try_roll(roll);
    roll = *block;
    roll.version ^= 1U << bit;
    try_roll(roll);
    roll = *block;
    roll.time ^= 1U << bit;
    try_roll(roll);
  }
  for (unsigned bit = 0; bit < 64; ++bit) {
    Roll roll = *block;
    roll.extranonce2 ^= std::uint64_t{1} << bit;
    try_roll(roll);
  }
  EXPECT_EQ(flips, 160U);
  EXPECT_GE(hardware_errors, flips - 8);  // one in 256 is a share by chance
}

}  // namespace
}  // namespace lode::work
