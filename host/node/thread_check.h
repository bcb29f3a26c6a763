// Finds out whether a node can hold a longpoll and answer other calls beside it.
//
// Nodes of Bitcoin Core's kind answer calls with a few threads (rpcthreads). A longpoll takes one for minutes, and once
// sent it cannot be taken back. So a call that waits for a moment, which Bitcoin Core has for tests
// (waitforblockheight), is sent in its place, and another call beside it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "host/node/rpc_client.h"

namespace lode::node {

enum class SpareThread {
  kYes,
  kNo,
  kUnknown,  ///< the node has no call that waits, or does not allow it, or went away
};

/// `waiting` is asked to wait for `hold`; `asking` asks something a moment later, on a connection of its own, which is
/// closed afterwards. Takes as long as `hold`, and the connections' limits at the most. Closing both clients ends it.
boost::asio::awaitable<SpareThread> look_for_spare_thread(boost::asio::any_io_executor executor, RpcClient& waiting,
                                                          RpcClient& asking, std::chrono::milliseconds hold);

}  // namespace lode::node
