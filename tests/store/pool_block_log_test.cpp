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
  block.session_id = "s1";
  block.job_version = 0x20000000;
  block.version_mask = 0x1fffe000;
  block.extranonce1 = {0xf0, 1};
  block.extranonce2 = {0, 2};
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
  EXPECT_EQ(text,
            "hash: " + block.hash.to_display() +
                "\nheight: 7\npool: pool.example:3333\njob: 4f\nsession: s1\nfound: 2023-11-14T22:13:20Z\nheader: " +
                to_hex(block.header.serialize()) +
                "\njob version: 20000000\nversion mask: 1fffe000\nextranonce1: f001\nextranonce2: 0002"
                "\ncoinbase: 010203\nbranch: " +
                std::string(64, '0') + "\nbranch: ab" + std::string(62, '0') + "\n");
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

TEST(PoolBlockLog, ATextIsReadBackAsItWas) {
  PoolBlock block = make_pool_block(1);
  block.job_id = "x\nheader: 00\x1b[2J";
  block.session_id.clear();
  const auto read = parse_pool_block(to_text(block));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->hash, block.hash);
  EXPECT_EQ(read->height, block.height);
  EXPECT_EQ(read->pool, block.pool);
  EXPECT_EQ(read->job_id, block.job_id);
  EXPECT_EQ(read->session_id, block.session_id);
  EXPECT_EQ(read->found, block.found);
  EXPECT_EQ(read->header, block.header);
  EXPECT_EQ(read->job_version, block.job_version);
  EXPECT_EQ(read->version_mask, block.version_mask);
  EXPECT_EQ(read->extranonce1, block.extranonce1);
  EXPECT_EQ(read->extranonce2, block.extranonce2);
  EXPECT_EQ(read->coinbase, block.coinbase);
  EXPECT_EQ(read->merkle_branch, block.merkle_branch);
}

TEST(PoolBlockLog, ATextThatIsNotWholeIsNoBlock) {
  const std::string whole = to_text(make_pool_block(1));
  EXPECT_FALSE(parse_pool_block(""));
  EXPECT_FALSE(parse_pool_block("no name\n" + whole));
  for (const char* name : {"hash", "height", "pool", "job", "found", "header", "extranonce1", "job version"}) {
    std::string text = whole;
    text.insert(text.find(std::string(name) + ": "), "x");
    EXPECT_FALSE(parse_pool_block(text)) << name;
  }
  for (const auto& [from, to] : {std::pair{"height: 1", "height: 1x"}, std::pair{"found: 2", "found: x"},
                                 std::pair{"extranonce2: 0002", "extranonce2: 000"},
                                 std::pair{"job version: 20000000", "job version: 200000000"}}) {
    std::string text = whole;
    text.replace(text.find(from), std::string(from).size(), to);
    EXPECT_FALSE(parse_pool_block(text)) << to;
  }
  PoolBlock other = make_pool_block(1);
  other.header.nonce = 77;
  EXPECT_FALSE(parse_pool_block(to_text(other))) << "the hash is of another header";
}

TEST(PoolBlockLog, OpenBlocksAreThoseWithoutAnAnswer) {
  const test::TemporaryFolder folder;
  PoolBlockLog log(folder.path());
  EXPECT_TRUE(log.open_blocks({}).empty());
  for (std::uint32_t height = 1; height <= 4; ++height) {
    PoolBlock block = make_pool_block(height);
    block.found += std::chrono::hours(10 - height);
    ASSERT_TRUE(log.record(block));
  }
  const PoolBlock closed = make_pool_block(2);
  ASSERT_TRUE(log.close(closed.hash, closed.height, "the pool has it"));
  ASSERT_TRUE(log.record(closed)) << "found once more";
  ASSERT_TRUE(log.close(make_pool_block(99).hash, 99, "of which there is no file"));
  std::ofstream(folder.path() / "pool-blocks" / "3-broken.txt") << "hash: ab\n";
  const auto open = log.open_blocks({});
  ASSERT_EQ(open.size(), 3U);
  EXPECT_EQ(open[0].height, 4U) << "found first";
  EXPECT_EQ(open[2].height, 1U);
  EXPECT_EQ(log.open_blocks(open[1].found).size(), 2U);
  EXPECT_THAT(content(folder.path() / "pool-blocks" / ("2-" + closed.hash.to_display() + ".txt")),
              testing::EndsWith("\nanswer: the pool has it\n"));
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
