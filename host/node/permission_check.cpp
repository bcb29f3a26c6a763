#include "host/node/permission_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "host/node/rpc_options.h"

namespace lode::node {

namespace asio = boost::asio;

PermissionCheck::PermissionCheck(asio::any_io_executor executor, std::string name, const NodeOptions& options,
                                 std::shared_ptr<Credentials> credentials, Log log)
    : name_(std::move(name)),
      options_(options),
      client_(executor, rpc_options(options), std::move(credentials)),
      log_(std::move(log)),
      timer_(executor) {
  // The others were made by the time there is work.
  for (const NeededCall& call : calls_for_blocks())
    open_.push_back(&call);
}

void PermissionCheck::begin() noexcept {
  if (std::exchange(begun_, true)) return;
  timer_.cancel();
}

void PermissionCheck::stop() noexcept {
  stopping_ = true;
  timer_.cancel();
  client_.close();
}

asio::awaitable<void> PermissionCheck::run() {
  stopping_ = false;  // before the coroutine begins: a stop() in between counts
  return try_calls();
}

asio::awaitable<void> PermissionCheck::try_calls() {
  while (!begun_ && !stopping_) {
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  while (!open_.empty() && !stopping_) {
    const Permissions missing = co_await try_open_calls();
    tell(missing);
    client_.close();
    if (open_.empty() || stopping_) co_return;
    timer_.expires_after(options_.times.retry_calls);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<PermissionCheck::Permissions> PermissionCheck::try_open_calls() {
  using Kind = CallPermission::Kind;
  Permissions missing;
  for (const NeededCall* call : std::exchange(open_, {})) {
    CallPermission found{call, Kind::kUntold, {}};
    if (!stopping_) found = co_await try_call(client_, *call, options_.times.call);
    if (found.kind == Kind::kUntold) open_.push_back(call);
    if (found.kind == Kind::kForbidden || found.kind == Kind::kUnknown) missing.push_back(std::move(found));
  }
  co_return missing;
}

void PermissionCheck::tell(const Permissions& missing) const {
  std::string names;
  std::string consequences;
  for (const CallPermission& one : missing) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", one.call->method);
    consequences +=
        fmt::format("{}without {} {}", consequences.empty() ? "" : "; ", one.call->method, one.call->without);
  }
  if (missing.empty()) return;
  const bool forbidden =
      std::ranges::find(missing, CallPermission::Kind::kForbidden, &CallPermission::kind) != missing.end();
  const std::string remedy =
      forbidden ? fmt::format(
                      "Write this into the node's bitcoin.conf in place of the user's rpcwhitelist, and restart "
                      "the node: {}",
                      whitelist_line(options_))
                : "The node is no full node, or these calls are switched off";
  const bool blocks_lost = std::ranges::any_of(missing, [](const auto& one) { return one.call->hands_blocks; });
  const std::string text =
      fmt::format("{}: the node does not let lode call {}: {}. {}", name_, names, consequences, remedy);
  if (blocks_lost) {
    log_.error("{}", text);
  } else {
    log_.warn("{}", text);
  }
}

}  // namespace lode::node
