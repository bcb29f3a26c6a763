#include "stratum/v1/tcp_link.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "host/net/as_tuple.h"
#include "host/net/task_group.h"

namespace lode::stratum::v1 {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<beast::tcp_stream&>;

namespace {

constexpr std::size_t kReadSize = 16 * 1024;

constexpr char kTlsAlert = 0x15;
constexpr char kTlsMajor = 0x03;

class TcpLink final : public PoolLink {
 public:
  TcpLink(const asio::any_io_executor& executor, Endpoint endpoint, TcpLinkOptions options)
      : endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        connector_(executor, options_.connect),
        tcp_(executor),
        queued_(executor, asio::steady_timer::time_point::max()),
        tasks_(executor) {}

  asio::awaitable<Result<void>> connect() override {
    auto socket = co_await connector_.connect(endpoint_.host, endpoint_.port);
    if (closed_) co_return cancelled();
    if (!socket) co_return socket.error();
    tcp_.socket() = *std::move(socket);
    if (endpoint_.tls) {
      Result<void> secured = co_await handshake();
      if (closed_) co_return cancelled();
      if (!secured) co_return secured;
    }
    tcp_.expires_never();
    error_code ignored;
    const auto limit = static_cast<int>(options_.write_limit.count());
    tcp_.socket().set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>(limit), ignored);
    // Small writes go to the socket right away, see send(); a full one must not block the thread.
    tcp_.socket().non_blocking(true, ignored);
    tasks_.spawn(write_queue());
    co_return Result<void>{};
  }

  asio::awaitable<Result<std::string_view>> read() override {
    error_code error;
    std::size_t size = 0;
    if (tls_) {
      std::tie(error, size) = co_await tls_->async_read_some(asio::buffer(buffer_), net::kAsTuple);
    } else {
      std::tie(error, size) = co_await tcp_.socket().async_read_some(asio::buffer(buffer_), net::kAsTuple);
    }
    if (closed_) co_return cancelled();
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
      // A server that expects TLS does that, most often.
      co_return fail(Errc::kDisconnected,
                     heard_ || tls_ ? "the pool has closed the connection"
                                    : "the pool has closed the connection without a word; if it wants TLS, write "
                                      "stratum+ssl:// in its URL");
    }
    if (error) co_return fail(Errc::kDisconnected, error.message());
    // What a server that expects TLS says to JSON: an alert (RFC 8446, section 5.1).
    if (!std::exchange(heard_, true) && !tls_ && size >= 2 && buffer_[0] == kTlsAlert && buffer_[1] == kTlsMajor) {
      co_return fail(Errc::kProtocol, "the pool speaks TLS on this port: write stratum+ssl:// in its URL");
    }
    co_return std::string_view(buffer_.data(), size);
  }

  Result<void> send(std::string bytes) override {
    if (closed_) return cancelled();
    if (failed_) return *failed_;
    std::string_view rest = bytes;
    // The usual case: there is room in the socket's own buffer.
    if (queue_.empty() && !writing_ && !tls_) {
      error_code error;
      const std::size_t written = tcp_.socket().write_some(asio::buffer(rest), error);
      if (!error) rest.remove_prefix(written);
      if (error && error != asio::error::would_block && error != asio::error::try_again) {
        return fail(Errc::kDisconnected, error.message());
      }
    }
    if (rest.empty()) return {};
    if (queue_.size() + rest.size() > options_.max_queued) {
      return fail(Errc::kTooLarge, "the pool does not take what is sent to it");
    }
    queue_ += rest;
    queued_.cancel();
    return {};
  }

  void close() noexcept override {
    closed_ = true;
    connector_.cancel();
    tcp_.close();
    queued_.cancel();
  }

  asio::awaitable<void> finish() override {
    tasks_.cancel();
    co_await tasks_.join();
  }

 private:
  [[nodiscard]] static Error cancelled() { return fail(Errc::kCancelled, "connection closed on request"); }

  asio::awaitable<Result<void>> handshake() {
    auto context = net::make_tls_context(options_.trust);
    if (!context) co_return context.error();
    tls_context_.emplace(*std::move(context));
    tls_ = std::make_unique<TlsStream>(tcp_, *tls_context_);
    if (auto expected = net::expect_tls_host(tls_->native_handle(), endpoint_.host, options_.trust); !expected) {
      co_return expected;
    }
    tcp_.expires_after(options_.handshake_limit);
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, net::kAsTuple);
    if (!error) co_return Result<void>{};
    if (const auto why = net::explain_tls_failure(error, tls_->native_handle(), options_.trust)) {
      co_return *why;
    }
    if (error == beast::error::timeout) {
      co_return fail(Errc::kTimeout,
                     fmt::format("the TLS handshake took longer than {} ms", options_.handshake_limit.count()));
    }
    co_return fail(Errc::kDisconnected, fmt::format("the TLS handshake failed: {}", error.message()));
  }

  asio::awaitable<void> write_queue() {
    while (!closed_) {
      if (queue_.empty()) {
        co_await queued_.async_wait(net::kAsTuple);
        continue;
      }
      const std::string bytes = std::exchange(queue_, {});
      writing_ = true;
      error_code error;
      if (tls_) {
        std::tie(error, std::ignore) = co_await asio::async_write(*tls_, asio::buffer(bytes), net::kAsTuple);
      } else {
        std::tie(error, std::ignore) = co_await asio::async_write(tcp_.socket(), asio::buffer(bytes), net::kAsTuple);
      }
      writing_ = false;
      if (error) {
        // The reader hears of the same trouble, sooner or later; whoever sends hears of it at once.
        failed_ = fail(Errc::kDisconnected, error.message());
        co_return;
      }
    }
  }

  Endpoint endpoint_;
  TcpLinkOptions options_;
  net::Connector connector_;
  beast::tcp_stream tcp_;
  std::optional<asio::ssl::context> tls_context_;
  std::unique_ptr<TlsStream> tls_;  ///< null: plain
  std::array<char, kReadSize> buffer_{};
  std::string queue_;
  bool writing_ = false;
  bool closed_ = false;
  bool heard_ = false;           ///< something was read
  std::optional<Error> failed_;  ///< of writing
  asio::steady_timer queued_;    ///< never expires; cancelled when there is something to write
  net::TaskGroup tasks_;
};

}  // namespace

std::unique_ptr<PoolLink> make_tcp_link(asio::any_io_executor executor, const Endpoint& endpoint,
                                        TcpLinkOptions options) {
  return std::make_unique<TcpLink>(executor, endpoint, std::move(options));
}

}  // namespace lode::stratum::v1
