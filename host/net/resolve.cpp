#include "host/net/resolve.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string_view>

namespace lode::net {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Shared with the resolver's completion handler, which may come long after the caller stopped waiting.
struct Resolver::Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), wake(executor) {}

  tcp::resolver resolver;
  asio::steady_timer wake;
  bool done = false;
  bool cancelled = false;
  boost::system::error_code error;
  std::vector<tcp::endpoint> endpoints;
};

Resolver::Resolver(asio::any_io_executor executor) : executor_(std::move(executor)) {}

Resolver::~Resolver() {
  cancel();
}

void Resolver::cancel() noexcept {
  if (!lookup_) return;
  lookup_->cancelled = true;
  lookup_->resolver.cancel();
  lookup_->wake.cancel();
}

asio::awaitable<Result<std::vector<tcp::endpoint>>> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                                      std::chrono::milliseconds limit) {
  std::string_view literal = host;
  if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']') {
    literal = literal.substr(1, literal.size() - 2);
  }
  boost::system::error_code not_an_address;
  const asio::ip::address address = asio::ip::make_address(literal, not_an_address);
  if (!not_an_address) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};

  auto lookup = std::make_shared<Lookup>(executor_);
  lookup_ = lookup;
  lookup->wake.expires_after(limit);
  lookup->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [lookup](const boost::system::error_code& error, const tcp::resolver::results_type& results) {
        lookup->done = true;
        lookup->error = error;
        for (const auto& entry : results)
          lookup->endpoints.push_back(entry.endpoint());
        lookup->wake.cancel();
      });
  if (!lookup->done) co_await lookup->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  if (lookup_ == lookup) lookup_.reset();

  if (lookup->cancelled) co_return fail(Errc::kCancelled, "stopped while looking up the host name");
  if (!lookup->done) {
    lookup->resolver.cancel();
    co_return fail(Errc::kTimeout, fmt::format("looking up '{}' took longer than {} ms", host, limit.count()));
  }
  if (lookup->error || lookup->endpoints.empty()) {
    co_return fail(Errc::kDisconnected, fmt::format("host name '{}' cannot be resolved: {}", host,
                                                    lookup->error ? lookup->error.message() : "no address"));
  }
  co_return std::move(lookup->endpoints);
}

}  // namespace lode::net
