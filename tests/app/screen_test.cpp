#include "host/app/screen.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "host/app/log_sink.h"

namespace lode::app {
namespace {

using testing::HasSubstr;
using testing::Not;

engine::Snapshot busy() {
  engine::Snapshot snapshot;
  snapshot.rate_10s = 24.6e6;
  snapshot.rate_60s = 24.5e6;
  snapshot.rate_15min = 24.4e6;
  snapshot.seconds = 3600;
  snapshot.totals.hashes = 1234567;
  snapshot.totals.blocks_accepted = 7;
  snapshot.totals.blocks_rejected = 1;
  snapshot.totals.blocks_stale = 2;
  snapshot.source = "127.0.0.1:8332";
  snapshot.height = 840000;
  snapshot.expected_seconds_to_block = 5400;
  snapshot.best_difficulty = 1234;
  return snapshot;
}

/// The two ends of a pseudo terminal.
class ScreenTest : public testing::Test {
 protected:
  void SetUp() override {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = 40;
    if (::openpty(&master_, &slave_, nullptr, nullptr, &size) != 0) GTEST_SKIP() << "needs a pseudo terminal";
    ASSERT_EQ(::fcntl(master_, F_SETFL, O_NONBLOCK), 0);
  }
  void TearDown() override {
    if (master_ >= 0) ::close(master_);
    if (slave_ >= 0) ::close(slave_);
  }
  /// Everything that arrived; call it when the Terminal is gone.
  std::string seen() {
    std::string text;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(master_, buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<std::size_t>(count));
    return text;
  }

  int master_ = -1;
  int slave_ = -1;
};

TEST(StatusText, HasWhatPeopleAskFor) {
  EXPECT_EQ(status_text(busy()),
            "24.6 MH/s (60s 24.5 MH/s, 15min 24.4 MH/s) | blocks: 7 accepted, 1 rejected, 2 stale | height 840000 | "
            "best 1.23k | a block every 1 h 30 min | 127.0.0.1:8332");
}

TEST(StatusText, SaysSoWhenThereIsNoWork) {
  EXPECT_THAT(status_text({}), HasSubstr("no work"));
}

TEST(StatusText, ShowsPendingBlocksAndHardwareErrors) {
  engine::Snapshot snapshot = busy();
  snapshot.blocks_pending = 1;
  snapshot.totals.hardware_errors = 3;
  EXPECT_THAT(status_text(snapshot), HasSubstr("1 pending"));
  EXPECT_THAT(status_text(snapshot), HasSubstr("3 hardware errors"));
}

TEST_F(ScreenTest, TheStatusLineIsCutToTheWidth) {
  {
    Terminal terminal(slave_, {.status_line = true, .colour = false});
    terminal.status(std::string(500, 'x'));
  }
  EXPECT_THAT(seen(), HasSubstr("\r\x1b[2K" + std::string(39, 'x') + "\r\x1b[2K"));
}

TEST_F(ScreenTest, LinesDoNotTearTheStatusLine) {
  {
    Terminal terminal(slave_, {.status_line = true, .colour = false});
    terminal.status("STATUS");
    terminal.line("a line");
  }
  EXPECT_EQ(seen(), "\r\x1b[2KSTATUS\r\x1b[2Ka line\r\nSTATUS\r\x1b[2K");
}

TEST_F(ScreenTest, WithoutAStatusLineThereAreNoControls) {
  {
    Terminal terminal(slave_, {});
    const Log log = terminal_log(terminal, LogLevel::kInfo);
    Screen screen(terminal, log, false);
    const Started::Device device{.id = "cpu",
                                 .name = "N",
                                 .kernel = "avx2_x8",
                                 .midstates = 16,
                                 .single_kernel = "avx2_x8",
                                 .threads = 3,
                                 .cpus = {0, 2, 1}};
    screen.banner({.version = "1", .sources = {"s"}, .payout = "p", .state = "", .devices = {device}}, true);
    screen.refresh(busy());
    screen.refresh(busy());
    log.warn("evil \x1b[2J text\r\n");
    screen.summary(busy());
  }
  const std::string text = seen();
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("pays nothing"));
  EXPECT_THAT(text, HasSubstr("cpu: N, kernel avx2_x8 (16 versions at a time), 3 threads on CPU 0-2"));
  EXPECT_THAT(text, HasSubstr("warning: evil ?[2J text??"));
  EXPECT_THAT(text, HasSubstr("1,234,567"));
  EXPECT_EQ(text.find("24.6 MH/s"), text.rfind("24.6 MH/s")) << "a plain status line comes once a minute\n" << text;
}

TEST_F(ScreenTest, SeveralSourcesAreSummedUpOneByOne) {
  engine::Snapshot snapshot = busy();
  snapshot.totals.hashes = 4000;
  snapshot.sources = {{.source = "a:1",
                       .hashes = 3000,
                       .shares_submitted = 9,
                       .shares_accepted = 5,
                       .shares_duplicate = 1,
                       .shares_low_difficulty = 1,
                       .shares_refused = 1,
                       .shares_stale = 1},
                      {.source = "b:2", .hashes = 1000, .blocks_found = 2}};
  {
    Terminal terminal(slave_, {.status_line = false, .colour = false});
    Screen screen(terminal, terminal_log(terminal, LogLevel::kInfo), false);
    screen.summary(snapshot);
  }
  const std::string text = seen();
  EXPECT_THAT(text, HasSubstr("a:1: 5 accepted, 3 rejected, 1 stale, 75.0 % of the hashes"));
  EXPECT_THAT(text, HasSubstr("b:2: 2 blocks found, 25.0 % of the hashes"));
}

TEST_F(ScreenTest, QuietLeavesWarnings) {
  {
    Terminal terminal(slave_, {.status_line = true, .colour = false});
    const Log log = terminal_log(terminal, LogLevel::kWarn);
    Screen screen(terminal, log, true);
    screen.banner({}, true);
    screen.refresh(busy());
    screen.show(engine::BlockFound{});
    screen.show(engine::BlockRejected{.hash = {}, .sink = "s", .reason = "bad-cb-height", .detail = {}});
    screen.summary(busy());
  }
  const std::string text = seen();
  EXPECT_THAT(text, HasSubstr("bad-cb-height"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
}

TEST_F(ScreenTest, ColoursAreForTerminalsThatWantThem) {
  const auto with = [this](const char* term, const char* no_color, bool allow) {
    ::setenv("TERM", term, 1);
    no_color == nullptr ? ::unsetenv("NO_COLOR") : ::setenv("NO_COLOR", no_color, 1);
    return Terminal::abilities(slave_, allow);
  };
  EXPECT_TRUE(with("xterm", nullptr, true).colour);
  EXPECT_TRUE(with("xterm", "", true).colour);
  EXPECT_FALSE(with("xterm", "1", true).colour);
  EXPECT_TRUE(with("xterm", "1", true).status_line);
  EXPECT_FALSE(with("xterm", nullptr, false).colour);
  EXPECT_FALSE(with("dumb", nullptr, true).colour);
  EXPECT_FALSE(with("dumb", nullptr, true).status_line);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(Terminal::abilities(ends[1], true).colour);
  EXPECT_FALSE(Terminal::abilities(ends[1], true).status_line);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace lode::app
