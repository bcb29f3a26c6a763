#include "tests/stratum/client/scripted_pool.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "tests/stratum/client/fake_link.h"

namespace lode::stratum::v1 {

using asio::ip::tcp;

ScriptedPool::Peer::Peer(tcp::socket socket, asio::ssl::context* tls) {
  if (tls != nullptr) {
    tls_.emplace(std::move(socket), *tls);
  } else {
    plain_.emplace(std::move(socket));
  }
}

asio::awaitable<void> ScriptedPool::Peer::handshake() {
  if (tls_) co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
}

asio::awaitable<std::string> ScriptedPool::Peer::line() {
  std::size_t size = 0;
  if (tls_) {
    size = co_await asio::async_read_until(*tls_, asio::dynamic_buffer(held_), '\n', asio::use_awaitable);
  } else {
    size = co_await asio::async_read_until(*plain_, asio::dynamic_buffer(held_), '\n', asio::use_awaitable);
  }
  std::string line = held_.substr(0, size - 1);
  held_.erase(0, size);
  co_return line;
}

asio::awaitable<void> ScriptedPool::Peer::say(std::string bytes) {
  if (tls_) {
    co_await asio::async_write(*tls_, asio::buffer(bytes), asio::use_awaitable);
  } else {
    co_await asio::async_write(*plain_, asio::buffer(bytes), asio::use_awaitable);
  }
}

void ScriptedPool::Peer::close() noexcept {
  boost::system::error_code ignored;
  (tls_ ? tls_->next_layer() : *plain_).close(ignored);
}

struct ScriptedPool::Shared : std::enable_shared_from_this<Shared> {
  Shared(asio::io_context& io_in, Script script_in, asio::ssl::context* tls_in)
      : io(io_in),
        script(std::move(script_in)),
        tls(tls_in),
        acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  void spawn(asio::awaitable<void> task) {
    asio::co_spawn(io, std::move(task), [self = shared_from_this()](const std::exception_ptr&) {});
  }

  asio::awaitable<void> accept() {
    while (true) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      peers.push_back(std::make_shared<Peer>(std::move(socket), tls));
      peers.back()->number_ = peers.size();
      spawn(run(peers.back()));
    }
  }

  asio::awaitable<void> run(std::shared_ptr<Peer> peer) {
    try {
      co_await script(*peer);
    } catch (const boost::system::system_error&) {  // the other side is gone, or does not speak TLS
    }
    peer->close();
  }

  asio::io_context& io;
  Script script;
  asio::ssl::context* tls;
  tcp::acceptor acceptor;
  std::list<std::shared_ptr<Peer>> peers;
};

ScriptedPool::ScriptedPool(asio::io_context& io, Script script, asio::ssl::context* tls)
    : shared_(std::make_shared<Shared>(io, std::move(script), tls)) {
  shared_->spawn(shared_->accept());
}

ScriptedPool::~ScriptedPool() {
  boost::system::error_code ignored;
  shared_->acceptor.close(ignored);
  for (const auto& peer : shared_->peers)
    peer->close();
}

std::uint16_t ScriptedPool::port() const {
  return shared_->acceptor.local_endpoint().port();
}

std::size_t ScriptedPool::connections() const {
  return shared_->peers.size();
}

asio::awaitable<void> serve_well(ScriptedPool::Peer& peer) {
  co_await peer.handshake();
  while (true) {
    const std::string line = co_await peer.line();
    const auto request = boost::json::parse(line).as_object();
    const std::string method(request.at("method").as_string());
    std::string result = "true";
    if (method == "mining.configure") result = R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})";
    if (method == "mining.subscribe") result = R"([[["mining.notify","s1"]],"aabbccdd",4])";
    std::string answer =
        R"({"id":)" + boost::json::serialize(request.at("id")) + R"(,"result":)" + result + R"(,"error":null})" + "\n";
    if (method == "mining.authorize") {
      answer += R"({"id":null,"method":"mining.set_difficulty","params":[1e-7]})";
      answer += "\n" + std::string(kNotify) + "\n";
    }
    co_await peer.say(std::move(answer));
  }
}

}  // namespace lode::stratum::v1
