// Looks at a node as a miner would before it relies on it: its chain and peers, the calls that it allows, a template,
// and what it says to a block made from that (a proposal, BIP23). Changes nothing at the node.
//
// Io thread. Errors of the connection are part of the report.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/node/call_permissions.h"
#include "host/node/node_options.h"
#include "host/node/node_state.h"
#include "host/node/proposal.h"

namespace lode::node {

struct NodeProbeOptions {
  NodeOptions node;                         ///< without a payout address, the proposal pays a script of nobody's
  std::chrono::milliseconds limit{30'000};  ///< for all of it
};

/// What a template says, as far as people want to know.
struct TemplateSummary {
  std::uint32_t height = 0;  ///< of the block to be found
  std::size_t transactions = 0;
  std::optional<std::uint64_t> weight;  ///< of the transactions, as the node says; nothing: it does not
  std::uint32_t weight_limit = 0;
  std::uint64_t coinbase_value = 0;  ///< satoshi
  std::vector<std::string> rules;
  bool longpoll = false;
  bool can_propose = false;
  /// Why lode cannot make a block from it, or should not: its data is not what it says.
  std::optional<std::string> fault;
};

struct NodeProbeReport {
  std::optional<std::string> failure;  ///< why there was no template
  std::optional<std::chrono::steady_clock::duration>
      first_answer_took;  ///< connecting included; nothing: there was none
  std::optional<ChainState> chain;
  std::optional<NetworkState> network;
  std::vector<CallPermission> calls;  ///< in the order of needed_calls()
  std::string whitelist;              ///< see whitelist_line()
  std::vector<std::chrono::steady_clock::duration> templates_took;
  std::optional<TemplateSummary> work;
  std::optional<ProposalAnswer> proposal;           ///< nothing: there was none
  std::optional<std::chrono::seconds> clock_ahead;  ///< of the node's clock, of this computer's; nothing: not told
  std::optional<std::string> payout_fault;          ///< why the payout address cannot be mined to with this node
  std::vector<std::string> notes;                   ///< sentences that are worth knowing
};

/// The middle one of `times`, of an even number the later of the two; 0 of none.
std::chrono::steady_clock::duration median(std::vector<std::chrono::steady_clock::duration> times);

boost::asio::awaitable<NodeProbeReport> probe_node(boost::asio::any_io_executor executor, NodeProbeOptions options);

}  // namespace lode::node
