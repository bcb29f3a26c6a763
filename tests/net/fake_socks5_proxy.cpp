#include "tests/net/fake_socks5_proxy.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <utility>

namespace lode::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using Octets = std::vector<std::uint8_t>;

}  // namespace

struct FakeSocks5Proxy::Shared : std::enable_shared_from_this<Shared> {
  Shared(asio::io_context& io_in, Socks5Behaviour behaviour_in)
      : io(io_in),
        behaviour(std::move(behaviour_in)),
        acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  /// A client and, once it is connected, its target.
  struct Pair {
    explicit Pair(tcp::socket client_in) : client(std::move(client_in)), target(client.get_executor()) {}
    tcp::socket client;
    tcp::socket target;
    std::size_t sent = 0;
  };

  asio::awaitable<void> accept() {
    while (!ending) {
      auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
      if (error) co_return;
      auto pair = std::make_shared<Pair>(std::move(socket));
      pairs.push_back(pair);
      spawn(serve(pair));
    }
  }

  void spawn(asio::awaitable<void> task) {
    asio::co_spawn(io, std::move(task), [self = shared_from_this()](const std::exception_ptr&) {});
  }

  /// False once nothing more is to be said.
  asio::awaitable<bool> say(Pair& pair, Octets bytes) {
    const std::size_t room = behaviour.cut_after - std::min(behaviour.cut_after, pair.sent);
    const bool cut = bytes.size() > room;
    bytes.resize(std::min(bytes.size(), room));
    pair.sent += bytes.size();
    asio::steady_timer timer(io);
    const std::size_t step = behaviour.gap.count() > 0 ? 1 : bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      if (at > 0) {
        timer.expires_after(behaviour.gap);
        co_await timer.async_wait(asio::use_awaitable);
      }
      co_await asio::async_write(pair.client, asio::buffer(bytes.data() + at, step), asio::use_awaitable);
    }
    if (cut) pair.client.close();
    co_return !cut;
  }

  asio::awaitable<Octets> hear(Pair& pair, std::size_t count) {
    Octets bytes(count);
    co_await asio::async_read(pair.client, asio::buffer(bytes), asio::use_awaitable);
    co_return bytes;
  }

  /// A length and as many characters.
  asio::awaitable<std::string> hear_text(Pair& pair) {
    const Octets size = co_await hear(pair, 1);
    const Octets text = co_await hear(pair, size[0]);
    co_return std::string(text.begin(), text.end());
  }

  template <class Address>
  asio::awaitable<std::string> hear_address(Pair& pair) {
    typename Address::bytes_type bytes{};
    co_await asio::async_read(pair.client, asio::buffer(bytes), asio::use_awaitable);
    co_return Address(bytes).to_string();
  }

  asio::awaitable<void> serve(std::shared_ptr<Pair> pair) {
    if (behaviour.silent) co_return;  // the pair stays open
    const Octets greeting = co_await hear(*pair, 2);
    const Octets offered = co_await hear(*pair, greeting[1]);
    const std::uint8_t wanted = behaviour.user.empty() ? 0 : 2;
    const bool has = std::ranges::find(offered, wanted) != offered.end();
    const std::uint8_t method = behaviour.method.value_or(has ? wanted : 0xff);
    // Lists in a co_await are too much for g++ 12.
    Octets answer{behaviour.version, method};
    if (!co_await say(*pair, answer)) co_return;
    if (method == 2) {
      co_await hear(*pair, 1);
      const std::string user = co_await hear_text(*pair);
      const std::string password = co_await hear_text(*pair);
      const bool right = user == behaviour.user && password == behaviour.password;
      answer = {1, static_cast<std::uint8_t>(right ? 0 : 1)};
      if (!co_await say(*pair, answer)) co_return;
      if (!right) co_return;
    }
    const Octets request = co_await hear(*pair, 4);
    std::string host;
    if (request[3] == 1) {
      host = co_await hear_address<asio::ip::address_v4>(*pair);
    } else if (request[3] == 4) {
      host = co_await hear_address<asio::ip::address_v6>(*pair);
    } else {
      host = co_await hear_text(*pair);
    }
    const Octets port_bytes = co_await hear(*pair, 2);
    const auto port = static_cast<std::uint16_t>(port_bytes[0] << 8 | port_bytes[1]);
    asked.push_back(host + ":" + std::to_string(port));

    std::uint8_t code = behaviour.code;
    if (code == 0) {
      const tcp::endpoint there(asio::ip::address_v4::loopback(), port);
      const auto [error] = co_await pair->target.async_connect(there, asio::as_tuple(asio::use_awaitable));
      if (error) code = 5;
    }
    Octets reply{behaviour.version, code, 0, behaviour.address_kind};
    if (behaviour.address_kind == 3) {
      const std::string name = "proxy.example";
      reply.push_back(static_cast<std::uint8_t>(name.size()));
      reply.insert(reply.end(), name.begin(), name.end());
    } else {
      reply.insert(reply.end(), behaviour.address_kind == 4 ? 16U : 4U, std::uint8_t{7});
    }
    reply.insert(reply.end(), 2, std::uint8_t{1});
    if (!co_await say(*pair, reply) || code != 0) co_return;
    spawn(relay(pair, pair->target, pair->client));
    co_await relay(pair, pair->client, pair->target);
  }

  asio::awaitable<void> relay(std::shared_ptr<Pair> pair, tcp::socket& from, tcp::socket& to) {
    std::array<char, 4096> buffer{};
    while (true) {
      const auto [error, size] =
          co_await from.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
      if (error) break;
      const auto [failure, written] =
          co_await asio::async_write(to, asio::buffer(buffer.data(), size), asio::as_tuple(asio::use_awaitable));
      if (failure) break;
    }
    boost::system::error_code ignored;
    pair->client.close(ignored);
    pair->target.close(ignored);
  }

  asio::io_context& io;
  Socks5Behaviour behaviour;
  tcp::acceptor acceptor;
  std::list<std::shared_ptr<Pair>> pairs;
  std::vector<std::string> asked;
  bool ending = false;
};

FakeSocks5Proxy::FakeSocks5Proxy(asio::io_context& io, Socks5Behaviour behaviour)
    : shared_(std::make_shared<Shared>(io, std::move(behaviour))) {
  shared_->spawn(shared_->accept());
}

FakeSocks5Proxy::~FakeSocks5Proxy() {
  shared_->ending = true;
  boost::system::error_code ignored;
  shared_->acceptor.close(ignored);
  for (const auto& pair : shared_->pairs) {
    pair->client.close(ignored);
    pair->target.close(ignored);
  }
}

std::uint16_t FakeSocks5Proxy::port() const {
  return shared_->acceptor.local_endpoint().port();
}

const std::vector<std::string>& FakeSocks5Proxy::asked() const {
  return shared_->asked;
}

}  // namespace lode::test
