#include "host/net/socks5.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <string_view>
#include <utility>

#include "host/net/as_tuple.h"

namespace lode::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kPasswordVersion = 1;
constexpr std::uint8_t kNoMethod = 0xff;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kIpv4 = 1;
constexpr std::uint8_t kName = 3;
constexpr std::uint8_t kIpv6 = 4;
constexpr std::size_t kLongest = 255;
constexpr std::size_t kPort = 2;

Error not_socks5() {
  return fail(Errc::kProtocol, "it does not speak SOCKS5: is it the proxy's port?");
}

/// RFC 1928, section 6.
std::string_view reason_of(std::uint8_t code) {
  constexpr std::string_view kReasons[] = {"",
                                           "it failed and does not say why",
                                           "its rules do not allow that connection",
                                           "the host's network cannot be reached from it",
                                           "the host cannot be reached from it, or its name is not known to it",
                                           "the host refused the connection",
                                           "the connection took too many hops",
                                           "it does not make connections (CONNECT)",
                                           "it does not know that kind of address"};
  return code < std::size(kReasons) ? kReasons[code] : std::string_view{};
}

template <class Range>
void append(Bytes& bytes, const Range& range) {
  bytes.insert(bytes.end(), range.begin(), range.end());
}

}  // namespace

std::string ProxyOptions::display() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

namespace socks5 {

Bytes greeting(bool has_credentials) {
  const auto none = static_cast<std::uint8_t>(Method::kNone);
  const auto password = static_cast<std::uint8_t>(Method::kPassword);
  if (has_credentials) return {kVersion, 2, none, password};
  return {kVersion, 1, none};
}

Result<Method> read_choice(std::span<const std::uint8_t, kChoiceSize> reply, bool has_credentials) {
  if (reply[0] != kVersion) return not_socks5();
  if (reply[1] == kNoMethod) {
    return fail(Errc::kUnauthorized, has_credentials ? "it accepts neither a user name with a password nor nobody"
                                                     : "it wants to know who asks: add USER:PASSWORD@ to its address");
  }
  if (reply[1] == static_cast<std::uint8_t>(Method::kNone)) return Method::kNone;
  if (reply[1] == static_cast<std::uint8_t>(Method::kPassword) && has_credentials) return Method::kPassword;
  return fail(Errc::kProtocol, fmt::format("it chose method {}, which was not offered", reply[1]));
}

Result<Bytes> credentials(const std::string& user, const std::string& password) {
  if (user.size() > kLongest || password.size() > kLongest) {
    return fail(Errc::kOutOfRange, "SOCKS5 takes no user name or password of more than 255 bytes");
  }
  Bytes bytes{kPasswordVersion, static_cast<std::uint8_t>(user.size())};
  append(bytes, user);
  bytes.push_back(static_cast<std::uint8_t>(password.size()));
  append(bytes, password);
  return bytes;
}

Result<void> read_verdict(std::span<const std::uint8_t, kChoiceSize> reply) {
  if (reply[0] != kPasswordVersion) return not_socks5();
  if (reply[1] != 0) return fail(Errc::kUnauthorized, "it refuses the user name or the password");
  return {};
}

Result<Bytes> connect_request(const std::string& host, std::uint16_t port) {
  // A zero byte would end the text for those who read it as an address, and not for the proxy.
  if (host.empty() || host.size() > kLongest || host.find('\0') != std::string::npos) {
    return fail(Errc::kOutOfRange, "SOCKS5 takes host names of 1 to 255 bytes, none of them zero");
  }
  Bytes bytes{kVersion, kConnect, 0};
  error_code not_an_address;
  const asio::ip::address address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address && address.is_v4()) {
    bytes.push_back(kIpv4);
    append(bytes, address.to_v4().to_bytes());
  } else if (!not_an_address) {
    bytes.push_back(kIpv6);
    append(bytes, address.to_v6().to_bytes());
  } else {
    bytes.push_back(kName);
    bytes.push_back(static_cast<std::uint8_t>(host.size()));
    append(bytes, host);
  }
  bytes.push_back(static_cast<std::uint8_t>(port >> 8));
  bytes.push_back(static_cast<std::uint8_t>(port));
  return bytes;
}

Result<std::size_t> read_reply(std::span<const std::uint8_t, kReplyHead> head) {
  if (head[0] != kVersion) return not_socks5();
  if (const std::uint8_t code = head[1]; code != 0) {
    const std::string_view reason = reason_of(code);
    return fail(Errc::kDisconnected,
                reason.empty() ? fmt::format("it failed with code {}", code) : std::string(reason));
  }
  // One byte of the address is read already.
  switch (head[3]) {
    case kIpv4:
      return 4 - 1 + kPort;
    case kIpv6:
      return 16 - 1 + kPort;
    case kName:
      return head[4] + kPort;
    default:
      return fail(Errc::kProtocol, fmt::format("its reply has an address of unknown kind {}", head[3]));
  }
}

}  // namespace socks5

namespace {

/// One talk with a proxy.
class Talk {
 public:
  Talk(beast::tcp_stream& stream, const ProxyOptions& proxy) : stream_(stream), proxy_(proxy) {}

  asio::awaitable<Result<void>> run(const std::string& host, std::uint16_t port) {
    const bool has_credentials = !proxy_.user.empty();
    std::array<std::uint8_t, socks5::kChoiceSize> choice{};
    if (auto sent = co_await send(socks5::greeting(has_credentials)); !sent) co_return sent;
    if (auto got = co_await receive(choice); !got) co_return got;
    const auto method = socks5::read_choice(choice, has_credentials);
    if (!method) co_return named(method.error());
    if (*method == socks5::Method::kPassword) {
      const auto credentials = socks5::credentials(proxy_.user, proxy_.password);
      if (!credentials) co_return named(credentials.error());
      if (auto sent = co_await send(*credentials); !sent) co_return sent;
      if (auto got = co_await receive(choice); !got) co_return got;
      if (const auto verdict = socks5::read_verdict(choice); !verdict) co_return named(verdict.error());
    }
    const auto request = socks5::connect_request(host, port);
    if (!request) co_return named(request.error());
    if (auto sent = co_await send(*request); !sent) co_return sent;
    std::array<std::uint8_t, socks5::kReplyHead> head{};
    if (auto got = co_await receive(head); !got) co_return got;
    const auto rest = socks5::read_reply(head);
    if (!rest) {
      co_return fail_with(rest.error(), fmt::format("SOCKS5 proxy {}: connecting to {}:{}: {}", proxy_.display(), host,
                                                    port, rest.error().message()));
    }
    std::array<std::uint8_t, 256 + 2> bound{};  // whose address it is says nothing to us
    co_return co_await receive(std::span(bound).first(*rest));
  }

 private:
  static Error fail_with(const Error& error, std::string text) { return {error.code, std::move(text)}; }

  [[nodiscard]] Error named(const Error& error) const {
    return fail_with(error, fmt::format("SOCKS5 proxy {}: {}", proxy_.display(), error.message()));
  }

  [[nodiscard]] Error broken(const error_code& error) const {
    if (error == beast::error::timeout) return named(fail(Errc::kTimeout, "it did not answer in time"));
    if (error == asio::error::operation_aborted) return fail(Errc::kCancelled, "connection closed on request");
    if (error == asio::error::eof) return named(fail(Errc::kDisconnected, "it closed the connection"));
    return named(fail(Errc::kDisconnected, error.message()));
  }

  asio::awaitable<Result<void>> send(const Bytes& bytes) {
    const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), kAsTuple);
    if (error) co_return broken(error);
    co_return Result<void>{};
  }

  asio::awaitable<Result<void>> receive(std::span<std::uint8_t> bytes) {
    const auto [error, size] = co_await asio::async_read(stream_, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
    if (error) co_return broken(error);
    co_return Result<void>{};
  }

  beast::tcp_stream& stream_;
  const ProxyOptions& proxy_;
};

}  // namespace

asio::awaitable<Result<void>> connect_through(beast::tcp_stream& stream, const ProxyOptions& proxy,
                                              const std::string& host, std::uint16_t port) {
  Talk talk(stream, proxy);
  co_return co_await talk.run(host, port);
}

}  // namespace lode::net
