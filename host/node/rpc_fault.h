// An error that a node's RPC interface answered with, and what it means for mining.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/result.h"

namespace lode::node {

/// JSON-RPC's error object.
struct RpcFault {
  int code = 0;
  std::string message;  ///< at most 1000 printable characters of the node's
};

/// Bitcoin Core's error numbers (rpc/protocol.h).
namespace rpc_code {
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kParseError = -32700;
inline constexpr int kTypeError = -3;
inline constexpr int kBlockNotFound = -5;
inline constexpr int kInvalidParameter = -8;
inline constexpr int kNotConnected = -9;
inline constexpr int kInitialDownload = -10;
inline constexpr int kDeserialization = -22;
inline constexpr int kVerifyError = -25;
inline constexpr int kVerifyRejected = -26;
inline constexpr int kWarmingUp = -28;
}  // namespace rpc_code

/// What an operator can do about a node whose RPC threads are all taken.
inline constexpr std::string_view kMoreThreads =
    "set rpcthreads in bitcoin.conf to 4 at least, and to twice as many as miners use the node";

/// From the "error" field of a reply; nothing for null.
Result<std::optional<RpcFault>> parse_fault(const boost::json::value& error);

/// What an operator should know: kNotReady for states that pass by themselves, kUnsupported for a method that the node
/// does not have, kRejected for the rest.
Error to_error(std::string_view method, const RpcFault& fault);

/// Text from outside for a log line: printable ASCII, at most `longest` characters.
std::string printable(std::string_view text, std::size_t longest);

}  // namespace lode::node
