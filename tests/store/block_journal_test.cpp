#include "host/store/block_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "host/chain/block.h"
#include "host/chain/coinbase.h"
#include "host/store/posix_file.h"
#include "tests/store/file_size_limit.h"
#include "tests/support/temporary_folder.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct TestBlock {
  chain::Hash256 hash;
  std::uint32_t height = 0;
  Bytes bytes;
};

/// A block that is whole, if not mined; different for every height.
TestBlock make_block(std::uint32_t height, std::size_t padding = 0) {
  chain::CoinbaseSpec spec;
  spec.height = height;
  spec.value = 1;
  spec.payout_script = {0x51};
  const auto parts = chain::build_coinbase(spec).value();
  Bytes coinbase = parts.prefix;
  append(coinbase, parts.suffix);
  chain::Block block;
  block.header.version = 0x20000000;
  block.header.previous_block.bytes[0] = 7;
  block.transactions.push_back(chain::Transaction::parse(chain::with_witness(coinbase)).value());
  if (padding != 0) block.transactions[0].outputs.push_back({0, Bytes(padding, 0x6a)});
  block.header.merkle_root = block.transactions[0].txid();
  return {block.header.hash(), height, block.serialize()};
}

std::string file_name(const TestBlock& block) {
  return to_file_name({block.height, block.hash});
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class BlockJournalTest : public testing::Test {
 protected:
  std::unique_ptr<BlockJournal> open() {
    auto journal = BlockJournal::open(folder(), log_);
    if (!journal) throw std::runtime_error(journal.error().message());
    return std::move(*journal);
  }
  [[nodiscard]] fs::path folder() const { return temporary_.path() / "state" / "journal"; }
  [[nodiscard]] fs::path pending() const { return folder() / "pending"; }
  [[nodiscard]] fs::path damaged() const { return folder() / "damaged"; }
  [[nodiscard]] fs::path resolved() const { return folder() / "resolved"; }
  [[nodiscard]] std::string logged() const { return logged_.str(); }

 private:
  test::TemporaryFolder temporary_;
  std::ostringstream logged_;
  Log log_{std::make_shared<spdlog::logger>("store", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_))};
};

TEST_F(BlockJournalTest, GivesBackWhatWasRecorded) {
  const TestBlock second = make_block(20);
  const TestBlock first = make_block(9);
  const auto journal = open();
  EXPECT_THAT(journal->pending().value(), IsEmpty());
  ASSERT_TRUE(journal->record(second.hash, second.height, second.bytes));
  ASSERT_TRUE(journal->record(first.hash, first.height, first.bytes));
  ASSERT_TRUE(journal->record(first.hash, first.height, first.bytes));  // again: harmless
  const auto blocks = journal->pending().value();
  ASSERT_THAT(blocks, SizeIs(2));
  EXPECT_EQ(blocks[0].hash, first.hash);
  EXPECT_EQ(blocks[0].height, 9U);
  EXPECT_EQ(blocks[0].previous_block.bytes[0], 7);
  EXPECT_EQ(*blocks[0].serialized, first.bytes);
  EXPECT_EQ(blocks[1].hash, second.hash);
  EXPECT_TRUE(journal->flush());
}

TEST_F(BlockJournalTest, SurvivesBeingReopened) {
  const TestBlock block = make_block(5);
  { ASSERT_TRUE(open()->record(block.hash, block.height, block.bytes)); }
  const auto journal = open();
  const auto blocks = journal->pending().value();
  ASSERT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(*blocks[0].serialized, block.bytes);
  journal->resolve(block.hash, Resolution::kAccepted);
  EXPECT_THAT(journal->pending().value(), IsEmpty());
  EXPECT_THAT(names_in(pending()), IsEmpty());
}

TEST_F(BlockJournalTest, FilesAreRawBlocksInPrivateFolders) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  ASSERT_TRUE(journal->record(block.hash, block.height, block.bytes));
  EXPECT_THAT(names_in(pending()), ElementsAre("5-" + block.hash.to_display() + ".block"));
  EXPECT_EQ(read_regular_file(pending() / file_name(block), 4'000'000).value(), block.bytes);
  for (const fs::path& made : {folder(), pending(), resolved(), damaged()}) {
    EXPECT_EQ(fs::status(made).permissions(), fs::perms::owner_all) << made;
  }
}

TEST_F(BlockJournalTest, RefusesBytesThatAreNotTheBlock) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  EXPECT_TRUE(journal->record(make_block(6).hash, 5, block.bytes).error().is(Errc::kMalformed));
  EXPECT_TRUE(journal->record(block.hash, 5, ByteView(block.bytes).first(79)).error().is(Errc::kMalformed));
  EXPECT_TRUE(journal->record(block.hash, 5, Bytes(4'000'001)).error().is(Errc::kTooLarge));
  EXPECT_THAT(names_in(pending()), IsEmpty());
}

TEST_F(BlockJournalTest, AcceptedBlocksGoOthersAreKept) {
  const auto journal = open();
  std::vector<TestBlock> blocks;
  for (std::uint32_t height = 1; height <= 3; ++height) {
    blocks.push_back(make_block(height));
    ASSERT_TRUE(journal->record(blocks.back().hash, height, blocks.back().bytes));
  }
  journal->resolve(blocks[0].hash, Resolution::kAccepted);
  journal->resolve(blocks[1].hash, Resolution::kStale);
  journal->resolve(blocks[2].hash, Resolution::kRejected);
  journal->resolve(blocks[2].hash, Resolution::kRejected);
  journal->resolve(make_block(4).hash, Resolution::kRejected);
  EXPECT_THAT(names_in(pending()), IsEmpty());
  EXPECT_THAT(names_in(resolved()), ElementsAre(file_name(blocks[1]), file_name(blocks[2])));
  EXPECT_EQ(read_regular_file(resolved() / file_name(blocks[1]), 4'000'000).value(), blocks[1].bytes);
  EXPECT_EQ(logged(), "");
}

TEST_F(BlockJournalTest, KeepsTheNewestHundredResolved) {
  const auto journal = open();
  std::vector<TestBlock> blocks;
  for (std::uint32_t height = 1; height <= BlockJournal::kResolvedKept + 3; ++height) {
    blocks.push_back(make_block(height));
    ASSERT_TRUE(journal->record(blocks.back().hash, height, blocks.back().bytes));
    fs::last_write_time(pending() / file_name(blocks.back()),
                        fs::file_time_type::clock::now() - std::chrono::hours(1'000 - height));
    journal->resolve(blocks.back().hash, Resolution::kStale);
  }
  const auto kept = names_in(resolved());
  EXPECT_THAT(kept, SizeIs(BlockJournal::kResolvedKept));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_THAT(kept, testing::Not(testing::Contains(file_name(blocks[i]))));
}

TEST_F(BlockJournalTest, ABlockMayChangeItsHeight) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  ASSERT_TRUE(journal->record(block.hash, 5, block.bytes));
  ASSERT_TRUE(journal->record(block.hash, 6, block.bytes));
  const auto blocks = journal->pending().value();
  ASSERT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(blocks[0].height, 6U);
  journal->resolve(block.hash, Resolution::kAccepted);
  EXPECT_THAT(names_in(pending()), IsEmpty());
}

TEST_F(BlockJournalTest, MovesTornFilesOfEveryLengthAside) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  for (std::size_t length = 0; length < block.bytes.size(); ++length) {
    ASSERT_TRUE(write_file(pending() / file_name(block), ByteView(block.bytes).first(length)));
    ASSERT_THAT(journal->pending().value(), IsEmpty()) << length;
    ASSERT_THAT(names_in(pending()), IsEmpty()) << length;
  }
  EXPECT_LE(names_in(damaged()).size(), BlockJournal::kDamagedKept);
  EXPECT_THAT(logged(), HasSubstr("no whole block"));
  ASSERT_TRUE(write_file(pending() / file_name(block), block.bytes));
  EXPECT_THAT(journal->pending().value(), SizeIs(1));
}

TEST_F(BlockJournalTest, MovesAsideWhatHasAFlippedBit) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  constexpr std::size_t kWitnessTail = 4 + 32;  // lock time and reserved value: the header does not cover the latter
  for (std::size_t at = 0; at < block.bytes.size() - kWitnessTail; ++at) {
    Bytes flipped = block.bytes;
    flipped[at] ^= 0x10;
    ASSERT_TRUE(write_file(pending() / file_name(block), flipped));
    ASSERT_THAT(journal->pending().value(), IsEmpty()) << at;
    ASSERT_THAT(names_in(pending()), IsEmpty()) << at;
  }
}

TEST_F(BlockJournalTest, MovesForeignThingsAside) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  ASSERT_TRUE(journal->record(block.hash, block.height, block.bytes));
  ASSERT_TRUE(write_file(pending() / "notes.txt", Bytes(3)));
  ASSERT_TRUE(write_file(pending() / file_name(make_block(6)), block.bytes));        // another's name
  ASSERT_TRUE(write_file(pending() / to_file_name({77, block.hash}), block.bytes));  // a second copy
  ASSERT_TRUE(write_file(pending() / file_name(make_block(8)), Bytes(4'000'001)));
  fs::create_directories(pending() / file_name(make_block(9)) / "folder");
  fs::create_symlink("/dev/zero", pending() / file_name(make_block(10)));
  fs::create_symlink(pending() / "nowhere", pending() / file_name(make_block(11)));
  for (int round = 0; round < 2; ++round) {
    const auto blocks = journal->pending().value();
    ASSERT_THAT(blocks, SizeIs(1));
    EXPECT_EQ(blocks[0].hash, block.hash);
  }
  EXPECT_THAT(names_in(pending()), SizeIs(1));
  EXPECT_THAT(names_in(damaged()), SizeIs(7));
  EXPECT_TRUE(fs::exists(damaged() / file_name(make_block(9)) / "folder"));
}

TEST_F(BlockJournalTest, TwoThingsOfOneNameAreBothKeptAside) {
  const auto journal = open();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(write_file(pending() / "notes.txt", Bytes(3)));
    ASSERT_TRUE(journal->pending());
  }
  EXPECT_THAT(names_in(damaged()), ElementsAre("notes.txt", "notes.txt.1", "notes.txt.2"));
}

TEST_F(BlockJournalTest, AdoptsWholeTemporaryFilesOfDeadProcesses) {
  { open(); }
  const TestBlock whole = make_block(5);
  const TestBlock torn = make_block(6);
  const TestBlock other = make_block(7);
  // A process that has ended and been waited for.
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ASSERT_GT(dead, 0);
  ASSERT_EQ(::waitpid(dead, nullptr, 0), dead);
  ASSERT_TRUE(write_file(pending() / to_temporary_name({5, whole.hash}, dead), whole.bytes));
  ASSERT_TRUE(write_file(pending() / to_temporary_name({6, torn.hash}, dead), ByteView(torn.bytes).first(100)));
  // One that lives (our parent) is at work on this one: it must not be taken away.
  const std::string in_work = to_temporary_name({7, other.hash}, ::getppid());
  ASSERT_TRUE(write_file(pending() / in_work, ByteView(other.bytes).first(100)));

  const auto journal = open();
  const auto blocks = journal->pending().value();
  ASSERT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(blocks[0].hash, whole.hash);
  EXPECT_THAT(names_in(damaged()), SizeIs(1));
  EXPECT_THAT(names_in(pending()), ElementsAre(file_name(whole), in_work));
}

TEST_F(BlockJournalTest, LosesNothingWhenKilledRightAfterRecording) {
  { open(); }
  for (std::uint32_t height = 1; height <= 10; ++height) {
    const TestBlock block = make_block(height, 50'000);
    const pid_t child = ::fork();
    if (child == 0) {
      auto journal = BlockJournal::open(folder(), Log());
      if (journal && (*journal)->record(block.hash, block.height, block.bytes)) ::kill(::getpid(), SIGKILL);
      ::_exit(1);
    }
    ASSERT_GT(child, 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    const auto journal = open();
    const auto blocks = journal->pending().value();
    ASSERT_THAT(blocks, SizeIs(1));
    EXPECT_EQ(*blocks[0].serialized, block.bytes);
    journal->resolve(block.hash, Resolution::kAccepted);
  }
}

TEST_F(BlockJournalTest, SaysThatTheDiskIsFullAndWorksWhenThereIsSpaceAgain) {
  const TestBlock block = make_block(5, 100'000);
  const auto journal = open();
  {
    const test::FileSizeLimit full(8'192);
    const auto recorded = journal->record(block.hash, block.height, block.bytes);
    ASSERT_FALSE(recorded);
    EXPECT_TRUE(recorded.error().is(Errc::kStore));
    EXPECT_THAT(recorded.error().message(), HasSubstr(pending().string()));
    EXPECT_THAT(recorded.error().message(), HasSubstr("File too large"));
  }
  EXPECT_THAT(names_in(pending()), IsEmpty());
  EXPECT_THAT(journal->pending().value(), IsEmpty());
  ASSERT_TRUE(journal->record(block.hash, block.height, block.bytes));
  EXPECT_THAT(journal->pending().value(), SizeIs(1));
}

TEST_F(BlockJournalTest, MakesItsFoldersAnewWhenTheyWereRemoved) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  fs::remove_all(folder());
  EXPECT_FALSE(journal->pending());
  ASSERT_TRUE(journal->record(block.hash, block.height, block.bytes));
  EXPECT_THAT(journal->pending().value(), SizeIs(1));
  EXPECT_TRUE(journal->flush());
}

TEST_F(BlockJournalTest, SaysWhyItCannotRecord) {
  const TestBlock block = make_block(5);
  const auto journal = open();
  fs::remove_all(folder());
  ASSERT_TRUE(write_file(folder(), Bytes(1)));  // a file where the folder was
  const auto recorded = journal->record(block.hash, block.height, block.bytes);
  ASSERT_FALSE(recorded);
  EXPECT_THAT(recorded.error().message(), HasSubstr(pending().string()));
  EXPECT_THAT(recorded.error().message(), HasSubstr("Not a directory"));
  fs::remove(folder());
  EXPECT_TRUE(journal->record(block.hash, block.height, block.bytes));
}

TEST_F(BlockJournalTest, DoesNotOpenWhereItCannotWrite) {
  fs::create_directories(folder().parent_path());
  ASSERT_TRUE(write_file(folder(), Bytes(1)));
  const auto onto_file = BlockJournal::open(folder(), Log());
  ASSERT_FALSE(onto_file);
  EXPECT_TRUE(onto_file.error().is(Errc::kStore));
  EXPECT_THAT(onto_file.error().message(), HasSubstr(folder().string()));
  EXPECT_THAT(BlockJournal::open(folder() / "below", Log()).error().message(), HasSubstr(folder().string()));
  EXPECT_THAT(BlockJournal::open("/proc/lode", Log()).error().message(), HasSubstr("/proc/lode"));
}

TEST_F(BlockJournalTest, DoesNotOpenInAReadOnlyFolder) {
  { open(); }
  fs::permissions(pending(), fs::perms::owner_read | fs::perms::owner_exec);
  // Permissions do not stop root, so root becomes somebody else for a moment.
  constexpr uid_t kNobody = 65534;
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    const fs::path all = folder().parent_path().parent_path();
    ASSERT_EQ(::chown(all.c_str(), kNobody, static_cast<gid_t>(-1)), 0);
    for (const auto& entry : fs::recursive_directory_iterator(all))
      ASSERT_EQ(::chown(entry.path().c_str(), kNobody, static_cast<gid_t>(-1)), 0);
    if (::seteuid(kNobody) != 0) GTEST_SKIP() << "needs a user whom permissions stop; this is root and can be no other";
  }
  const auto journal = BlockJournal::open(folder(), Log());
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  fs::permissions(pending(), fs::perms::owner_all);
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().message(), HasSubstr(pending().string()));
  EXPECT_THAT(journal.error().message(), HasSubstr("Permission denied"));
}

TEST_F(BlockJournalTest, TakesRelativePaths) {
  const fs::path relative = fs::relative(folder());
  const TestBlock block = make_block(5);
  const auto journal = BlockJournal::open(relative, Log()).value();
  ASSERT_TRUE(journal->record(block.hash, block.height, block.bytes));
  EXPECT_THAT(names_in(pending()), SizeIs(1));
}

TEST_F(BlockJournalTest, IsSafeFromManyThreads) {
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kEach = 25;
  const auto journal = open();
  std::atomic<std::uint32_t> recorded{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&journal, &recorded, t] {
      for (std::uint32_t i = 0; i < kEach; ++i) {
        const TestBlock block = make_block(1 + t * kEach + i);
        if (journal->record(block.hash, block.height, block.bytes)) ++recorded;
        if (i % 5 == 0) journal->flush();
        if (i % 2 == 0) journal->resolve(block.hash, i % 4 == 0 ? Resolution::kAccepted : Resolution::kStale);
      }
    });
  }
  // Others look on, and resolve what they see, at the same time as its finder does.
  threads.emplace_back([&journal] {
    for (int i = 0; i < 20; ++i) {
      const auto blocks = journal->pending();
      if (!blocks) continue;
      for (const PendingBlock& block : *blocks) {
        if (block.height % 10 == 1) journal->resolve(block.hash, Resolution::kAccepted);
      }
    }
  });
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(recorded, kThreads * kEach);
  EXPECT_TRUE(journal->flush());
  for (const PendingBlock& block : journal->pending().value())
    journal->resolve(block.hash, Resolution::kAccepted);
  EXPECT_THAT(names_in(pending()), IsEmpty());
  EXPECT_THAT(names_in(damaged()), IsEmpty());
}

}  // namespace
}  // namespace lode::store
