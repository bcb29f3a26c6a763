// How the RPC port of a source's node is reached.
//
// A pure function.
#pragma once

#include "host/node/node_options.h"
#include "host/node/rpc_client.h"

namespace lode::node {

/// Address, TLS, proxy, path and limits as the options say.
RpcOptions rpc_options(const NodeOptions& options);

}  // namespace lode::node
