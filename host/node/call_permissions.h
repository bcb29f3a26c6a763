// The calls that lode needs of a node, and whether the node lets it make them.
//
// A node with rpcwhitelist answers HTTP status 403 to every call that it does not list for a user. What lode asks first
// shows that at once; submitblock would show it when a block is found. So each call is tried with arguments that change
// nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "host/node/node_options.h"
#include "host/node/rpc_client.h"

namespace lode::node {

struct NeededCall {
  std::string_view method;
  std::string_view params;    ///< JSON text of arguments that the node refuses, or whose answer costs it nothing
  std::string_view without;   ///< what it means to do without it, a clause: "there is no work"
  bool hands_blocks = false;  ///< without it every block that is found is lost
};

/// In the order in which mining needs them.
std::span<const NeededCall> needed_calls() noexcept;
/// Those that mining does not make before a block is found.
std::span<const NeededCall> calls_for_blocks() noexcept;

struct CallPermission {
  enum class Kind {
    kAllowed,
    kForbidden,  ///< HTTP status 403: rpcwhitelist, or rpcallowip where it is so for all calls
    kUnknown,    ///< the node has no such call
    kUntold,     ///< there was no answer, or one that does not tell: starting up, too busy
  };
  const NeededCall* call = nullptr;  ///< of needed_calls()
  Kind kind = Kind::kUntold;
  std::string detail;  ///< why it is not known to be allowed; empty where it is
};

/// One call. An error of the node's is an answer, too: it comes from the call itself.
boost::asio::awaitable<CallPermission> try_call(RpcClient& client, const NeededCall& call,
                                                std::chrono::milliseconds limit);

/// The line of bitcoin.conf that allows the user of `options` all needed calls:
/// "rpcwhitelist=miner:getblockchaininfo,getblocktemplate,...".
std::string whitelist_line(const NodeOptions& options);

}  // namespace lode::node
