// What a node says of itself: its chain, its version, its peers.
//
// Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "host/base/result.h"

namespace lode::node {

/// Of getblockchaininfo. Nodes leave out what they do not know.
struct ChainState {
  std::string chain;  ///< "main", "test", "testnet4", "signet", "regtest"; at most 32 printable characters
  std::optional<std::int64_t> blocks;
  std::optional<std::int64_t> headers;
  std::optional<bool> downloading;  ///< initialblockdownload
  std::optional<double> verified;   ///< share of the chain's transactions that is checked, 0 to 1
  std::optional<bool> pruned;
  std::string warnings;  ///< the node's own, at most 500 printable characters; empty: none
};

/// Of getnetworkinfo.
struct NetworkState {
  std::optional<std::int64_t> version;  ///< 310100 is 31.1.0
  std::string subversion;               ///< "/Satoshi:31.1.0/"; at most 256 printable characters
  std::optional<std::int64_t> peers;
  std::optional<std::int64_t> peers_in;  ///< that connected to the node
  std::optional<std::int64_t> peers_out;
  std::optional<bool> active;  ///< false: the node is told to speak with nobody
};

/// Errors of both: kProtocol when the result is not an object; kMalformed, kOutOfRange, kTooLarge name a field.
Result<ChainState> parse_chain_state(const boost::json::value& result);
Result<NetworkState> parse_network_state(const boost::json::value& result);

}  // namespace lode::node
