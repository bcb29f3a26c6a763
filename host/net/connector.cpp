#include "host/net/connector.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace lode::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// A name may have any number of addresses; so many of them are tried.
constexpr std::size_t kMostAddresses = 16;

void set_options(tcp::socket& socket) {
  using asio::detail::socket_option::integer;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPIDLE>(30), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPINTVL>(10), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPCNT>(3), ignored);
}

Error cancelled() {
  return fail(Errc::kCancelled, "connection closed on request");
}

std::string text_of(const tcp::endpoint& endpoint) {
  return endpoint.address().to_string();
}

}  // namespace

Endpoints interleaved(const Endpoints& endpoints) {
  Endpoints families[2];
  for (const tcp::endpoint& endpoint : endpoints) {
    const bool same = endpoint.protocol() == endpoints.front().protocol();
    families[same ? 0 : 1].push_back(endpoint);
  }
  Endpoints order;
  for (std::size_t i = 0; i < std::max(families[0].size(), families[1].size()); ++i) {
    for (const Endpoints& family : families) {
      if (i < family.size()) order.push_back(family[i]);
    }
  }
  return order;
}

/// Shared with the completion handlers, which may come after the race is over.
struct Connector::Race {
  explicit Race(const asio::any_io_executor& executor) : wake(executor) {}

  void start(const asio::any_io_executor& executor, const std::shared_ptr<Race>& self, const tcp::endpoint& endpoint) {
    const std::size_t index = sockets.size();
    sockets.push_back(std::make_unique<tcp::socket>(executor));
    ++running;
    sockets.back()->async_connect(endpoint, [self, index, endpoint](const error_code& error) {
      --self->running;
      if (self->over) return;
      if (error) {
        self->failures.push_back(fmt::format("{}: {}", text_of(endpoint), error.message()));
      } else if (!self->winner) {
        self->winner = index;
      }
      self->wake.cancel();
    });
  }

  void end() noexcept {
    over = true;
    error_code ignored;
    for (const auto& socket : sockets)
      socket->close(ignored);
    wake.cancel();
  }

  asio::steady_timer wake;
  std::vector<std::unique_ptr<tcp::socket>> sockets;
  std::vector<std::string> failures;
  std::optional<std::size_t> winner;
  int running = 0;
  bool over = false;
};

Connector::Connector(asio::any_io_executor executor, ConnectOptions options)
    : executor_(executor), options_(std::move(options)), resolver_(std::move(executor)) {}

Connector::~Connector() {
  cancel();
}

void Connector::cancel() noexcept {
  ++cancels_;
  resolver_.cancel();
  if (race_) race_->end();
  if (proxied_) proxied_->close();
}

Error Connector::too_late(const std::string& what) const {
  return fail(Errc::kTimeout, fmt::format("{} took longer than {} ms", what, options_.limit.count()));
}

asio::awaitable<Result<Endpoints>> Connector::look_up(const std::string& host, std::uint16_t port,
                                                      std::chrono::milliseconds limit) {
  if (options_.resolve) co_return co_await options_.resolve(host, port, limit);
  co_return co_await resolver_.resolve(host, port, limit);
}

asio::awaitable<Result<tcp::socket>> Connector::reach(const std::string& host, std::uint16_t port,
                                                      Clock::time_point deadline) {
  const std::uint64_t cancels = cancels_;
  auto found = co_await look_up(host, port, options_.limit);
  if (cancels != cancels_) co_return cancelled();
  if (!found) co_return found.error();
  if (found->empty()) co_return fail(Errc::kDisconnected, fmt::format("host name '{}' has no address", host));
  Endpoints order = interleaved(*found);
  order.resize(std::min(order.size(), kMostAddresses));

  const auto race = std::make_shared<Race>(executor_);
  race_ = race;
  std::size_t next = 0;
  while (!race->winner && !race->over && Clock::now() < deadline && (race->running > 0 || next < order.size())) {
    if (next < order.size()) race->start(executor_, race, order[next++]);
    race->wake.expires_at(next < order.size() ? std::min(deadline, Clock::now() + options_.attempt_delay) : deadline);
    co_await race->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  std::optional<tcp::socket> won;
  if (race->winner && cancels == cancels_) won.emplace(std::move(*race->sockets[*race->winner]));
  race->end();
  if (race_ == race) race_.reset();
  if (cancels != cancels_) co_return cancelled();
  if (won) {
    set_options(*won);
    co_return *std::move(won);
  }
  const std::string reasons = fmt::format("{}", fmt::join(race->failures, "; "));
  if (race->running == 0 && !reasons.empty()) {
    co_return fail(Errc::kDisconnected, fmt::format("cannot connect: {}", reasons));
  }
  const Error late = too_late("connecting");
  if (reasons.empty()) co_return late;
  co_return Error(late.code, fmt::format("{} ({})", late.message(), reasons));
}

asio::awaitable<Result<tcp::socket>> Connector::connect(std::string host, std::uint16_t port) {
  const Clock::time_point deadline = Clock::now() + options_.limit;
  if (!options_.proxy) co_return co_await reach(host, port, deadline);
  const ProxyOptions& proxy = *options_.proxy;
  const std::uint64_t cancels = cancels_;
  auto socket = co_await reach(proxy.host, proxy.port, deadline);
  if (!socket) {
    if (socket.error().is(Errc::kCancelled)) co_return socket.error();
    co_return Error(socket.error().code, fmt::format("SOCKS5 proxy {}: {}", proxy.display(), socket.error().message()));
  }
  proxied_.emplace(*std::move(socket));
  proxied_->expires_at(deadline);
  const auto through = co_await connect_through(*proxied_, proxy, host, port);
  tcp::socket connected = proxied_->release_socket();
  proxied_.reset();
  if (cancels != cancels_) co_return cancelled();
  if (!through) co_return through.error();
  co_return std::move(connected);
}

}  // namespace lode::net
