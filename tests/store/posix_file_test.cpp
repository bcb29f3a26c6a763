#include "host/store/posix_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/store/file_size_limit.h"
#include "tests/support/temporary_folder.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(PosixFile, WritesAndReadsBack) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300'000}}) {
    const Bytes content(size, 0xa5);
    ASSERT_TRUE(write_file(file, content));
    EXPECT_EQ(read_regular_file(file, size).value(), content);
  }
  EXPECT_TRUE(sync_to_disk(file));
  EXPECT_TRUE(sync_to_disk(folder.path()));
  EXPECT_TRUE(sync_to_disk(folder.path() / "gone"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(PosixFile, NamesPathAndCauseAndLeavesNothingWhenTheDiskIsFull) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  const test::FileSizeLimit full(1'000);
  const auto written = write_file(file, Bytes(1'001));
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is(Errc::kStore));
  EXPECT_THAT(written.error().message(), HasSubstr(file.string() + ": File too large"));
  EXPECT_FALSE(fs::exists(file));
}

TEST(PosixFile, NeitherWritesNorRemovesWhatIsNoRegularFile) {
  const test::TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(write_file(pipe, Bytes(3)));  // nobody reads it
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  EXPECT_THAT(write_file(pipe, Bytes(3)).error().message(), HasSubstr("no regular file"));
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_FALSE(write_file(folder.path(), Bytes(3)));
  EXPECT_TRUE(fs::is_directory(folder.path()));
}

TEST(PosixFile, ReplacesAFileAsAWhole) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  ASSERT_TRUE(replace_file(file, Bytes(10, 1)));
  EXPECT_EQ(read_regular_file(file, 10).value(), Bytes(10, 1));
  ASSERT_TRUE(replace_file(file, Bytes(3, 2)));
  EXPECT_EQ(read_regular_file(file, 10).value(), Bytes(3, 2));
  {
    const test::FileSizeLimit full(100);
    EXPECT_FALSE(replace_file(file, Bytes(100'000, 3)).has_value());
  }
  EXPECT_EQ(read_regular_file(file, 10).value(), Bytes(3, 2)) << "what was there stays";
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1) << "and nothing else";
  fs::create_directory(folder.path() / "taken");
  EXPECT_THAT(replace_file(folder.path() / "taken", Bytes(1, 4)).error().message(), HasSubstr("taken"));
  EXPECT_THAT(replace_file(folder.path() / "no" / "file", Bytes(1, 4)).error().message(), HasSubstr("no/file"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST(PosixFile, MakesParentsToo) {
  const test::TemporaryFolder folder;
  const fs::path deep = folder.path() / "a" / "b" / "c";
  ASSERT_TRUE(make_private_folders(deep));
  EXPECT_TRUE(fs::is_directory(deep));
  EXPECT_EQ(fs::status(deep).permissions(), fs::perms::owner_all);
  EXPECT_TRUE(make_private_folders(deep)) << "there already";
  EXPECT_THAT(make_private_folders("/dev/null/a/b").error().message(), HasSubstr("/dev/null/a"));
}

TEST(PosixFile, ReadsNoMoreThanAllowed) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  ASSERT_TRUE(write_file(file, Bytes(11)));
  EXPECT_TRUE(read_regular_file(file, 10).error().is(Errc::kTooLarge));
}

TEST(PosixFile, ReadsRegularFilesOnly) {
  const test::TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(read_regular_file(pipe, 10).error().is(Errc::kMalformed));
  EXPECT_TRUE(read_regular_file(folder.path(), 10).error().is(Errc::kMalformed));
  EXPECT_TRUE(read_regular_file("/dev/zero", 10).error().is(Errc::kMalformed));
  const fs::path link = folder.path() / "link";
  ASSERT_TRUE(write_file(folder.path() / "file", Bytes(3)));
  fs::create_symlink(folder.path() / "file", link);
  EXPECT_TRUE(read_regular_file(link, 10).error().is(Errc::kMalformed));
  EXPECT_TRUE(read_regular_file(folder.path() / "gone", 10).error().is(Errc::kStore));
}

TEST(PosixFile, MakesPrivateFolders) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(make_private_folder(folder.path() / "made"));
  ASSERT_TRUE(make_private_folder(folder.path() / "made"));
  EXPECT_EQ(fs::status(folder.path() / "made").permissions(), fs::perms::owner_all);
  ASSERT_TRUE(write_file(folder.path() / "file", Bytes(3)));
  const auto onto_file = make_private_folder(folder.path() / "file");
  ASSERT_FALSE(onto_file);
  EXPECT_THAT(onto_file.error().message(), HasSubstr("Not a directory"));
  EXPECT_THAT(make_private_folder(folder.path() / "gone" / "made").error().message(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace lode::store
