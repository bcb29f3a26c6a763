#include "host/node/reject_reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/node/rpc_fault.h"

namespace lode::node {
namespace {

using Meaning = RejectMeaning::Kind;
using testing::HasSubstr;

TEST(RejectReasons, EveryKnownWord) {
  const std::pair<const char*, Meaning> words[] = {
      {"duplicate", Meaning::kKnown},
      {"duplicate-inconclusive", Meaning::kKnown},
      {"duplicate-invalid", Meaning::kRejected},
      {"inconclusive", Meaning::kKnown},
      {"inconclusive-not-best-prevblk", Meaning::kStale},
      {"stale-prevblk", Meaning::kStale},
      {"stale-work", Meaning::kStale},
      {"prev-blk-not-found", Meaning::kUnavailable},
      {"bad-prevblk", Meaning::kRejected},
      {"high-hash", Meaning::kRejected},
      {"bad-txnmrklroot", Meaning::kRejected},
      {"bad-txns-duplicate", Meaning::kRejected},
      {"bad-txns-nonfinal", Meaning::kRejected},
      {"bad-txns-inputs-missingorspent", Meaning::kRejected},
      {"bad-cb-height", Meaning::kRejected},
      {"bad-cb-amount", Meaning::kRejected},
      {"bad-cb-length", Meaning::kRejected},
      {"bad-cb-missing", Meaning::kRejected},
      {"bad-cb-multiple", Meaning::kRejected},
      {"bad-witness-merkle-match", Meaning::kRejected},
      {"bad-witness-nonce-size", Meaning::kRejected},
      {"unexpected-witness", Meaning::kRejected},
      {"bad-diffbits", Meaning::kRejected},
      {"bad-version(0x00000001)", Meaning::kRejected},
      {"time-too-old", Meaning::kRejected},
      {"time-too-new", Meaning::kUnavailable},
      {"bad-blk-weight", Meaning::kRejected},
      {"bad-blk-length", Meaning::kRejected},
      {"bad-blk-sigops", Meaning::kRejected},
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
            Meaning::kRejected);
  EXPECT_EQ(explain_reject("Error: stale-prevblk (code 16)").kind, Meaning::kStale);
  EXPECT_EQ(explain_reject("not-a-duplicate-word").kind, Meaning::kRejected);
}

TEST(RejectReasons, AParentThatTheNodeDoesNotHaveYet) {
  EXPECT_EQ(explain_reject("rejected: bad-prevblk").kind, Meaning::kKnown);
}

TEST(RejectReasons, UnknownTextIsShownButMadeHarmless) {
  const RejectMeaning meaning = explain_reject("rejected: new-rule\x1b[31m" + std::string(5000, 'x'));
  EXPECT_EQ(meaning.kind, Meaning::kRejected);
  EXPECT_THAT(meaning.reason, testing::StartsWith("new-rule?[31m"));
  EXPECT_LT(meaning.explanation.size(), 500U);
  EXPECT_EQ(explain_reject("").reason, "rejected");
  EXPECT_EQ(explain_reject("rejected").kind, Meaning::kRejected);
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
