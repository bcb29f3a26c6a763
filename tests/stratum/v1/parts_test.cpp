// The small parts: handshake answers, version masks, reconnects, verdicts, coinbases, the ledger of searches.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "host/base/hex.h"
#include "host/chain/coinbase.h"
#include "stratum/v1/coinbase_view.h"
#include "stratum/v1/handshake.h"
#include "stratum/v1/reconnect_policy.h"
#include "stratum/v1/search_ledger.h"
#include "stratum/v1/share_verdict.h"
#include "stratum/v1/version_mask.h"
#include "tests/stratum/v1/driver.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

TEST(SubscribeAnswer, SessionIdIsFoundInEveryShape) {
  const std::pair<const char*, const char*> shapes[] = {
      {R"([[["mining.set_difficulty","d"],["mining.notify","n"]],"ab",4])", "n"},
      {R"([[["mining.notify","n"]],"ab",4])", "n"},
      {R"([["mining.notify","n"],"ab",4])", "n"},
      {R"([[],"ab",4])", ""},
      {R"([null,"ab",4])", ""},
      {R"([[["mining.notify",7]],"ab",4])", ""},
  };
  for (const auto& [text, id] : shapes) {
    const auto answer = parse_subscribe_answer(json::parse(text));
    ASSERT_TRUE(answer) << text;
    EXPECT_EQ(answer->session_id, id);
    EXPECT_EQ(to_hex(answer->extranonce.prefix), "ab");
  }
  for (const char* text : {"true", "[]", "[[]]", R"([[],"ab"])", R"([[],5,4])", R"([[],"ab",-1])", R"([[],"ab",1e9])"})
    EXPECT_FALSE(parse_subscribe_answer(json::parse(text))) << text;
}

TEST(ConfigureAnswer, WhatIsNotTrueIsFalse) {
  const auto answer = parse_configure_answer(
      json::parse(R"({"version-rolling":true,"version-rolling.mask":"18000000","minimum-difficulty":"no"})"));
  EXPECT_TRUE(answer.version_rolling);
  EXPECT_EQ(answer.version_mask, 0x18000000U);
  EXPECT_FALSE(answer.minimum_difficulty);
  for (const char* text : {"null", "true", "[]", "{}", R"({"version-rolling":1})", R"({"version-rolling":"true"})"})
    EXPECT_FALSE(parse_configure_answer(json::parse(text)).version_rolling) << text;
  EXPECT_FALSE(parse_mask("1fffe000f"));
  EXPECT_FALSE(parse_mask("-1"));
  EXPECT_FALSE(parse_mask(5));
}

/// Complaint 19: masks wider than agreed; bits 30 and 31 make the version negative.
TEST(VersionMask, Complaint19NeverWiderThanAskedForNorInTheTopBits) {
  EXPECT_EQ(clamp_mask(0xffffffff, kBip320Mask), 0x1fffe000U);
  EXPECT_EQ(clamp_mask(0xffffffff, 0xffffffff), 0x1fffffe0U);
  EXPECT_EQ(clamp_mask(0x00006000, kBip320Mask), 0x00006000U);
  EXPECT_EQ(clamp_mask(0xe0000000, 0xffffffff), 0U);
  EXPECT_EQ(rollable_mask(0x1fffe000, 0x20002000), 0x1fffc000U);
}

TEST(VersionMask, AllPoolsAgreeWhereTheJobHasNoBitsInTheMask) {
  for (const VersionBitsForm form : {VersionBitsForm::kMasked, VersionBitsForm::kChange}) {
    const std::uint32_t job = 0x20000000;
    const std::uint32_t version = 0x35550000;
    const std::uint32_t bits = submitted_bits(version, job, kBip320Mask, form);
    EXPECT_EQ((job & ~kBip320Mask) | (bits & kBip320Mask), version);
    EXPECT_EQ(job | bits, version);
    EXPECT_EQ(job ^ bits, version);
  }
}

TEST(VersionMask, JobBitsInTheMaskNeedTheFormOfThePool) {
  const std::uint32_t job = 0x20006000;
  const std::uint32_t version = job | 0x00018000;
  const std::uint32_t masked = submitted_bits(version, job, kBip320Mask, VersionBitsForm::kMasked);
  const std::uint32_t change = submitted_bits(version, job, kBip320Mask, VersionBitsForm::kChange);
  EXPECT_EQ((job & ~kBip320Mask) | (masked & kBip320Mask), version);
  EXPECT_EQ(job | masked, version);
  EXPECT_EQ(job ^ change, version);
  EXPECT_EQ(job | change, version);
}

TEST(Reconnect, Complaint24OnlyTheSameHostOrDomainAndNeverWithoutTls) {
  const Endpoint plain{.host = "eu.pool.example.com", .port = 3333};
  const Endpoint tls{.host = "eu.pool.example.com", .port = 3334, .tls = true};
  const auto allowed = [](const Endpoint& from, json::array params, ReconnectPolicy policy = {}) {
    return decide_reconnect(params, from, policy).has_value();
  };
  EXPECT_TRUE(allowed(plain, {}));
  EXPECT_TRUE(allowed(plain, {"", 4444, 5}));
  EXPECT_TRUE(allowed(plain, {"EU.pool.example.com.", "4444", "5"}));
  EXPECT_FALSE(allowed(plain, {"us.pool.example.com", 3333}));
  EXPECT_TRUE(allowed(tls, {"us.pool.example.com", 3334}));
  EXPECT_TRUE(allowed(tls, {"example.com", 3334}));
  EXPECT_FALSE(allowed(tls, {"evil.com", 3334}));
  EXPECT_FALSE(allowed(tls, {"evilexample.com", 3334}));
  EXPECT_FALSE(allowed(tls, {"203.0.113.5", 3334}));
  EXPECT_TRUE(allowed(plain, {"evil.com", 3333}, {.allowed_hosts = {"evil.com"}}));
  EXPECT_FALSE(allowed(plain, {}, {.follow = false, .allowed_hosts = {}}));
  for (const json::array& wrong : {json::array{5}, json::array{"a b"}, json::array{"", 70'000}, json::array{"", -1},
                                   json::array{"", "x"}, json::array{std::string(300, 'a')}})
    EXPECT_FALSE(allowed(tls, wrong));
  const auto target = decide_reconnect({nullptr, 0, 100'000}, plain, {});
  EXPECT_EQ(target->host, plain.host);
  EXPECT_EQ(target->port, 3333);
  EXPECT_EQ(target->wait, std::chrono::seconds(3600));
}

TEST(Reconnect, RegisteredDomains) {
  EXPECT_EQ(registered_domain("a.b.example.com"), "example.com");
  EXPECT_EQ(registered_domain("pool.example.co.uk"), "example.co.uk");
  EXPECT_EQ(registered_domain("pool.example.com.br"), "example.com.br");
  EXPECT_EQ(registered_domain("one.duckdns.org"), "one.duckdns.org");
  EXPECT_EQ(registered_domain("a.compute-1.amazonaws.com"), "a.compute-1.amazonaws.com");
  EXPECT_EQ(registered_domain("192.0.2.1"), "");
  EXPECT_EQ(registered_domain("2001:db8::1"), "");
  EXPECT_EQ(registered_domain("localhost"), "");
  EXPECT_EQ(registered_domain(""), "");
  EXPECT_EQ(registered_domain(".."), registered_domain(".."));
}

/// Complaint 27: stale counted as rejected, and the like.
TEST(ShareVerdict, Complaint27ReasonsOfPoolsAreToldApart) {
  const std::pair<const char*, ShareVerdict> answers[] = {
      {R"("result":true,"error":null)", ShareVerdict::kAccepted},
      {R"("result":false,"error":null)", ShareVerdict::kRejected},
      {R"("result":null,"error":[21,"Job not found",null])", ShareVerdict::kStale},
      {R"("result":null,"error":[21,"stale-work",null])", ShareVerdict::kStale},
      {R"("result":null,"error":[20,"unknown-work",null])", ShareVerdict::kStale},
      {R"("result":null,"error":[20,"Stale",null])", ShareVerdict::kStale},
      {R"("result":null,"error":[22,"Duplicate share",null])", ShareVerdict::kDuplicate},
      {R"("result":null,"error":[20,"duplicate",null])", ShareVerdict::kDuplicate},
      {R"("result":null,"error":[23,"Low difficulty share of 3.2",null])", ShareVerdict::kLowDifficulty},
      {R"("result":null,"error":[23,"Difficulty too low",null])", ShareVerdict::kLowDifficulty},
      {R"("result":null,"error":[23,"high-hash",null])", ShareVerdict::kLowDifficulty},
      {R"("result":null,"error":[23,"H-not-zero",null])", ShareVerdict::kLowDifficulty},
      {R"("result":null,"error":[20,"Above target",null])", ShareVerdict::kLowDifficulty},
      {R"("result":null,"error":[23,"bad-version",null])", ShareVerdict::kRejected},
      {R"("result":null,"error":[6,"invalid version mask",null])", ShareVerdict::kRejected},
      {R"("result":null,"error":[20,"ntime out of range"])", ShareVerdict::kRejected},
      {R"("result":null,"error":[20,"incorrect size of extranonce2"])", ShareVerdict::kRejected},
      {R"("result":null,"error":[24,"Unauthorized worker",null])", ShareVerdict::kUnauthorized},
      {R"("result":null,"error":[25,"Not subscribed",null])", ShareVerdict::kUnauthorized},
      {R"("result":null,"error":{"code":22,"message":""})", ShareVerdict::kDuplicate},
      {R"("result":null,"error":"Job not found")", ShareVerdict::kStale},
      {R"("result":false,"error":23)", ShareVerdict::kLowDifficulty},
  };
  for (const auto& [text, verdict] : answers) {
    const auto message = parse_message(R"({"id":1,)" + std::string(text) + "}");
    ASSERT_TRUE(message) << text;
    EXPECT_EQ(verdict_name(judge_share_reply(std::get<Reply>(*message))), verdict_name(verdict)) << text;
  }
}

TEST(CoinbaseView, TellsHeightPayeesCommitmentAndTag) {
  chain::CoinbaseSpec spec;
  spec.height = 840'000;
  spec.value = 312'500'000;
  spec.payout_script = *from_hex("00140102030405060708090a0b0c0d0e0f1011121314", 64);
  spec.text = "/some pool/";
  spec.extranonce_size = 8;
  spec.extra_outputs = {{1'000, Bytes{0x51}}};
  Bytes commitment = *from_hex("6a24aa21a9ed", 8);
  commitment.resize(38, 0x77);
  spec.witness_commitment_script = commitment;
  const auto parts = chain::build_coinbase(spec);
  ASSERT_TRUE(parts);
  work::WorkTemplate work;
  work.coinbase_prefix = parts->prefix;
  work.coinbase_suffix = parts->suffix;
  work.extranonce1 = Bytes(4, 1);
  work.extranonce2_size = 4;
  const auto view = view_coinbase(work);
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->height, 840'000U);
  EXPECT_EQ(view->total, 312'500'000U);
  EXPECT_EQ(view->paid_to(spec.payout_script), 312'499'000U);
  EXPECT_EQ(view->paid_to(Bytes{0x52}), 0U);
  EXPECT_EQ(view->tag, "/some pool/");
  ASSERT_TRUE(view->witness_commitment);
  EXPECT_EQ(view->witness_commitment->bytes[0], 0x77);
  EXPECT_TRUE(payee_name(view->outputs[0], chain::Network::kMain).starts_with("bc1q"));
  EXPECT_EQ(payee_name(view->outputs[1], chain::Network::kMain), "51");
}

TEST(CoinbaseView, HeightsAsBip34AndAsPoolsWriteThem) {
  const std::pair<const char*, int> scripts[] = {{"00", 0},
                                                 {"51", 1},
                                                 {"60", 16},
                                                 {"0111", 17},
                                                 {"017f", 127},
                                                 {"028000", 128},
                                                 {"02ff00", 255},
                                                 {"020001", 256},
                                                 {"03008000", 32768},
                                                 {"0340d10c", 840'000},
                                                 {"0400008000", 8'388'608},
                                                 {"0101", 1},
                                                 {"03010000", 1}};
  for (const auto& [digits, height] : scripts)
    EXPECT_EQ(read_height(*from_hex(digits, 16)), static_cast<std::uint32_t>(height)) << digits;
  for (const char* digits : {"", "03", "0340d1", "0180", "09010203040506070809", "6a"})
    EXPECT_FALSE(read_height(*from_hex(digits, 16))) << digits;
}

TEST(CoinbaseView, WhatIsNoCoinbaseIsRefused) {
  EXPECT_FALSE(view_coinbase(ByteView{}));
  EXPECT_FALSE(view_coinbase(Bytes(100, 0xff)));
}

TEST(SearchLedger, SearchesOfOneContentGetStretchesThatDoNotMeet) {
  for (const std::size_t size : {3U, 4U, 5U, 8U, 16U}) {
    SearchLedger ledger;
    const chain::Hash256 content;
    std::uint64_t before = ledger.begin(content, size, 100, 100).extranonce2;
    EXPECT_EQ(before, 0U);
    for (int i = 0; i < 200; ++i) {
      const SearchStart next = ledger.begin(content, size, 100, 100);
      EXPECT_GE(next.extranonce2 - before, size == 3 ? 0x10000U : 0x100000U);
      EXPECT_LE(next.extranonce2, work::last_extranonce2(size));
      EXPECT_EQ(next.time, 100U);
      before = next.extranonce2;
    }
  }
}

TEST(SearchLedger, WithoutRoomInTheExtranonceTheTimeMovesOn) {
  SearchLedger ledger;
  const chain::Hash256 content;
  EXPECT_EQ(ledger.begin(content, 1, 100, 110).time, 100U);
  EXPECT_FALSE(ledger.next_time(content, 110));
  EXPECT_EQ(ledger.next_time(content, 112), 111U);
  EXPECT_EQ(ledger.begin(content, 1, 100, 115).time, 111U);
  EXPECT_EQ(ledger.begin(content, 1, 100, 115).time, 100U);  // nothing left: anew
}

TEST(SearchLedger, ResultsAreNewOnceUntilTheTipMoves) {
  SearchLedger ledger;
  chain::Hash256 tip;
  chain::Hash256 hash;
  EXPECT_TRUE(ledger.note_result(tip, hash));
  EXPECT_FALSE(ledger.note_result(tip, hash));
  tip.bytes[0] = 1;
  EXPECT_TRUE(ledger.note_result(tip, hash));
}

}  // namespace
}  // namespace lode::stratum::v1
