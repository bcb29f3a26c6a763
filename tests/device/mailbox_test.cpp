#include "host/device/mailbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace lode::device {
namespace {

TEST(LatestMailbox, GivesTheLatestValueOnce) {
  LatestMailbox<int> mailbox;
  EXPECT_FALSE(mailbox.try_take());
  mailbox.put(1);
  mailbox.put(2);
  EXPECT_EQ(mailbox.take(), 2);
  EXPECT_FALSE(mailbox.try_take());
  mailbox.put(2);
  EXPECT_EQ(mailbox.try_take(), 2) << "the same value put again is new mail";
}

TEST(LatestMailbox, ClosingEndsAWaitingReaderAndVoidsMail) {
  LatestMailbox<int> mailbox;
  std::optional<int> got = 7;
  std::thread reader([&] { got = mailbox.take(); });
  mailbox.close();
  reader.join();
  EXPECT_FALSE(got);
  mailbox.put(3);
  EXPECT_FALSE(mailbox.take());
  EXPECT_TRUE(mailbox.closed());
}

TEST(LatestMailbox, ReaderEndsWithTheNewestOfManyWriters) {
  LatestMailbox<int> mailbox;
  constexpr int kLast = 20000;
  std::thread writer([&] {
    for (int i = 1; i <= kLast; ++i)
      mailbox.put(i);
  });
  int previous = 0;
  while (previous != kLast) {
    const auto value = mailbox.take();
    ASSERT_TRUE(value);
    ASSERT_GT(*value, previous) << "values never come twice or out of order";
    previous = *value;
  }
  writer.join();
}

}  // namespace
}  // namespace lode::device
