// Tells an operator which calls a node does not allow, before a block is found and cannot be handed in.
//
// One for each source, so that it is told once and not after every loss of the node. It works beside the source, on a
// connection of its own that is closed afterwards, one call after another. Io thread; outlives the coroutines it
// returned.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "host/base/log.h"
#include "host/node/call_permissions.h"
#include "host/node/credentials.h"
#include "host/node/node_options.h"
#include "host/node/rpc_client.h"

namespace lode::node {

class PermissionCheck {
 public:
  /// `name` is the node's. `options` must outlive it.
  PermissionCheck(boost::asio::any_io_executor executor, std::string name, const NodeOptions& options,
                  std::shared_ptr<Credentials> credentials, Log log);

  /// Waits for begin(), tries the calls, and tells what is missing. A call about which the node says nothing is tried
  /// again later. Returns when all is known, at once if it is known from an earlier run, and on stop().
  boost::asio::awaitable<void> run();

  /// The node has given its first work: it has time now.
  void begin() noexcept;

  /// Ends run() soon.
  void stop() noexcept;

 private:
  using Permissions = std::vector<CallPermission>;

  boost::asio::awaitable<void> try_calls();
  /// Tries the calls that are open; returns those that cannot be made.
  boost::asio::awaitable<Permissions> try_open_calls();
  void tell(const Permissions& missing) const;

  std::string name_;
  const NodeOptions& options_;
  RpcClient client_;
  Log log_;
  boost::asio::steady_timer timer_;
  std::vector<const NeededCall*> open_;  ///< nothing is known of them yet
  bool begun_ = false;
  bool stopping_ = false;
};

}  // namespace lode::node
