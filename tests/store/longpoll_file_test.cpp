#include "host/store/longpoll_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/store/posix_file.h"
#include "tests/support/temporary_folder.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;

const chain::Hash256 kTip = chain::Hash256::from_display(std::string(63, '0') + "7").value();
constexpr std::chrono::system_clock::time_point kSent{std::chrono::seconds(1'764'606'000)};

TEST(LongpollFile, KeepsWhatWasLeftUntilItIsCleared) {
  const test::TemporaryFolder folder;
  const LongpollFile file(folder.path() / "state", "127.0.0.1:8332");
  EXPECT_FALSE(file.load());
  EXPECT_TRUE(file.clear()) << "nothing to remove";
  const std::string id = "an id\nsent: 1";  // any characters
  ASSERT_TRUE(file.save({.tip = kTip, .id = id, .sent = kSent}));
  auto left = LongpollFile(folder.path() / "state", "127.0.0.1:8332").load();
  ASSERT_TRUE(left);
  EXPECT_EQ(left->tip, kTip);
  EXPECT_EQ(left->id, id);
  EXPECT_EQ(left->sent, kSent);
  ASSERT_TRUE(file.save({.tip = std::nullopt, .id = {}, .sent = kSent}));
  left = file.load();
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->tip);
  EXPECT_EQ(left->sent, kSent);
  EXPECT_FALSE(LongpollFile(folder.path() / "state", "127.0.0.1:8333").load()) << "each node has its own";
  ASSERT_TRUE(file.clear());
  EXPECT_FALSE(file.load());
}

TEST(LongpollFile, OfADamagedOneCountsThatItIsThere) {
  const test::TemporaryFolder folder;
  const LongpollFile file(folder.path(), "node:1");
  ASSERT_TRUE(file.save({.tip = kTip, .id = "id", .sent = kSent}));
  for (const std::string& text :
       {std::string(), std::string("sent"), std::string("sent: -1\n"), std::string("sent: 99999999999999\n"),
        std::string("sent: 1764606000\ntip: 12\n"), std::string("tip: ") + kTip.to_display() + "\n",
        "sent: 1764606000\nlongpollid, hex: " + std::string(3000, '0') + "\n", std::string(5000, 'x')}) {
    ASSERT_TRUE(replace_file(file.path(), Bytes(text.begin(), text.end())));
    const auto left = file.load();
    ASSERT_TRUE(left) << text;
    EXPECT_FALSE(left->tip) << text;
  }
}

TEST(LongpollFile, NoNodesNameLeavesTheFolder) {
  const test::TemporaryFolder folder;
  const LongpollFile file(folder.path(), "../../" + std::string(500, 'a'));
  EXPECT_EQ(file.path().parent_path(), folder.path() / "longpolls");
  EXPECT_TRUE(file.save({.tip = kTip, .id = "id", .sent = kSent}));
}

TEST(LongpollFile, SaysWhatCannotBeWritten) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "longpolls") << "no folder";
  const LongpollFile file(folder.path(), "node:1");
  const auto saved = file.save({.tip = kTip, .id = "id", .sent = kSent});
  ASSERT_FALSE(saved);
  EXPECT_TRUE(saved.error().is(Errc::kStore));
  EXPECT_FALSE(file.load());
}

}  // namespace
}  // namespace lode::store
