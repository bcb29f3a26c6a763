#include "stratum/v1/notify.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "host/base/hex.h"
#include "host/chain/header.h"
#include "kernels/core/sha256.h"
#include "stratum/v1/difficulty.h"
#include "tests/stratum/v1/driver.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

TEST(Notify, PreviousHashHasTheBytesOfEachWordSwapped) {
  const auto hash = parse_previous_hash(test::kPrevious);
  ASSERT_TRUE(hash);
  EXPECT_EQ(to_hex(hash->bytes), "b556f5ec36b94cf8a5c6baa8cd9f3864f2edcfdc7a0300000000000000000000");
  EXPECT_EQ(hash->to_display(), "00000000000000000000037adccfedf264389fcda8bac6a5f84cb936ecf556b5");
  EXPECT_EQ(encode_previous_hash(*hash), test::kPrevious);
}

TEST(Notify, FieldsMakeTheHeaderThatPoolsHash) {
  test::NotifySpec spec;
  spec.previous = test::kNextPrevious;
  spec.version = "20000004";
  spec.time = "64658bd8";
  spec.bits = "1705dd01";
  const auto notify = parse_notify(test::notify_params(spec));
  ASSERT_TRUE(notify) << notify.error().message();
  chain::Header header;
  header.version = notify->version;
  header.previous_block = notify->previous_block;
  ASSERT_TRUE(
      from_hex_into("cd1be82132ef0d12053dcece1fa0247fcfdb61d4dbd3eb32ea9ef9b4c604a846", header.merkle_root.bytes));
  header.time = notify->time;
  header.bits = notify->bits;
  const auto bytes = header.serialize();
  EXPECT_EQ(to_hex(ByteView(bytes).first(76)),
            "0400002035fd44bf837bdc13c6e5607db472b528a804d248490700000000000000000000"
            "cd1be82132ef0d12053dcece1fa0247fcfdb61d4dbd3eb32ea9ef9b4c604a846d88b656401dd0517");
  const kernels::Midstate midstate = kernels::header_midstate(std::span(bytes).first<64>());
  EXPECT_EQ(midstate, (kernels::Midstate{0x52eadf91, 0x68739f8a, 0x5d490d3d, 0x1574ddd6, 0xcb21cae1, 0xe3591741,
                                         0x5f7d5de0, 0x4d3185f2}));
}

TEST(Notify, GenesisBlockHasTheMidstateThatIsKnown) {
  chain::Header header;
  header.version = 1;
  header.merkle_root =
      *chain::Hash256::from_display("4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
  const auto bytes = header.serialize();
  EXPECT_EQ(kernels::header_midstate(std::span(bytes).first<64>()),
            (kernels::Midstate{0xbc909a33, 0x6358bff0, 0x90ccac7d, 0x1e59caa8, 0xc3c8d8e9, 0x4f0103c8, 0x96b18736,
                               0x4719f91b}));
}

TEST(Notify, BranchAndCoinbaseAreInRawOrder) {
  test::NotifySpec spec;
  const std::string sibling = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  spec.branch = {sibling};
  const auto notify = parse_notify(test::notify_params(spec));
  ASSERT_TRUE(notify);
  EXPECT_EQ(to_hex(notify->merkle_branch.at(0).bytes), sibling);
  EXPECT_EQ(to_hex(notify->coinbase_prefix), test::kCoinb1);
}

/// A pool's job: branch of 5, extranonces f800880e and 00000000.
TEST(Notify, CoinbaseAndBranchMakeTheMerkleRootThatIsKnown) {
  test::NotifySpec spec;
  spec.coinb1 =
      "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2503777d07062f503253482f0405b8"
      "c75208";
  spec.coinb2 =
      "0b2f436f696e48756e74722f0000000001603f352a010000001976a914c633315d376c20a973a758f7422d67f7bfed9c5888ac00000000";
  spec.branch = {"f0dbca1ee1a9f6388d07d97c1ab0de0e41acdf2edac4b95780ba0a1ec14103b3",
                 "8e43fd2988ac40c5d97702b7e5ccdf5b06d58f0e0d323f74dd5082232c1aedf7",
                 "1177601320ac928b8c145d771dae78a3901a089fa4aca8def01cbff747355818",
                 "9f64f3b0d9edddb14be6f71c3ac2e80455916e207ffc003316c6a515452aa7b4",
                 "2d0b54af60fad4ae59ec02031f661d026f2bb95e2eeb1e6657a35036c017c595"};
  test::Driver driver;
  driver.shake_hands("", "f800880e", 4);
  driver.receive(test::notify_line(spec));
  ASSERT_TRUE(driver.work());
  EXPECT_EQ(to_hex(work::merkle_root(*driver.work(), 0).bytes),
            "5cc58f5e84aafc740d521b92a7bf72f4e56c4cc3ad1c2159f1d094f97ac34eee");
  EXPECT_EQ(driver.work()->height, 490'871U);
}

TEST(Notify, EmptyBranchIsNormal) {
  const auto notify = parse_notify(test::notify_params({}));
  ASSERT_TRUE(notify);
  EXPECT_TRUE(notify->merkle_branch.empty());
}

TEST(Notify, MissingCleanFlagVoidsOlderJobs) {
  json::array params = test::notify_params({});
  params.pop_back();
  const auto notify = parse_notify(params);
  ASSERT_TRUE(notify);
  EXPECT_TRUE(notify->clean);
}

/// Complaint 9: a coinbase cut silently at some size.
TEST(Notify, Complaint9CoinbasesOfEverySizeAreWhole) {
  for (const std::size_t size : {100U, 384U, 500U, 750U, 2250U, 6500U, 16'384U, 65'536U, 1'048'576U}) {
    test::NotifySpec spec;
    spec.coinb2 = to_hex(Bytes(size, 0xab));
    const auto notify = parse_notify(test::notify_params(spec));
    ASSERT_TRUE(notify) << size;
    EXPECT_EQ(notify->coinbase_suffix.size(), size);
  }
  test::NotifySpec spec;
  spec.coinb1 = to_hex(Bytes(kMaxCoinbaseHalf + 1, 0));
  EXPECT_TRUE(parse_notify(test::notify_params(spec)).error().is(Errc::kTooLarge));
}

/// Complaint 8: one malformed notify crashes the miner.
TEST(Notify, Complaint8EveryFieldOfTheWrongKindIsNamed) {
  const char* names[] = {"job id",  "previous hash", "coinb1", "coinb2",    "merkle branch",
                         "version", "nbits",         "ntime",  "clean_jobs"};
  const json::value wrong[] = {5,    -1,     1.5, "zz", "abc", "0x123456", json::array{1}, json::object{{"a", 1}},
                               true, nullptr};
  const json::array good = test::notify_params({});
  for (std::size_t field = 0; field < good.size(); ++field) {
    for (const json::value& value : wrong) {
      const bool fits = (field == 0 && value.is_string()) || (field == 8 && (value.is_bool() || value.is_null()));
      if (fits) continue;
      json::array params = good;
      params[field] = value;
      const auto notify = parse_notify(params);
      ASSERT_FALSE(notify) << field << value;
      EXPECT_NE(notify.error().message().find(names[field]), std::string::npos) << notify.error().message();
    }
    json::array shorter(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(field));
    EXPECT_EQ(parse_notify(shorter).has_value(), field == 8) << field;
  }
}

TEST(Notify, BitsThatAreNoTargetAreRefused) {
  for (const char* bits : {"00000000", "1780ffff", "ff123456"}) {
    test::NotifySpec spec;
    spec.bits = bits;
    EXPECT_TRUE(parse_notify(test::notify_params(spec)).error().is(Errc::kOutOfRange)) << bits;
  }
}

TEST(Notify, BranchOf33IsRefused) {
  test::NotifySpec spec;
  spec.branch.assign(33, std::string(64, '0'));
  EXPECT_TRUE(parse_notify(test::notify_params(spec)).error().is(Errc::kTooLarge));
  spec.branch.pop_back();
  EXPECT_TRUE(parse_notify(test::notify_params(spec)));
}

TEST(Extranonce, SizesFrom0To16AreTaken) {
  for (int size = -1; size <= 17; ++size) {
    EXPECT_EQ(parse_extranonce({"f000", size}, 0, "test").has_value(), size >= 0 && size <= 16) << size;
  }
  EXPECT_FALSE(parse_extranonce({"f000", "4"}, 0, "test"));
  EXPECT_FALSE(parse_extranonce({"f00", 4}, 0, "test"));
  EXPECT_FALSE(parse_extranonce({nullptr, 4}, 0, "test"));
  EXPECT_FALSE(parse_extranonce({"f000"}, 0, "test"));
  EXPECT_TRUE(parse_extranonce({"", 8}, 0, "test"));
}

Result<chain::Target> difficulty_of(std::string_view value) {
  return parse_set_difficulty(std::get<Request>(*parse_message(test::difficulty_line(value))));
}

TEST(Difficulty, EveryFormGivesTheTargetThatPoolsCompute) {
  const std::pair<const char*, const char*> beginnings[] = {
      {"1", "00000000ffff0000000000000000000000000000000000000000000000000000"},
      {"1.0", "00000000ffff0000000000000000000000000000000000000000000000000000"},
      {R"("1")", "00000000ffff0000000000000000000000000000000000000000000000000000"},
      {"0.001", "000003e7fc18"},
      {R"("0.001")", "000003e7fc18"},
      {"1e-3", "000003e7fc18"},
      {"0.00015", "00001a0a90a0"},
      {"1e-9", "3b9a8e6536"},
      {"1E-9", "3b9a8e6536"},
      {"1000", "00000000004188f5c28f5c"},
      {R"("1000.0")", "00000000004188f5c28f5c"},
      {"65536", "000000000000ffff0000000000000000000000000000000000000000000000"},
      {"8192", "000000000007fff800000000000000000000000000000000000000000000"},
      {"1e-12", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
  };
  for (const auto& [text, beginning] : beginnings) {
    const auto target = difficulty_of(text);
    ASSERT_TRUE(target) << text << ": " << target.error().message();
    EXPECT_TRUE(target->to_display().starts_with(beginning)) << text << ": " << target->to_display();
  }
  EXPECT_EQ(difficulty_of("1000000.0")->to_display(), difficulty_of(R"("1000000")")->to_display());
  EXPECT_TRUE(difficulty_of("18446744073709551616"));
}

TEST(Difficulty, ExpectedHashesAreThoseOfTheTable) {
  EXPECT_NEAR(difficulty_of("1")->expected_hashes(), 4295032833.0, 1);
  EXPECT_NEAR(difficulty_of("1000")->expected_hashes(), 4295032833000.0, 1000);
}

TEST(Difficulty, NonsenseIsRefused) {
  for (const char* text : {"0", "0.0", "-1", R"("-1")", R"("")", R"("nan")", R"("inf")", "null", "true", "[1]", "{}",
                           "1e300", R"("1 ")", "-0", R"("0x10")"}) {
    EXPECT_FALSE(difficulty_of(text)) << text;
  }
  EXPECT_FALSE(parse_set_difficulty({}));
}

TEST(Difficulty, SetTargetIsHighestFirst) {
  Request request;
  request.params = {"00000000ffff0000000000000000000000000000000000000000000000000000"};
  EXPECT_EQ(*parse_set_target(request), chain::Target::difficulty_one());
  for (const json::value& wrong :
       {json::value("ffff"), json::value(5), json::value(nullptr), json::value(std::string(64, '0').c_str())}) {
    request.params = json::array(1, wrong);
    EXPECT_FALSE(parse_set_target(request)) << wrong;
  }
}

}  // namespace
}  // namespace lode::stratum::v1
