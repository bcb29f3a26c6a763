// Templates with every kind of fault in every field, whole and torn to pieces.
#include "host/node/template_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "host/chain/merkle.h"
#include "host/node/node_work.h"
#include "host/node/template_checks.h"
#include "tests/node/fake_node.h"

namespace lode::node {
namespace {

namespace json = boost::json;
using test::sample_template;
using testing::AllOf;
using testing::HasSubstr;

Result<BlockTemplate> read_text(const std::string& text, std::size_t piece = 0) {
  TemplateStream stream;
  if (piece == 0) piece = std::max<std::size_t>(1, text.size());
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (auto written = stream.write(std::string_view(text).substr(at, piece)); !written) return written.error();
  }
  auto value = stream.finish();
  if (!value) return value.error();
  return parse_block_template(value->as_object().at("result"), stream.take_transactions());
}

std::string reply_text(const json::value& result) {
  return json::serialize(json::object{{"result", result}, {"error", nullptr}, {"id", 1}});
}

Result<BlockTemplate> read(const json::object& result, std::size_t piece = 0) {
  return read_text(reply_text(result), piece);
}

NodeOptions node_options() {
  NodeOptions options;
  options.host = "127.0.0.1";
  return options;
}

Result<NodeWork> work_of(const json::object& result) {
  auto read_template = read(result);
  if (!read_template) return read_template.error();
  WorkMaker maker("node", node_options());
  maker.set_payout(Bytes(22, 0), chain::Network::kRegtest);
  return maker.make(std::move(*read_template), true);
}

/// Checks in the smallest steps.
Result<void> check(const json::object& result) {
  auto made = work_of(result);
  if (!made) return made.error();
  TemplateCheck template_check(made->check);
  for (;;) {
    auto done = template_check.step(1);
    if (!done) return done.error();
    if (*done) return {};
  }
}

TEST(TemplateParser, ReadsAGoodTemplate) {
  const auto reply = read(sample_template(3));
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->height, 101U);
  EXPECT_EQ(reply->bits, 0x207fffffU);
  EXPECT_EQ(reply->version, 0x20000000U);
  EXPECT_EQ(reply->time, 1'700'000'100U);
  EXPECT_EQ(reply->coinbase_value, 5'000'000'000U);
  EXPECT_TRUE(reply->segwit);
  EXPECT_TRUE(reply->witness_commitment.has_value());
  EXPECT_TRUE(reply->can_propose);
  EXPECT_TRUE(reply->time_mutable);
  EXPECT_FALSE(reply->target_differs);
  ASSERT_EQ(reply->transactions.txids.size(), 3U);
  EXPECT_NE(reply->transactions.txids[0], reply->transactions.wtxids[0]);
  EXPECT_TRUE(check(sample_template(3)));
}

TEST(TemplateParser, HowTheReplyIsCutDoesNotMatter) {
  const json::object sample = sample_template(5);
  const auto whole = read(sample);
  ASSERT_TRUE(whole);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    const auto torn = read(sample, piece);
    ASSERT_TRUE(torn) << piece << ": " << torn.error().message();
    EXPECT_EQ(torn->transactions.data, whole->transactions.data);
    EXPECT_EQ(torn->transactions.txids, whole->transactions.txids);
    EXPECT_EQ(torn->transactions.wtxids, whole->transactions.wtxids);
    EXPECT_EQ(torn->longpoll_id, whole->longpoll_id);
  }
}

TEST(TemplateParser, EveryTruncationIsRefused) {
  const std::string text = reply_text(sample_template(1));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(read_text(text.substr(0, size))) << size;
  }
}

TEST(TemplateParser, NamesAMissingField) {
  for (const char* name :
       {"version", "previousblockhash", "transactions", "coinbasevalue", "curtime", "bits", "height"}) {
    json::object sample = sample_template(1);
    sample.erase(name);
    const auto reply = read(sample);
    ASSERT_FALSE(reply) << name;
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(std::string("'") + name + "'"), HasSubstr("missing")));
  }
}

TEST(TemplateParser, FieldsThatMayBeMissing) {
  for (const char* name : {"capabilities", "vbavailable", "vbrequired", "coinbaseaux", "longpollid", "target",
                           "mintime", "mutable", "noncerange", "sigoplimit", "sizelimit", "weightlimit"}) {
    json::object sample = sample_template(1);
    sample.erase(name);
    const auto reply = read(sample);
    EXPECT_TRUE(reply) << name << ": " << reply.error().message();
  }
}

struct Fault {
  const char* field;
  json::value value;
};

TEST(TemplateParser, NamesAFieldOfTheWrongTypeOrRange) {
  const json::string long_text(300, 'a');
  const Fault faults[] = {
      {"version", "1"},
      {"version", 1.5},
      {"version", 5'000'000'000},
      {"previousblockhash", 7},
      {"previousblockhash", "00ff"},
      {"previousblockhash", json::string(64, 'g')},
      {"height", -1},
      {"height", 0},
      {"height", 4'000'000'000},
      {"height", "101"},
      {"bits", 0x207fffff},
      {"bits", "207fff"},
      {"bits", "xxxxxxxx"},
      {"bits", "00000000"},
      {"bits", "ff7fffff"},
      {"bits", "01800000"},
      {"target", 5},
      {"target", "7f"},
      {"curtime", "now"},
      {"curtime", -5},
      {"curtime", 5'000'000'000},
      {"mintime", json::array{}},
      {"maxtime", 1'600'000'000},
      {"coinbasevalue", -1},
      {"coinbasevalue", 2'100'000'000'000'001},
      {"coinbasevalue", "5000000000"},
      {"coinbasevalue", 18'000'000'000'000'000'000U},
      {"coinbaseaux", "flags"},
      {"coinbaseaux", json::object{{"flags", 1}}},
      {"coinbaseaux", json::object{{"flags", "0g"}}},
      {"coinbaseaux", json::object{{"flags", json::string(400, '0')}}},
      {"rules", "segwit"},
      {"rules", json::array{1}},
      {"vbrequired", "none"},
      {"mutable", 1},
      {"capabilities", json::object{}},
      {"noncerange", "00000000"},
      {"noncerange", "000000000000ffff"},
      {"sigoplimit", -1},
      {"sigoplimit", 1'000'000},
      {"sizelimit", 100'000'000},
      {"weightlimit", 5'000'000},
      {"longpollid", 5},
      {"longpollid", long_text},
      {"workid", long_text},
      {"submitold", "yes"},
      {"default_witness_commitment", 5},
      {"default_witness_commitment", "6a24aa21"},
      {"default_witness_commitment", json::string(76, '0')},
      {"transactions", json::object{}},
      {"transactions", "none"},
  };
  for (const Fault& fault : faults) {
    json::object sample = sample_template(0);
    sample[fault.field] = fault.value;
    const auto reply = read(sample);
    ASSERT_FALSE(reply) << fault.field << " = " << json::serialize(fault.value);
    EXPECT_THAT(reply.error().message(), HasSubstr(fault.field)) << json::serialize(fault.value);
  }
}

TEST(TemplateParser, NamesATransactionsFault) {
  const Fault faults[] = {
      {"data", nullptr},
      {"data", 5},
      {"data", ""},
      {"data", "abc"},
      {"data", "zz"},
      {"txid", "00"},
      {"txid", 5},
      {"txid", nullptr},
      {"txid", json::string(66, '0')},
      {"hash", "xyz"},
      {"hash", true},
      {"hash", json::array{}},
      {"weight", "x"},
      {"weight", -1},
      {"weight", 4'000'001},
      {"sigops", 1.5},
      {"sigops", json::object{}},
  };
  for (const Fault& fault : faults) {
    for (const std::size_t piece : {0U, 1U}) {
      json::object sample = sample_template(2);
      sample["transactions"].as_array()[1].as_object()[fault.field] = fault.value;
      const auto reply = read(sample, piece);
      ASSERT_FALSE(reply) << fault.field << " = " << json::serialize(fault.value);
      EXPECT_THAT(reply.error().message(), HasSubstr(fault.field)) << json::serialize(fault.value);
    }
  }
  for (const char* name : {"data", "txid", "hash"}) {
    json::object sample = sample_template(1);
    sample["transactions"].as_array()[0].as_object().erase(name);
    const auto reply = read(sample);
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(name), HasSubstr("missing")));
  }
  json::object sample = sample_template(0);
  sample["transactions"] = json::array{5};
  EXPECT_FALSE(read(sample));
  sample["transactions"] = json::array{"text"};
  EXPECT_FALSE(read(sample));
}

TEST(TemplateParser, RefusesKeysThatOccurTwice) {
  std::string text = reply_text(sample_template(1));
  const auto replaced = [&text](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  for (const auto& twice :
       {replaced(R"("height":101)", R"("height":101,"height":102)"),
        replaced(R"("error":null)", R"("error":null,"error":null)"), replaced(R"("fee":100)", R"("txid":"00")")}) {
    const auto reply = read_text(twice);
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message(), HasSubstr("occurs twice"));
  }
}

TEST(TemplateParser, RefusesWhatItDoesNotUnderstand) {
  json::object sample = sample_template();
  sample["rules"] = json::array{"csv", "!segwit", "!covenants"};
  auto reply = read(sample);
  ASSERT_FALSE(reply);
  EXPECT_TRUE(reply.error().is(Errc::kUnsupported));
  EXPECT_THAT(reply.error().message(), HasSubstr("'!covenants'"));
  for (const char* rule : {"signet", "!signet"}) {
    sample["rules"] = json::array{rule};
    reply = read(sample);
    ASSERT_FALSE(reply);
    EXPECT_TRUE(reply.error().is(Errc::kUnsupported));
    EXPECT_THAT(reply.error().message(), HasSubstr("signet"));
  }
  sample["rules"] = json::array{"covenants", "!segwit"};
  EXPECT_TRUE(read(sample)) << "a rule without ! may be unknown";
  sample = sample_template();
  sample.erase("coinbasevalue");
  sample["coinbasetxn"] = json::object{{"data", "00"}};
  reply = read(sample);
  ASSERT_FALSE(reply);
  EXPECT_TRUE(reply.error().is(Errc::kUnsupported));
}

TEST(TemplateParser, TheLaterOfCurtimeAndMintimeCounts) {
  json::object sample = sample_template();
  sample["mintime"] = 1'800'000'000;
  EXPECT_EQ(read(sample)->time, 1'800'000'000U);
}

TEST(TemplateParser, BitsCountWhereTheTargetDiffers) {
  json::object sample = sample_template();
  sample["target"] = "00000000ffff0000000000000000000000000000000000000000000000000000";
  const auto reply = read(sample);
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->target_differs);
  EXPECT_EQ(reply->target, chain::Target::from_bits(0x207fffff).value());
}

TEST(TemplateParser, NoWitnessBeforeSegwitIsActive) {
  json::object sample = sample_template();
  sample["rules"] = json::array{};
  EXPECT_FALSE(read(sample)->witness_commitment) << "commitment offered, rule not active, no witness in the block";
  sample = sample_template(1);
  sample["rules"] = json::array{};
  EXPECT_TRUE(read(sample)->witness_commitment) << "a node that lists no rules, but a witness is in the block";
  sample = sample_template();
  sample.erase("default_witness_commitment");
  EXPECT_FALSE(read(sample)->witness_commitment);
}

TEST(TemplateParser, RefusesDeepNestingAndFloods) {
  const std::string deep = R"({"result":{"x":)" + std::string(10'000, '[') + std::string(10'000, ']') + "}}";
  EXPECT_FALSE(read_text(deep));
  const std::string deep_transaction =
      R"({"result":{"transactions":[{"depends":)" + std::string(10'000, '[') + std::string(10'000, ']') + "}]}}";
  EXPECT_FALSE(read_text(deep_transaction));
  EXPECT_FALSE(read_text(R"({"result":{"x":")" + std::string(1'000'000, 'a') + "\"}}"));
  std::string many = R"({"result":{"x":[0)";
  for (int i = 0; i < 50'000; ++i)
    many += ",0";
  EXPECT_FALSE(read_text(many + "]}}"));
  std::string empty = R"({"result":{"transactions":[{})";
  EXPECT_FALSE(read_text(empty + "]}}"));
  const std::string megabytes = R"({"result":{"transactions":[{"data":")" + std::string(8'000'002, '0') + "\"}]}}";
  const auto reply = read_text(megabytes, 65536);
  ASSERT_FALSE(reply);
}

TEST(TemplateParser, RefusesWhatIsNoJson) {
  const auto page = read_text("<html><body>It works!</body></html>");
  ASSERT_FALSE(page);
  EXPECT_TRUE(page.error().is(Errc::kProtocol));
  EXPECT_THAT(page.error().message(), HasSubstr("web page"));
  EXPECT_FALSE(read_text(reply_text(sample_template()) + "x"));
  EXPECT_FALSE(read_text(std::string("\0\0\0", 3)));
}

TEST(TemplateChecks, ATemplateOfFourMillionWeightUnits) {
  const json::object sample = sample_template(8'000);
  const auto made = work_of(sample);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->work->merkle_branch.size(), 13U);
  EXPECT_EQ(made->work->merkle_branch, chain::coinbase_branch(made->check->txids));
  EXPECT_TRUE(check(sample)) << check(sample).error().message();
}

TEST(TemplateChecks, FindsEveryLie) {
  const auto message = [](const json::object& sample) {
    const auto checked = check(sample);
    return checked ? std::string("no fault found") : checked.error().message();
  };
  const auto transaction = [](json::object& sample, std::size_t index) -> json::object& {
    return sample["transactions"].as_array()[index].as_object();
  };
  json::object sample = sample_template(3);
  transaction(sample, 1)["txid"] = std::string(64, '1');
  EXPECT_THAT(message(sample), AllOf(HasSubstr("transaction 1"), HasSubstr("txid")));
  sample = sample_template(3);
  transaction(sample, 2)["hash"] = std::string(64, '1');
  EXPECT_THAT(message(sample), AllOf(HasSubstr("transaction 2"), HasSubstr("hash")));
  sample = sample_template(3);
  transaction(sample, 0)["weight"] = 100;
  EXPECT_THAT(message(sample), HasSubstr("weight"));
  sample = sample_template(3);
  transaction(sample, 0)["data"] = "00000000";
  EXPECT_THAT(message(sample), HasSubstr("transaction 0"));
  sample = sample_template(3);
  sample["transactions"].as_array()[2] = sample["transactions"].as_array()[1];
  EXPECT_THAT(message(sample), HasSubstr("twice"));
  sample = sample_template(3);
  sample["transactions"].as_array().pop_back();
  EXPECT_THAT(message(sample), HasSubstr("default_witness_commitment"));
  sample = sample_template(3);
  sample.erase("default_witness_commitment");
  EXPECT_THAT(message(sample), HasSubstr("no witness commitment"));
  sample = sample_template(3);
  sample["sigoplimit"] = 2;
  EXPECT_THAT(message(sample), HasSubstr("signature operations"));
  sample = sample_template(20);
  sample["weightlimit"] = 5000;
  EXPECT_THAT(message(sample), HasSubstr("weighs"));
}

}  // namespace
}  // namespace lode::node
