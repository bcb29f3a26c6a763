// Which SOCKS5 proxy connections go through (socks5.h).
#pragma once

#include <cstdint>
#include <string>

namespace lode::net {

struct ProxyOptions {
  std::string host;  ///< name or address, IPv6 without brackets
  std::uint16_t port = 0;
  std::string user;      ///< 0 to 255 bytes; empty: none
  std::string password;  ///< 0 to 255 bytes

  /// "host:port" ("[::1]:1080"), without credentials.
  [[nodiscard]] std::string display() const;
};

}  // namespace lode::net
