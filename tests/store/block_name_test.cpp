#include "host/store/block_name.h"

#include <gtest/gtest.h>

#include <string>

namespace lode::store {
namespace {

const std::string kHash = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";

TEST(BlockName, GoesToTextAndBack) {
  const BlockName name{840'000, chain::Hash256::from_display(kHash).value()};
  EXPECT_EQ(to_file_name(name), "840000-" + kHash + ".block");
  EXPECT_EQ(parse_file_name(to_file_name(name)), name);
  const auto temporary = parse_temporary_name(to_temporary_name(name, 4711));
  ASSERT_TRUE(temporary);
  EXPECT_EQ(temporary->block, name);
  EXPECT_EQ(temporary->pid, 4711);
}

TEST(BlockName, RefusesEverythingElse) {
  EXPECT_TRUE(parse_file_name("0-" + kHash + ".block"));
  EXPECT_TRUE(parse_file_name("4294967295-" + kHash + ".block"));
  std::string capital = kHash;
  capital.back() = 'F';
  for (const std::string& text :
       {std::string(), std::string("-"), std::string(".block"), "-" + kHash + ".block", kHash + ".block",
        "4294967296-" + kHash + ".block", "01-" + kHash + ".block", "+1-" + kHash + ".block", " 1-" + kHash + ".block",
        "1-" + kHash + ".blocks", "1-" + kHash + ".block.1.tmp", "1-" + kHash, "1-" + capital + ".block",
        "1-" + kHash.substr(1) + ".block", "1-" + kHash + "0.block", "1--" + kHash.substr(1) + ".block"}) {
    EXPECT_FALSE(parse_file_name(text)) << text;
  }
  for (const std::string& text : {"1-" + kHash + ".block", "1-" + kHash + ".block.tmp", "1-" + kHash + ".block..tmp",
                                  "1-" + kHash + ".block.0.tmp", "1-" + kHash + ".block.-3.tmp",
                                  "1-" + kHash + ".block.3x.tmp", std::string(".tmp")}) {
    EXPECT_FALSE(parse_temporary_name(text)) << text;
  }
}

}  // namespace
}  // namespace lode::store
