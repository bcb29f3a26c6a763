#include "host/store/accepted_blocks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/store/posix_file.h"
#include "tests/support/temporary_folder.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const AcceptedBlocks::Time kNow = std::chrono::system_clock::now();

class AcceptedBlocksTest : public testing::Test {
 public:
  BlockName adopt(std::uint32_t height, AcceptedBlocks::Time at = kNow, std::size_t bytes = 100) {
    BlockName name{.height = height, .hash = {}};
    name.hash.bytes[0] = static_cast<std::uint8_t>(height);
    name.hash.bytes[1] = static_cast<std::uint8_t>(height >> 8);
    const fs::path file = temporary.path() / "block";
    EXPECT_TRUE(write_file(file, Bytes(bytes, static_cast<std::uint8_t>(height))));
    EXPECT_TRUE(blocks.adopt(file, name, at));
    EXPECT_FALSE(fs::exists(file));
    return name;
  }
  std::vector<std::uint32_t> heights() const {
    std::vector<std::uint32_t> found;
    for (const BlockName& name : blocks.names())
      found.push_back(name.height);
    return found;
  }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder), {}); }

  test::TemporaryFolder temporary;
  fs::path folder = temporary.path() / "accepted";
  AcceptedBlocks blocks{folder};
};

using Heights = std::vector<std::uint32_t>;

TEST_F(AcceptedBlocksTest, AreThereForTheNextRun) {
  blocks.load();
  EXPECT_TRUE(blocks.names().empty());
  adopt(9);
  const BlockName name = adopt(7);
  EXPECT_EQ(heights(), (Heights{7, 9}));
  std::ofstream(folder / "notes.txt") << "not a block";
  AcceptedBlocks next(folder);
  next.load();
  ASSERT_EQ(next.names().size(), 2U);
  EXPECT_EQ(next.names()[0], name);
  const auto bytes = next.read(name, 1000);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, Bytes(100, 7));
}

TEST_F(AcceptedBlocksTest, AreForgottenWhenTheyAreBuriedAndOld) {
  adopt(10, kNow - 3h);
  adopt(11, kNow - 3h);
  adopt(12, kNow - 1h);
  blocks.forget_buried(16, kNow);
  EXPECT_EQ(heights(), (Heights{10, 11, 12})) << "6 blocks are on top of the first";
  blocks.forget_buried(17, kNow);
  EXPECT_EQ(heights(), (Heights{11, 12}));
  blocks.forget_buried(100, kNow);
  EXPECT_EQ(heights(), (Heights{12})) << "the node may not have written it to the disk yet";
  EXPECT_EQ(files(), 1);
}

TEST_F(AcceptedBlocksTest, TheOldestGiveWay) {
  for (std::uint32_t height = 1; height <= AcceptedBlocks::kMost + 2; ++height)
    adopt(height);
  EXPECT_EQ(blocks.names().size(), AcceptedBlocks::kMost);
  EXPECT_EQ(heights().front(), 3U);
  EXPECT_EQ(files(), static_cast<std::ptrdiff_t>(AcceptedBlocks::kMost));
}

TEST_F(AcceptedBlocksTest, TheirBytesAreBounded) {
  constexpr std::size_t kLarge = 4'000'000;
  constexpr std::size_t kFit = AcceptedBlocks::kMostBytes / kLarge;
  for (std::uint32_t height = 1; height <= kFit + 1; ++height)
    adopt(height, kNow, kLarge);
  EXPECT_EQ(blocks.names().size(), kFit);
}

TEST_F(AcceptedBlocksTest, OneIsForgottenByItsName) {
  adopt(1);
  const BlockName name = adopt(2);
  blocks.forget(name);
  blocks.forget(name);
  EXPECT_EQ(heights(), (Heights{1}));
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace lode::store
