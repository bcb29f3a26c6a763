#include "host/node/call_permissions.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

#include "host/node/rpc_fault.h"

namespace lode::node {

namespace asio = boost::asio;

namespace {

// The last ones are calls_for_blocks().
constexpr std::array kNeeded{
    NeededCall{"getblockchaininfo", "[]", "lode does not start, since it cannot tell which network the node is on",
               false},
    // No such mode: a template would cost the node time.
    NeededCall{"getblocktemplate", R"([{"mode":"none","rules":["segwit"]}])", "there is no work", false},
    // Too short for a header.
    NeededCall{"submitblock", R"(["00"])", "no block that is found can be handed in: it is lost", true},
    // No block has this hash.
    NeededCall{"getblockheader", R"(["0000000000000000000000000000000000000000000000000000000000000000"])",
               "it stays open what became of a block whose answer got lost", false},
    NeededCall{"getblockhash", "[0]", "nobody looks whether a block that the node took is in its best chain", false},
};
constexpr std::size_t kForBlocks = 3;

/// Where a node has them, they tell whether a longpoll leaves it a thread.
constexpr std::string_view kForLongpolls = ",waitforblockheight,uptime";

/// The user's name in a cookie file of Bitcoin Core.
constexpr std::string_view kCookieUser = "__cookie__";

}  // namespace

std::span<const NeededCall> needed_calls() noexcept {
  return kNeeded;
}

std::span<const NeededCall> calls_for_blocks() noexcept {
  return std::span<const NeededCall>(kNeeded).last(kForBlocks);
}

asio::awaitable<CallPermission> try_call(RpcClient& client, const NeededCall& call, std::chrono::milliseconds limit) {
  using Kind = CallPermission::Kind;
  RpcCallOptions options;
  options.time_limit = limit;
  // Named: g++ 12 destroys temporaries among a coroutine's arguments twice.
  std::string method(call.method);
  std::string params(call.params);
  const auto reply = co_await client.call(std::move(method), std::move(params), options);
  if (!reply) {
    const Kind kind = reply.error().is(Errc::kForbidden) ? Kind::kForbidden : Kind::kUntold;
    co_return CallPermission{&call, kind, reply.error().message()};
  }
  if (!reply->fault) co_return CallPermission{&call, Kind::kAllowed, {}};
  const Error said = to_error(call.method, *reply->fault);
  if (reply->fault->code == rpc_code::kMethodNotFound) co_return CallPermission{&call, Kind::kUnknown, said.message()};
  // A node that starts up says so before it looks whether it has the call.
  if (reply->fault->code == rpc_code::kWarmingUp) co_return CallPermission{&call, Kind::kUntold, said.message()};
  co_return CallPermission{&call, Kind::kAllowed, {}};
}

std::string whitelist_line(const NodeOptions& options) {
  const std::string_view user = options.cookie_file ? kCookieUser : std::string_view(options.user);
  std::string line = fmt::format("rpcwhitelist={}", user.empty() ? "USER" : printable(user, 200));
  char separator = ':';
  for (const NeededCall& call : kNeeded) {
    line += std::exchange(separator, ',');
    line += call.method;
  }
  return line.append(kForLongpolls);
}

}  // namespace lode::node
