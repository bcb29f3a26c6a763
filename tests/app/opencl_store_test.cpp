#include "host/app/opencl_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

namespace fs = std::filesystem;

class OpenClStoreTest : public ::testing::Test {
 public:
  static device::OpenClBinaryKey key(std::uint8_t n) {
    device::OpenClBinaryKey key;
    key.bytes.fill(n);
    return key;
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(state / "opencl"))
      all.push_back(entry.path());
    return all;
  }

  test::TemporaryFolder folder;
  fs::path state = folder.path() / "state";
  std::vector<std::string> warnings;
  std::shared_ptr<device::OpenClBinaryStore> store =
      make_opencl_store(state, [this](const std::string& text) { warnings.push_back(text); });
};

TEST_F(OpenClStoreTest, KeepsWhatItIsGiven) {
  EXPECT_EQ(store->load(key(1)), std::nullopt);
  store->save(key(1), Bytes{1, 2, 3});
  store->save(key(2), Bytes{4});
  store->save(key(1), Bytes{5, 6});
  const auto again = make_opencl_store(state, {});
  EXPECT_EQ(again->load(key(1)), (Bytes{5, 6}));
  EXPECT_EQ(again->load(key(2)), (Bytes{4}));
  EXPECT_EQ(again->load(key(3)), std::nullopt);
  EXPECT_TRUE(warnings.empty());
}

TEST_F(OpenClStoreTest, ADamagedFileIsWarnedAboutAndReplaced) {
  store->save(key(1), Bytes{1, 2, 3});
  const fs::path file = files().front();
  for (const std::string& content : {std::string(), std::string("nonsense"), std::string(200, 'x')}) {
    warnings.clear();
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    EXPECT_EQ(store->load(key(1)), std::nullopt);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings.front().find(file.string()), std::string::npos);
    EXPECT_NE(warnings.front().find("compiled anew"), std::string::npos);
    store->save(key(1), Bytes{7});
    EXPECT_EQ(store->load(key(1)), (Bytes{7}));
  }
}

TEST_F(OpenClStoreTest, WhatIsOfAnotherKeyIsNotTaken) {
  store->save(key(1), Bytes{1});
  const fs::path file = files().front();
  store->save(key(2), Bytes{2});
  std::vector<fs::path> both = files();
  const fs::path other = *std::ranges::find_if(both, [&](const fs::path& path) { return path != file; });
  fs::copy_file(other, file, fs::copy_options::overwrite_existing);
  EXPECT_EQ(store->load(key(1)), std::nullopt);
  EXPECT_EQ(warnings.size(), 1U);
}

TEST_F(OpenClStoreTest, AFolderInTheWayIsNoCrash) {
  fs::create_directories(state);
  std::ofstream(state / "opencl") << "a file";
  store->save(key(1), Bytes{1});
  EXPECT_EQ(warnings.size(), 1U);
  EXPECT_EQ(store->load(key(1)), std::nullopt);
}

TEST_F(OpenClStoreTest, OldFilesGo) {
  for (std::uint8_t n = 0; n < 80; ++n)
    store->save(key(n), Bytes{n});
  EXPECT_LE(files().size(), 64U);
  EXPECT_EQ(store->load(key(79)), (Bytes{79}));
}

}  // namespace
}  // namespace lode::app
