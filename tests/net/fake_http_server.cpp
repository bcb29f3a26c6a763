#include "tests/net/fake_http_server.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <istream>
#include <list>

namespace lode::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

const auto kTuple = asio::as_tuple(asio::use_awaitable);

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string FakeRequest::field(const std::string& name) const {
  const std::string wanted = "\r\n" + lower(name) + ": ";
  const std::size_t at = lower(head).find(wanted);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + wanted.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

FakeReply http_reply(int status, const std::string& body, const std::string& type) {
  FakeReply reply;
  reply.bytes = "HTTP/1.1 " + std::to_string(status) + " Text\r\nContent-Type: " + type +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return reply;
}

struct FakeHttpServer::Shared : std::enable_shared_from_this<Shared> {
  Shared(asio::io_context& io_in, Handler handler_in, asio::ssl::context* tls_in)
      : io(io_in), handler(std::move(handler_in)), tls(tls_in), acceptor(io_in) {}

  asio::io_context& io;
  Handler handler;
  asio::ssl::context* tls;
  tcp::acceptor acceptor;
  std::list<tcp::socket*> sockets;
  std::size_t connections = 0;
  std::size_t requests = 0;

  void listen(std::uint16_t port) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    asio::co_spawn(io, accept(shared_from_this()), [](std::exception_ptr) {});
  }

  static asio::awaitable<void> accept(std::shared_ptr<Shared> self) {
    while (self->acceptor.is_open()) {
      auto [error, socket] = co_await self->acceptor.async_accept(kTuple);
      if (error) co_return;
      ++self->connections;
      asio::co_spawn(self->io, serve(self, std::move(socket), self->connections), [](std::exception_ptr) {});
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Shared> self, tcp::socket socket, std::size_t number) {
    const auto at = self->sockets.insert(self->sockets.end(), &socket);
    if (self->tls != nullptr) {
      asio::ssl::stream<tcp::socket&> stream(socket, *self->tls);
      auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kTuple);
      if (!error) co_await serve_stream(self, stream, number);
    } else {
      co_await serve_stream(self, socket, number);
    }
    self->sockets.erase(at);
  }

  template <class Stream>
  static asio::awaitable<void> serve_stream(std::shared_ptr<Shared> self, Stream& stream, std::size_t number) {
    asio::streambuf buffer;
    for (;;) {
      FakeRequest request;
      request.connection = number;
      auto [error, size] = co_await asio::async_read_until(stream, buffer, "\r\n\r\n", kTuple);
      if (error) co_return;
      std::string text(size, '\0');
      std::istream in(&buffer);
      in.read(text.data(), static_cast<std::streamsize>(size));
      request.head = text;
      const std::size_t length = std::stoul("0" + request.field("content-length"));
      if (buffer.size() < length) {
        auto [short_read, more] =
            co_await asio::async_read(stream, buffer, asio::transfer_exactly(length - buffer.size()), kTuple);
        if (short_read) co_return;
      }
      request.body.resize(length);
      in.read(request.body.data(), static_cast<std::streamsize>(length));
      ++self->requests;
      const FakeReply reply = co_await self->handler(request);
      if (!co_await send(self, stream, reply)) co_return;
      if (reply.close) co_return;
      if (reply.silent) {
        char byte = 0;
        for (;;) {
          auto [gone, got] = co_await stream.async_read_some(asio::buffer(&byte, 1), kTuple);
          if (gone) co_return;
        }
      }
    }
  }

  template <class Stream>
  static asio::awaitable<bool> send(std::shared_ptr<Shared> self, Stream& stream, const FakeReply& reply) {
    const std::size_t piece = reply.piece == 0 ? std::max<std::size_t>(1, reply.bytes.size()) : reply.piece;
    asio::steady_timer timer(self->io);
    for (std::size_t at = 0; at < reply.bytes.size(); at += piece) {
      const std::size_t size = std::min(piece, reply.bytes.size() - at);
      auto [error, sent] = co_await asio::async_write(stream, asio::buffer(reply.bytes.data() + at, size), kTuple);
      if (error) co_return false;
      if (reply.gap.count() > 0) {
        timer.expires_after(reply.gap);
        co_await timer.async_wait(kTuple);
      }
    }
    for (std::size_t i = 0; i < reply.repeat && !reply.tail.empty(); ++i) {
      auto [error, sent] = co_await asio::async_write(stream, asio::buffer(reply.tail), kTuple);
      if (error) co_return false;
    }
    co_return true;
  }
};

FakeHttpServer::FakeHttpServer(asio::io_context& io, Handler handler, asio::ssl::context* tls)
    : shared_(std::make_shared<Shared>(io, std::move(handler), tls)) {
  shared_->listen(0);
  port_ = shared_->acceptor.local_endpoint().port();
}

FakeHttpServer::~FakeHttpServer() {
  stop();
  shared_->io.restart();
  shared_->io.poll();
}

void FakeHttpServer::stop() {
  shared_->acceptor.close();
  drop_connections();
}

void FakeHttpServer::start() {
  shared_->listen(port_);
}

void FakeHttpServer::drop_connections() {
  for (tcp::socket* socket : shared_->sockets) {
    boost::system::error_code ignored;
    socket->shutdown(tcp::socket::shutdown_both, ignored);
    socket->close(ignored);
  }
}

std::size_t FakeHttpServer::connections() const {
  return shared_->connections;
}
std::size_t FakeHttpServer::requests() const {
  return shared_->requests;
}

bool run_until(asio::io_context& io, const std::function<bool()>& done, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  io.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    if (io.stopped()) io.restart();
    io.run_one_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace lode::test
