#include "stratum/v1/job_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "host/base/bytes.h"
#include "host/chain/coinbase.h"
#include "tests/support/test_work.h"

namespace lode::stratum::v1 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Bytes kPayee = {0x51};
const Bytes kOther = {0x52};

/// Mainnet-like work at `height` on parent number `parent` that pays `script`.
std::shared_ptr<work::WorkTemplate> make_work(std::uint8_t parent, std::uint32_t height, const Bytes& script = kPayee) {
  chain::CoinbaseSpec spec;
  spec.height = height;
  spec.value = 312'500'000;
  spec.payout_script = script;
  spec.extranonce_size = 12;
  const auto parts = chain::build_coinbase(spec).value();
  auto work = test::make_template(parent, 0x1705dd01);
  work->height = height;
  work->body = nullptr;
  work->coinbase_prefix = parts.prefix;
  work->coinbase_suffix = parts.suffix;
  work->merkle_branch.resize(3);
  return work;
}

class JobAuditTest : public testing::Test {
 public:
  std::vector<std::string> warnings(const std::shared_ptr<work::WorkTemplate>& work) {
    const AuditFindings findings = auditor.look_at(*work, now);
    EXPECT_FALSE(findings.refusal);
    return findings.warnings;
  }

  JobAuditor auditor;
  std::chrono::steady_clock::time_point now{1h};
};

TEST_F(JobAuditTest, SaysNothingOfWorkThatMovesOn) {
  for (std::uint8_t parent = 1; parent < 100; ++parent) {
    EXPECT_THAT(warnings(make_work(parent, 800'000U + parent)), IsEmpty());
    EXPECT_THAT(warnings(make_work(parent, 800'000U + parent)), IsEmpty());
    now += 10min;
  }
}

TEST_F(JobAuditTest, TellsWhenWorkGoesBack) {
  EXPECT_THAT(warnings(make_work(1, 800'001)), IsEmpty());
  EXPECT_THAT(warnings(make_work(2, 800'002)), IsEmpty());
  EXPECT_THAT(warnings(make_work(1, 800'001)), ElementsAre(HasSubstr("goes back to block")));
  EXPECT_THAT(warnings(make_work(3, 799'000)), ElementsAre(HasSubstr("from height 800001 to height 799000")));
}

TEST_F(JobAuditTest, TellsOnceATipThatAPoolStaysBehind) {
  auditor.note_node({.height = 800'002, .previous_block = make_work(2, 0)->previous_block}, now);
  now += 5s;
  EXPECT_THAT(warnings(make_work(1, 800'001)), IsEmpty()) << "the pool may need a moment";
  now += 30s;
  EXPECT_THAT(warnings(make_work(1, 800'001)), ElementsAre(HasSubstr("own node has been at height 800002")));
  EXPECT_THAT(warnings(make_work(1, 800'001)), IsEmpty());
  EXPECT_THAT(warnings(make_work(2, 800'002)), IsEmpty());
  EXPECT_THAT(warnings(make_work(3, 800'003)), IsEmpty()) << "ahead of the node is no fault of the pool";
}

TEST_F(JobAuditTest, TellsOfBlocksThatStayEmpty) {
  const auto empty = make_work(1, 800'001);
  empty->merkle_branch.clear();
  EXPECT_THAT(warnings(empty), IsEmpty());
  now += 31s;
  EXPECT_THAT(warnings(empty), ElementsAre(HasSubstr("empty block")));
  now += 31s;
  EXPECT_THAT(warnings(empty), IsEmpty());
}

TEST_F(JobAuditTest, EmptyBlocksOfTestChainsAreNothingSpecial) {
  const auto easy = make_work(1, 200);
  easy->merkle_branch.clear();
  easy->network_target = chain::Target::from_bits(0x207fffff).value();
  EXPECT_THAT(warnings(easy), IsEmpty());
  now += 1h;
  EXPECT_THAT(warnings(easy), IsEmpty());
}

TEST_F(JobAuditTest, TellsAFewTimesWhenOthersArePaid) {
  int told = 0;
  for (int i = 0; i < 20; ++i) {
    const auto found = warnings(make_work(1, 800'001, i % 2 == 0 ? kPayee : kOther));
    told += static_cast<int>(found.size());
    for (const std::string& text : found)
      EXPECT_THAT(text, HasSubstr("pays others"));
  }
  EXPECT_EQ(told, JobAuditor::kPayeeWarnings);
}

TEST_F(JobAuditTest, RefusesWorkThatDoesNotPayWhomItMust) {
  JobAuditor strict({.required_script = kPayee});
  EXPECT_FALSE(strict.look_at(*make_work(1, 800'001, kPayee), now).refusal);
  const auto refused = strict.look_at(*make_work(1, 800'001, kOther), now);
  ASSERT_TRUE(refused.refusal);
  EXPECT_THAT(*refused.refusal, HasSubstr("--require-payout"));
}

/// Work whose coinbase pays `paid` of 1,000 satoshi to kPayee and the rest to kOther.
std::shared_ptr<work::WorkTemplate> make_shared_work(std::uint16_t paid) {
  const auto work = make_work(1, 800'001);
  Bytes suffix(work->coinbase_suffix.begin(), work->coinbase_suffix.begin() + 4);  // the input's sequence
  suffix.push_back(2);
  for (const auto& [value, script] :
       {std::pair<int, Bytes>{paid, kPayee}, std::pair<int, Bytes>{1000 - paid, kOther}}) {
    append(suffix, Bytes{static_cast<std::uint8_t>(value & 0xff), static_cast<std::uint8_t>(value >> 8), 0, 0, 0, 0, 0,
                         0, static_cast<std::uint8_t>(script.size())});
    append(suffix, script);
  }
  append(suffix, Bytes(4, 0));  // lock time
  work->coinbase_suffix = suffix;
  return work;
}

TEST_F(JobAuditTest, RefusesWorkThatPaysTooLittle) {
  JobAuditor strict({.required_script = kPayee});
  EXPECT_FALSE(strict.look_at(*make_shared_work(1000), now).refusal);
  EXPECT_FALSE(strict.look_at(*make_shared_work(900), now).refusal);
  for (const std::uint16_t paid : {std::uint16_t{899}, std::uint16_t{1}}) {
    const auto refused = strict.look_at(*make_shared_work(paid), now);
    ASSERT_TRUE(refused.refusal);
    EXPECT_THAT(*refused.refusal, HasSubstr("less than the 90 % of --min-payout"));
  }
  JobAuditor whole({.required_script = kPayee, .min_payout = 100});
  EXPECT_FALSE(whole.look_at(*make_shared_work(1000), now).refusal);
  EXPECT_TRUE(whole.look_at(*make_shared_work(999), now).refusal);
}

TEST_F(JobAuditTest, ACoinbaseThatCannotBeReadIsToldOrRefused) {
  const auto broken = make_work(1, 800'001);
  broken->coinbase_suffix.pop_back();
  EXPECT_THAT(warnings(broken), ElementsAre(HasSubstr("cannot be read")));
  EXPECT_THAT(warnings(broken), IsEmpty());
  JobAuditor strict({.required_script = kPayee});
  EXPECT_TRUE(strict.look_at(*broken, now).refusal);
}

}  // namespace
}  // namespace lode::stratum::v1
