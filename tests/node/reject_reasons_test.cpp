#include "host/node/reject_reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/node/rpc_fault.h"

namespace lode::node {
namespace {

using Kind = RejectMeaning::Kind;
using testing::HasSubstr;

TEST(RejectReasons, EveryKnownWord) {
  const std::pair<const char*, Kind> words[] = {
      {"duplicate", Kind::kKnown},
      {"duplicate-inconclusive", Kind::kKnown},
      {"duplicate-invalid", Kind::kRejected},
      {"inconclusive", Kind::kKnown},
      {"inconclusive-not-best-prevblk", Kind::kStale},
      {"stale-prevblk", Kind::kStale},
      {"stale-work", Kind::kStale},
      {"prev-blk-not-found", Kind::kUnavailable},
      {"bad-prevblk", Kind::kRejected},
      {"high-hash", Kind::kRejected},
      {"bad-txnmrklroot", Kind::kRejected},
      {"bad-txns-duplicate", Kind::kRejected},
      {"bad-txns-nonfinal", Kind::kRejected},
      {"bad-txns-inputs-missingorspent", Kind::kRejected},
      {"bad-cb-height", Kind::kRejected},
      {"bad-cb-amount", Kind::kRejected},
      {"bad-cb-length", Kind::kRejected},
      {"bad-cb-missing", Kind::kRejected},
      {"bad-cb-multiple", Kind::kRejected},
      {"bad-witness-merkle-match", Kind::kRejected},
      {"bad-witness-nonce-size", Kind::kRejected},
      {"unexpected-witness", Kind::kRejected},
      {"bad-diffbits", Kind::kRejected},
      {"bad-version(0x00000001)", Kind::kRejected},
      {"time-too-old", Kind::kRejected},
      {"time-too-new", Kind::kRejected},
      {"bad-blk-weight", Kind::kRejected},
      {"bad-blk-length", Kind::kRejected},
      {"bad-blk-sigops", Kind::kRejected},
  };
  for (const auto& [word, kind] : words) {
    for (const std::string& said : {std::string(word), "rejected: " + std::string(word)}) {
      if (said == "rejected: bad-prevblk") continue;
      const RejectMeaning meaning = explain_reject(said);
      EXPECT_EQ(meaning.kind, kind) << said;
      EXPECT_EQ(meaning.reason, word);
      EXPECT_GT(meaning.explanation.size(), 15U) << said;
      EXPECT_EQ(meaning.explanation.find("refused the block"), std::string::npos) << said << " is not explained";
    }
  }
}

TEST(RejectReasons, AWordAmongOthers) {
  EXPECT_EQ(explain_reject("bad-txns-inputs-missingorspent, CheckTxInputs: inputs missing/spent").kind,
            Kind::kRejected);
  EXPECT_EQ(explain_reject("Error: stale-prevblk (code 16)").kind, Kind::kStale);
  EXPECT_EQ(explain_reject("not-a-duplicate-word").kind, Kind::kRejected);
}

TEST(RejectReasons, AParentThatTheNodeDoesNotHaveYet) {
  EXPECT_EQ(explain_reject("rejected: bad-prevblk").kind, Kind::kKnown);
}

TEST(RejectReasons, UnknownTextIsShownButMadeHarmless) {
  const RejectMeaning meaning = explain_reject("rejected: new-rule\x1b[31m" + std::string(5000, 'x'));
  EXPECT_EQ(meaning.kind, Kind::kRejected);
  EXPECT_THAT(meaning.reason, testing::StartsWith("new-rule?[31m"));
  EXPECT_LT(meaning.explanation.size(), 500U);
  EXPECT_EQ(explain_reject("").reason, "rejected");
  EXPECT_EQ(explain_reject("rejected").kind, Kind::kRejected);
}

TEST(RpcFault, WhatTheOperatorShouldKnow) {
  EXPECT_TRUE(to_error("x", {-28, "Loading block index"}).is(Errc::kNotReady));
  EXPECT_THAT(to_error("x", {-28, "Loading block index"}).message(), HasSubstr("Loading block index"));
  EXPECT_TRUE(to_error("x", {-10, "ibd"}).is(Errc::kNotReady));
  EXPECT_TRUE(to_error("x", {-9, "no peers"}).is(Errc::kNotReady));
  EXPECT_TRUE(to_error("x", {-32601, "Method not found"}).is(Errc::kUnsupported));
  EXPECT_TRUE(to_error("x", {-8, "rules"}).is(Errc::kRejected));
  EXPECT_TRUE(to_error("x", {-22, "decode"}).is(Errc::kRejected));
  EXPECT_TRUE(to_error("x", {-1, "other"}).is(Errc::kRejected));
}

}  // namespace
}  // namespace lode::node
