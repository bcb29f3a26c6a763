// JSON-RPC calls to a node over one HTTP connection.
//
// Lives on the io thread; one call at a time, further ones need another client.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/result.h"
#include "host/net/http_connection.h"
#include "host/node/credentials.h"
#include "host/node/reply_parser.h"
#include "host/node/rpc_fault.h"

namespace lode::node {

struct RpcOptions {
  net::HttpOptions http;
  std::string path = "/";
};

/// An answer: a result, or the node's error.
struct RpcReply {
  boost::json::value result;
  std::optional<RpcFault> fault;
};

struct RpcCallOptions {
  std::optional<std::chrono::milliseconds> time_limit;  ///< for the reply, instead of the connection's
  bool wait_for_ever = false;                           ///< longpoll: no limit until the reply begins
};

class RpcClient {
 public:
  RpcClient(boost::asio::any_io_executor executor, RpcOptions options, std::shared_ptr<Credentials> credentials);

  /// `params` is the JSON text of an array, so that megabytes of hex need not pass through a JSON value. The reply is
  /// fed to `parser` while it arrives; only a reply with HTTP status 200 is, others are short.
  ///
  /// A refused cookie is read again and the call repeated, once.
  /// Errors: those of HttpConnection; kUnauthorized (401); kForbidden (403: rpcallowip, rpcwhitelist); kNotReady (503:
  /// too many calls at once, a proxy without a node behind it); kProtocol (no JSON-RPC reply, another id); the
  /// parser's.
  boost::asio::awaitable<Result<RpcReply>> call(std::string method, std::string params, ReplyParser& parser,
                                                RpcCallOptions options = {});
  /// The same for short replies.
  boost::asio::awaitable<Result<RpcReply>> call(std::string method, std::string params, RpcCallOptions options = {});

  [[nodiscard]] net::HttpConnection& connection() noexcept { return connection_; }
  void close() noexcept { connection_.close(); }

  /// Whether the latest call reached the node, and nobody there took it up: it had no reply in time, or was turned away
  /// as one too many (Bitcoin Core's 503). So it is where all RPC threads of a node are taken.
  [[nodiscard]] bool was_left_waiting() const noexcept { return left_waiting_; }

  /// Replies that were no proper JSON-RPC replies.
  [[nodiscard]] std::uint64_t malformed_replies() const noexcept { return malformed_; }

 private:
  boost::asio::awaitable<Result<RpcReply>> call_once(std::string_view method, std::string_view params,
                                                     ReplyParser& parser, RpcCallOptions options);

  net::HttpConnection connection_;
  std::string path_;
  std::shared_ptr<Credentials> credentials_;
  std::int64_t next_id_ = 1;
  std::uint64_t malformed_ = 0;
  bool left_waiting_ = false;
};

}  // namespace lode::node
