// The client's side of SOCKS version 5: has a proxy connect to a host, whose name the proxy looks up (RFC 1928), with
// a user name and a password if it wants them (RFC 1929).
//
// Building and reading messages is pure; the talk itself belongs to one io thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/net/proxy_options.h"

namespace lode::net {

namespace socks5 {

/// How the proxy wants to know who asks.
enum class Method : std::uint8_t { kNone = 0, kPassword = 2 };

/// RFC 1928, section 3.
Bytes greeting(bool has_credentials);

inline constexpr std::size_t kChoiceSize = 2;
/// Errors: kProtocol (no SOCKS5, a method that was not offered), kUnauthorized (it wants credentials, or others).
Result<Method> read_choice(std::span<const std::uint8_t, kChoiceSize> reply, bool has_credentials);

/// RFC 1929, section 2. Error: kOutOfRange for a user name or password that is too long.
Result<Bytes> credentials(const std::string& user, const std::string& password);
/// Errors: kProtocol, kUnauthorized.
Result<void> read_verdict(std::span<const std::uint8_t, kChoiceSize> reply);

/// RFC 1928, section 4: CONNECT. An IPv4 or IPv6 address (without brackets) goes as such, anything else as a name.
/// Error: kOutOfRange for a name of more than 255 bytes or none, and for one with a zero byte.
Result<Bytes> connect_request(const std::string& host, std::uint16_t port);

/// What every reply begins with; it tells how long the rest is.
inline constexpr std::size_t kReplyHead = 5;
/// How many bytes come after the head. Errors: kProtocol; kDisconnected with what the proxy says went wrong.
Result<std::size_t> read_reply(std::span<const std::uint8_t, kReplyHead> head);

}  // namespace socks5

/// Asks the proxy that `stream` is connected to for a connection to host:port. The stream's own time limit holds; not a
/// byte of what comes after is read. Errors, one sentence that names the proxy: kDisconnected, kTimeout, kProtocol,
/// kUnauthorized, kOutOfRange.
boost::asio::awaitable<Result<void>> connect_through(boost::beast::tcp_stream& stream, const ProxyOptions& proxy,
                                                     const std::string& host, std::uint16_t port);

}  // namespace lode::net
