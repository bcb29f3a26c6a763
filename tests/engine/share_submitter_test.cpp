#include "host/engine/share_submitter.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <iterator>

#include "tests/engine/fakes.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

namespace asio = boost::asio;

/// A disk that does nothing until it is told to.
class StalledDiskTest : public ::testing::Test {
 public:
  /// `count` blocks of one pool, each with another hash.
  void find_blocks(int count) {
    for (int i = 0; i < count; ++i) {
      work::Share share;
      share.job = test::make_job(1, work);
      share.roll = {.extranonce2 = 0, .version = work->version, .time = work->time, .nonce = ++found};
      share.hash.bytes[0] = static_cast<std::uint8_t>(found);
      share.hash.bytes[1] = static_cast<std::uint8_t>(found >> 8U);
      share.is_block = true;
      submitter.submit(share, true, "cpu");
    }
  }

  test::TemporaryFolder folder;
  store::PoolBlockLog log{folder.path()};
  asio::io_context context;
  asio::io_context disk;
  FakeSource pool{"pool", context.get_executor()};
  Totals totals;
  SourceTally tally{{&pool}};
  RecordedEvents events;
  std::shared_ptr<work::WorkTemplate> work = [] {
    auto made = test::make_template(1);
    made->body = nullptr;
    return made;
  }();
  std::uint32_t found = 0;
  ShareSubmitter submitter{
      context.get_executor(),
      disk.get_executor(),
      {.sources = {&pool}, .blocks = &log, .totals = &totals, .tally = &tally, .listener = &events},
      Log()};
};

TEST_F(StalledDiskTest, HasAFewFilesWaitingForItHoweverManyBlocksAreFound) {
  find_blocks(300);
  EXPECT_EQ(pool.shares.size(), 300U) << "all go to the pool";
  const auto files = std::filesystem::directory_iterator(folder.path() / "pool-blocks");
  EXPECT_EQ(std::distance(begin(files), end(files)), 300);
  EXPECT_EQ(disk.poll(), 8U);
  find_blocks(3);
  disk.restart();
  EXPECT_EQ(disk.poll(), 3U) << "it works again";
}

}  // namespace
}  // namespace lode::engine
