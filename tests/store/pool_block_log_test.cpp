#include "host/store/pool_block_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/base/hex.h"
#include "tests/support/temporary_folder.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

PoolBlock make_pool_block(std::uint32_t height) {
  PoolBlock block;
  block.height = height;
  block.pool = "pool.example:3333";
  block.job_id = "4f";
  block.found = std::chrono::system_clock::from_time_t(1'700'000'000);
  block.header.version = 0x20000000;
  block.header.nonce = height;
  block.hash = block.header.hash();
  block.coinbase = {1, 2, 3};
  block.merkle_branch.resize(2);
  block.merkle_branch[1].bytes[0] = 0xab;
  return block;
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(PoolBlockLog, KeepsAllThatIsKnownOfABlock) {
  const test::TemporaryFolder folder;
  PoolBlockLog log(folder.path());
  const PoolBlock block = make_pool_block(7);
  ASSERT_TRUE(log.record(block));
  ASSERT_TRUE(log.sync(block.hash, block.height));
  const std::string text = content(folder.path() / "pool-blocks" / ("7-" + block.hash.to_display() + ".txt"));
  EXPECT_EQ(text, "hash: " + block.hash.to_display() +
                      "\nheight: 7\npool: pool.example:3333\njob: 4f\nfound: 2023-11-14T22:13:20Z\nheader: " +
                      to_hex(block.header.serialize()) + "\ncoinbase: 010203\nbranch: " + std::string(64, '0') +
                      "\nbranch: ab" + std::string(62, '0') + "\n");
}

TEST(PoolBlockLog, MakesNothingBeforeTheFirstBlock) {
  const test::TemporaryFolder folder;
  const PoolBlockLog log(folder.path() / "state");
  EXPECT_FALSE(fs::exists(folder.path() / "state"));
}

TEST(PoolBlockLog, WhatAPoolChoseStaysOnItsLine) {
  PoolBlock block = make_pool_block(1);
  block.job_id = "x\nheader: 00\x1b[2J" + std::string(1000, 'y');
  EXPECT_THAT(to_text(block), HasSubstr("\njob: x?header: 00?[2Jyyy"));
  EXPECT_LT(to_text(block).size(), 1000U);
}

TEST(PoolBlockLog, SaysWhenItCannotWrite) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "pool-blocks") << "in the way";
  PoolBlockLog log(folder.path());
  const auto recorded = log.record(make_pool_block(1));
  ASSERT_FALSE(recorded);
  EXPECT_THAT(recorded.error().message(), HasSubstr("pool-blocks"));
}

TEST(PoolBlockLog, DropsTheOldest) {
  const test::TemporaryFolder folder;
  PoolBlockLog log(folder.path());
  ASSERT_TRUE(log.record(make_pool_block(0)));
  const fs::path files = folder.path() / "pool-blocks";
  const fs::path first = fs::directory_iterator(files)->path();
  fs::last_write_time(first, fs::file_time_type::clock::now() - std::chrono::hours(1));
  constexpr std::uint32_t kEnough = PoolBlockLog::kKept * 5 / 4;
  for (std::uint32_t height = 1; height <= kEnough; ++height)
    ASSERT_TRUE(log.record(make_pool_block(height)));
  EXPECT_GE(files_in(files), PoolBlockLog::kKept);
  EXPECT_LE(files_in(files), PoolBlockLog::kKept + PoolBlockLog::kKept / 10 + 1);
  EXPECT_TRUE(
      fs::exists(files / (std::to_string(kEnough) + "-" + make_pool_block(kEnough).hash.to_display() + ".txt")));
  EXPECT_FALSE(fs::exists(first));
}

}  // namespace
}  // namespace lode::store
