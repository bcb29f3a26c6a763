#include "host/app/fd_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>

#include "tests/support/patience.h"

namespace lode::app {
namespace {

class FdWriterTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(ends_), 0); }
  void TearDown() override {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
  }
  std::string read_all() {
    std::string text;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(ends_[0], buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<std::size_t>(count));
    return text;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(FdWriterTest, WritesInOrder) {
  std::string expected;
  {
    FdWriter writer(ends_[1]);
    for (int i = 0; i < 1000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      expected += line;
      writer.write(line);
    }
  }
  close_end(1);
  EXPECT_EQ(read_all(), expected);
}

TEST_F(FdWriterTest, AReaderThatStallsHoldsNobodyUp) {
  std::atomic<int> errors{0};
  {
    FdWriter writer(ends_[1], [&](const std::string&) { ++errors; });
    const std::string piece(1 << 16, 'x');
    // More than the pipe, the queue and what the thread has taken from it hold: each write returns, or this test never
    // ends.
    for (std::size_t sent = 0; sent < 3 * FdWriter::kMaxQueued; sent += piece.size())
      writer.write(piece);
    EXPECT_FALSE(writer.flush(std::chrono::milliseconds(1)));
    EXPECT_EQ(errors, 1);
  }  // and the destructor gives up
}

TEST_F(FdWriterTest, AReaderThatWentAwayIsToldOnce) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  close_end(0);
  std::atomic<int> errors{0};
  {
    FdWriter writer(ends_[1], [&](const std::string&) { ++errors; });
    for (int i = 0; i < 10; ++i) {
      writer.write("line\n");
      writer.flush(test::kPatience);
    }
  }
  EXPECT_EQ(errors, 1);
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace lode::app
