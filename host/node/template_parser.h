// From the value of a getblocktemplate reply to a template whose every field has been checked for type and range.
//
// Pure functions; no Asio. What costs time (the transactions' hashes, the witness commitment) is left to
// template_checks.h, which runs after the work was published.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/chain/target.h"
#include "host/node/template_stream.h"

namespace lode::node {

/// A getblocktemplate reply (BIP22, BIP23, BIP9, BIP145).
struct BlockTemplate {
  std::uint32_t version = 0;
  chain::Hash256 previous_block;
  std::uint32_t height = 0;
  std::uint32_t bits = 0;
  chain::Target target;         ///< of bits
  bool target_differs = false;  ///< the field "target" says something else; bits is what counts
  std::uint32_t time = 0;       ///< curtime, or mintime where that is later
  std::optional<std::uint32_t> max_time;
  bool time_mutable = false;
  std::uint64_t coinbase_value = 0;  ///< satoshi
  Bytes coinbase_aux;                ///< all of coinbaseaux, one after another
  /// Whole scriptPubKey; only where the block is to have one: see coinbase witness in parse_block_template.
  std::optional<Bytes> witness_commitment;
  bool segwit = false;             ///< the rules name segwit
  std::vector<std::string> rules;  ///< with their "!"
  std::uint32_t weight_limit = 0;
  std::uint32_t sigop_limit = 0;
  bool can_propose = false;  ///< the node lists the capability "proposal"
  std::optional<std::string> longpoll_id;
  bool submit_old = false;  ///< longpoll: work on the old tip is still worth submitting
  std::optional<std::string> work_id;
  TemplateTransactions transactions;
};

/// Whether a template is a good one, checked in the order in which an operator wants to know.
///
/// The coinbase carries a witness commitment (and with it the reserved value) when the node gave one and either names
/// segwit among the rules or lists a transaction with a witness: nodes give a commitment even before segwit is active,
/// where a witness is against the rules.
///
/// Errors: kMalformed and kOutOfRange name the field; kUnsupported for a rule that must be understood and is not,
/// signet, a template that fixes the coinbase or the nonces.
Result<BlockTemplate> parse_block_template(const boost::json::value& result, TemplateTransactions transactions);

}  // namespace lode::node
