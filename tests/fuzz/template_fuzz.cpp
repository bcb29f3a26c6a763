// A getblocktemplate reply: how it is cut into pieces does not matter, and what is accepted keeps its promises.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/json/object.hpp>

#include "host/chain/consensus.h"
#include "host/node/template_checks.h"
#include "host/node/template_parser.h"
#include "host/node/template_stream.h"
#include "tests/fuzz/require.h"

namespace {

using namespace lode::node;

std::optional<BlockTemplate> read(std::string_view text, std::size_t piece) {
  TemplateStream stream;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!stream.write(text.substr(at, piece))) return std::nullopt;
  }
  auto value = stream.finish();
  if (!value || !value->is_object()) return std::nullopt;
  const boost::json::value* result = value->get_object().if_contains("result");
  if (result == nullptr) return std::nullopt;
  auto reply = parse_block_template(*result, stream.take_transactions());
  if (!reply) return std::nullopt;
  return std::move(*reply);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto reply = read(text, size);
  const auto torn = read(text, 1 + data[size - 1] % 7);
  LODE_REQUIRE(reply.has_value() == torn.has_value());
  if (!reply) return 0;

  const TemplateTransactions& transactions = reply->transactions;
  LODE_REQUIRE(transactions.data == torn->transactions.data);
  LODE_REQUIRE(transactions.txids == torn->transactions.txids);
  LODE_REQUIRE(transactions.txids.size() == transactions.rows.size());
  LODE_REQUIRE(transactions.wtxids.size() == transactions.rows.size());
  std::size_t bytes = 0;
  for (const auto& row : transactions.rows)
    bytes += row.size;
  LODE_REQUIRE(bytes == transactions.data.size());
  LODE_REQUIRE(bytes <= lode::chain::kMaxBlockBytes);
  LODE_REQUIRE(reply->height >= 1);
  LODE_REQUIRE(reply->coinbase_value <= lode::chain::kMaxMoney);

  auto body = std::make_shared<lode::work::BlockBody>();
  body->transaction_count = transactions.rows.size();
  body->transactions = transactions.data;
  auto work = std::make_shared<lode::work::WorkTemplate>();
  work->body = std::move(body);
  auto input = std::make_shared<CheckInput>();
  input->work = std::move(work);
  input->txids = transactions.txids;
  input->wtxids = transactions.wtxids;
  input->rows = transactions.rows;
  input->witness_commitment = reply->witness_commitment;
  input->weight_limit = reply->weight_limit;
  input->sigop_limit = reply->sigop_limit;
  TemplateCheck check(input);
  for (;;) {
    const auto done = check.step(1);
    if (!done || *done) break;
  }
  return 0;
}
