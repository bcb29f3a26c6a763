#include "host/store/disk_reserve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;

/// Bytes that the file system has given the file.
std::uintmax_t room_of(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? static_cast<std::uintmax_t>(status.st_blocks) * 512 : 0;
}

TEST(DiskReserve, HoldsRealRoomUntilItIsReleased) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "reserve";
  DiskReserve reserve(file, 1 << 20);
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(reserve.release());
  ASSERT_TRUE(reserve.take());
  EXPECT_TRUE(reserve.is_held());
  EXPECT_GE(room_of(file), 1U << 20);
  EXPECT_TRUE(reserve.release());
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(reserve.is_held());
  EXPECT_TRUE(reserve.take()) << "there is room again";
}

TEST(DiskReserve, OneOfAnEarlierRunIsTaken) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "reserve";
  ASSERT_TRUE(DiskReserve(file, 4096).take());
  DiskReserve reserve(file, 1 << 20);
  ASSERT_TRUE(reserve.take());
  EXPECT_GE(room_of(file), 1U << 20);
}

TEST(DiskReserve, WhatCannotBeHeldLeavesNothing) {
  const test::TemporaryFolder folder;
  DiskReserve missing(folder.path() / "no" / "reserve", 4096);
  const auto taken = missing.take();
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), testing::HasSubstr("no/reserve"));
  EXPECT_FALSE(missing.is_held());

  const fs::path file = folder.path() / "reserve";
  DiskReserve huge(file, std::size_t{1} << 60);
  EXPECT_FALSE(huge.take());
  EXPECT_FALSE(fs::exists(file));
}

}  // namespace
}  // namespace lode::store
