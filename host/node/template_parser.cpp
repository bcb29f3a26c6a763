#include "host/node/template_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "host/base/endian.h"
#include "host/base/hex.h"
#include "host/chain/consensus.h"
#include "host/chain/witness_commitment.h"
#include "host/node/json_fields.h"

namespace lode::node {

namespace json = boost::json;

namespace {

constexpr std::string_view kWhat = "getblocktemplate";
constexpr std::array<std::string_view, 4> kKnownRules{"csv", "segwit", "taproot", "testdummy"};
constexpr std::size_t kMaxLongpollId = 256;
constexpr std::size_t kMaxWorkId = 256;
constexpr std::size_t kMaxCoinbaseAux = 100;  ///< bytes: the whole coinbase script has no more
constexpr std::int64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();

/// Rules that begin with "!" change what a block must look like: not to know one means invalid blocks (BIP9).
Result<void> check_rules(const std::vector<std::string>& rules) {
  for (const std::string& rule : rules) {
    const bool compulsory = rule.starts_with('!');
    const std::string_view name = std::string_view(rule).substr(compulsory ? 1 : 0);
    if (name == "signet") {
      return fail(
          Errc::kUnsupported,
          "the node runs signet, where a block needs the signature of the signet's operators: lode cannot mine it");
    }
    if (compulsory && std::find(kKnownRules.begin(), kKnownRules.end(), name) == kKnownRules.end()) {
      return fail(
          Errc::kUnsupported,
          fmt::format("getblocktemplate: the node demands rule '{}', which this version of lode does not know; its "
                      "blocks would be invalid. A newer lode is needed",
                      rule));
    }
  }
  return {};
}

void read_bits(JsonFields& fields, BlockTemplate& reply) {
  std::array<std::uint8_t, 4> bits{};
  const std::string_view digits = fields.required_text("bits", 8);
  if (!from_hex_into(digits, bits)) {
    fields.fail("bits", "is not a string of 8 hex digits");
    return;
  }
  reply.bits = read_be<std::uint32_t>(bits);
  const auto target = chain::Target::from_bits(reply.bits);
  if (!target) {
    fields.fail("bits", "is no valid target: " + target.error().message(), Errc::kOutOfRange);
    return;
  }
  reply.target = *target;
  if (const auto text = fields.text("target", 64)) {
    const auto stated = chain::Target::from_display(*text);
    if (!stated) fields.fail("target", "is not a string of 64 hex digits");
    reply.target_differs = stated && *stated != reply.target;
  }
}

void read_times(JsonFields& fields, BlockTemplate& reply) {
  const auto current = static_cast<std::uint32_t>(fields.required_integer("curtime", 1, kMaxUint32));
  const auto lowest = static_cast<std::uint32_t>(fields.integer("mintime", 0, kMaxUint32).value_or(0));
  reply.time = std::max(current, lowest);
  if (const auto highest = fields.integer("maxtime", 0, kMaxUint32)) {
    reply.max_time = static_cast<std::uint32_t>(*highest);
    if (*reply.max_time < reply.time) fields.fail("maxtime", "is before curtime or mintime", Errc::kOutOfRange);
  }
}

void read_coinbase_aux(JsonFields& fields, BlockTemplate& reply) {
  const json::value* value = fields.find("coinbaseaux");
  if (value == nullptr) return;
  const json::object* object = value->if_object();
  if (object == nullptr) {
    fields.fail("coinbaseaux", "is not an object");
    return;
  }
  for (const auto& [name, element] : *object) {
    const json::string* text = element.if_string();
    const auto bytes = text == nullptr ? Result<Bytes>(fail(Errc::kMalformed, ""))
                                       : from_hex({text->data(), text->size()}, kMaxCoinbaseAux);
    if (!bytes || reply.coinbase_aux.size() + bytes->size() > kMaxCoinbaseAux) {
      fields.fail("coinbaseaux", "has something else than hex strings of at most 100 bytes");
      return;
    }
    append(reply.coinbase_aux, *bytes);
  }
}

void read_mutability(JsonFields& fields, BlockTemplate& reply) {
  for (const std::string& item : fields.texts("mutable", 64, 64)) {
    if (item == "time" || item == "time/increment") reply.time_mutable = true;
  }
  for (const std::string& item : fields.texts("capabilities", 64, 64)) {
    if (item == "proposal") reply.can_propose = true;
  }
  const auto nonces = fields.text("noncerange", 16);
  if (nonces && nonces->size() != 16) fields.fail("noncerange", "is not a string of 16 hex digits");
  if (nonces && *nonces != "00000000ffffffff") {
    fields.fail("noncerange", "allows only some nonces, which lode cannot do", Errc::kUnsupported);
  }
}

void read_limits(JsonFields& fields, BlockTemplate& reply) {
  constexpr auto kMaxWeight = static_cast<std::int64_t>(chain::kMaxBlockWeight);
  const auto size = fields.integer("sizelimit", 1000, kMaxWeight);
  const auto weight = fields.integer("weightlimit", 4000, kMaxWeight);
  // Before segwit there is only a size, of which every byte weighs four.
  const std::int64_t by_size = size ? std::min(*size * 4, kMaxWeight) : kMaxWeight;
  reply.weight_limit = static_cast<std::uint32_t>(weight.value_or(by_size));
  reply.sigop_limit = static_cast<std::uint32_t>(
      fields.integer("sigoplimit", 0, chain::kMaxSigopCost).value_or(std::int64_t{chain::kMaxSigopCost}));
}

void read_commitment(JsonFields& fields, BlockTemplate& reply) {
  auto commitment = fields.bytes("default_witness_commitment", 1000);
  if (!commitment) return;
  const auto& prefix = chain::kWitnessCommitmentPrefix;
  if (commitment->size() < chain::kWitnessCommitmentScriptSize ||
      !std::equal(prefix.begin(), prefix.end(), commitment->begin())) {
    fields.fail("default_witness_commitment", "is no witness commitment");
    return;
  }
  const bool has_witness = reply.transactions.txids != reply.transactions.wtxids;
  if (reply.segwit || has_witness) reply.witness_commitment = std::move(*commitment);
}

}  // namespace

Result<BlockTemplate> parse_block_template(const json::value& result, TemplateTransactions transactions) {
  const json::object* object = result.if_object();
  if (object == nullptr) return fail(Errc::kMalformed, "getblocktemplate: the result is not an object");

  JsonFields fields(*object, kWhat);
  BlockTemplate reply;
  reply.transactions = std::move(transactions);
  reply.rules = fields.texts("rules", 256, 64);
  if (const auto known = check_rules(reply.rules); !known) return known.error();
  reply.segwit = std::any_of(reply.rules.begin(), reply.rules.end(),
                             [](const std::string& rule) { return rule == "segwit" || rule == "!segwit"; });
  fields.integer("vbrequired", 0, kMaxUint32);

  reply.version = static_cast<std::uint32_t>(
      fields.required_integer("version", std::numeric_limits<std::int32_t>::min(), kMaxUint32));
  reply.previous_block = fields.required_hash("previousblockhash");
  reply.height = static_cast<std::uint32_t>(fields.required_integer("height", 1, chain::kLockTimeThreshold));
  read_bits(fields, reply);
  read_times(fields, reply);
  if (fields.find("coinbasevalue") == nullptr && fields.find("coinbasetxn") != nullptr) {
    fields.fail("coinbasetxn", "fixes the coinbase, and lode pays its own: the node must give coinbasevalue",
                Errc::kUnsupported);
  }
  reply.coinbase_value = static_cast<std::uint64_t>(
      fields.required_integer("coinbasevalue", 0, static_cast<std::int64_t>(chain::kMaxMoney)));
  const json::value* list = fields.find("transactions");
  if (list == nullptr) fields.fail("transactions", "is missing");
  if (list != nullptr && !list->is_array()) fields.fail("transactions", "is not an array");
  read_coinbase_aux(fields, reply);
  read_mutability(fields, reply);
  read_limits(fields, reply);
  read_commitment(fields, reply);
  if (const auto id = fields.text("longpollid", kMaxLongpollId)) reply.longpoll_id = std::string(*id);
  if (const auto id = fields.text("workid", kMaxWorkId)) reply.work_id = std::string(*id);
  reply.submit_old = fields.boolean("submitold").value_or(false);
  if (fields.failure()) return *fields.failure();
  return reply;
}

}  // namespace lode::node
