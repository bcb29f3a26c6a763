#include "tests/stratum/client/fake_pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "tests/stratum/client/fake_link.h"

namespace lode::stratum::v1 {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

const auto kTuple = asio::as_tuple(asio::use_awaitable);

/// Longest line that is taken from lode.
constexpr std::size_t kMaxRequest = 64 * 1024;

class Peer final : public PoolPeer {
 public:
  Peer(tcp::socket socket, asio::ssl::context* tls, std::size_t number)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), number_(number) {
    if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, *tls);
  }

  asio::awaitable<bool> accept() {
    if (!tls_) co_return true;
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
    co_return !error;
  }

  asio::awaitable<std::optional<std::string>> line() override {
    error_code error;
    std::size_t size = 0;
    const auto buffer = asio::dynamic_buffer(buffer_, kMaxRequest);
    if (tls_) {
      std::tie(error, size) = co_await asio::async_read_until(*tls_, buffer, '\n', kTuple);
    } else {
      std::tie(error, size) = co_await asio::async_read_until(socket_, buffer, '\n', kTuple);
    }
    if (error) co_return std::nullopt;
    std::string text = buffer_.substr(0, size - 1);
    buffer_.erase(0, size);
    co_return text;
  }

  asio::awaitable<bool> write(std::string bytes) override {
    error_code error;
    if (tls_) {
      std::tie(error, std::ignore) = co_await asio::async_write(*tls_, asio::buffer(bytes), kTuple);
    } else {
      std::tie(error, std::ignore) = co_await asio::async_write(socket_, asio::buffer(bytes), kTuple);
    }
    co_return !error;
  }

  asio::awaitable<bool> wait(std::chrono::milliseconds span) override {
    if (!socket_.is_open()) co_return false;
    timer_.expires_after(span);
    co_await timer_.async_wait(kTuple);
    co_return socket_.is_open();
  }

  [[nodiscard]] std::size_t number() const noexcept override { return number_; }

  void drop() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    timer_.cancel();
  }

 private:
  tcp::socket socket_;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls_;  ///< null: plain
  std::string buffer_;
  asio::steady_timer timer_;
  std::size_t number_;
};

}  // namespace

struct FakePool::Shared {
  Shared(asio::io_context& context, Script play, asio::ssl::context* context_of_tls)
      : io(context), script(std::move(play)), tls(context_of_tls), acceptor(context) {}

  asio::io_context& io;
  Script script;
  asio::ssl::context* tls;
  tcp::acceptor acceptor;
  std::size_t connections = 0;
  std::set<Peer*> peers;

  static asio::awaitable<void> accept(std::shared_ptr<Shared> self) {
    while (true) {
      auto [error, socket] = co_await self->acceptor.async_accept(kTuple);
      if (error) co_return;
      asio::co_spawn(self->io, serve(self, std::move(socket)), asio::detached);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Shared> self, tcp::socket socket) {
    Peer peer(std::move(socket), self->tls, ++self->connections);
    self->peers.insert(&peer);
    const bool accepted = co_await peer.accept();
    if (accepted) co_await self->script(peer);
    self->peers.erase(&peer);
    peer.drop();
  }
};

FakePool::FakePool(asio::io_context& io, Script script, asio::ssl::context* tls)
    : shared_(std::make_shared<Shared>(io, std::move(script), tls)) {
  const tcp::endpoint here(asio::ip::address_v4::loopback(), 0);
  shared_->acceptor.open(here.protocol());
  shared_->acceptor.bind(here);
  shared_->acceptor.listen();
  port_ = shared_->acceptor.local_endpoint().port();
  asio::co_spawn(io, Shared::accept(shared_), asio::detached);
}

FakePool::~FakePool() {
  stop();
  shared_->io.restart();
  while (shared_->io.poll() != 0) {
  }
}

std::size_t FakePool::connections() const noexcept {
  return shared_->connections;
}

void FakePool::stop() {
  shared_->acceptor.close();
  for (Peer* peer : shared_->peers)
    peer->drop();
}

namespace {

/// What a pool that agrees to everything says to a line.
std::string agree(GoodPool& pool, const std::string& line) {
  const boost::json::object request = boost::json::parse(line).as_object();
  const std::string id = boost::json::serialize(request.at("id"));
  const auto reply = [&id](const std::string& result) {
    return R"({"id":)" + id + R"(,"result":)" + result + R"(,"error":null})" + "\n";
  };
  const std::string method(request.at("method").as_string());
  if (method == "mining.configure") return reply(R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})");
  if (method == "mining.subscribe") return reply(R"([[["mining.notify","s1"]],"aabbccdd",4])");
  if (method == "mining.authorize") {
    const std::string difficulty =
        R"({"id":null,"method":"mining.set_difficulty","params":[)" + pool.difficulty + "]}\n";
    const std::string notify = pool.notify.empty() ? std::string(kNotify) : pool.notify;
    return reply("true") + difficulty + notify + "\n" + (pool.then ? pool.then() : "");
  }
  if (method == "mining.submit") {
    ++pool.shares;
    return reply("true") + (pool.then ? pool.then() : "");
  }
  return reply("null");
}

asio::awaitable<void> play_good_pool(GoodPool& pool, PoolPeer& peer) {
  while (const auto line = co_await peer.line()) {
    if (!co_await peer.write(agree(pool, *line))) co_return;
  }
}

}  // namespace

FakePool::Script good_pool(GoodPool& pool) {
  return [&pool](PoolPeer& peer) { return play_good_pool(pool, peer); };
}

}  // namespace lode::stratum::v1
