// A SOCKS5 proxy for tests: does its work on the loopback interface, or misbehaves as it is told.
//
// Runs as coroutines on the test's io_context, on a free port of 127.0.0.1.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lode::test {

/// What the proxy does. Without any of it: takes everybody, and connects to 127.0.0.1 whatever the name.
struct Socks5Behaviour {
  std::optional<std::uint8_t> method = {};  ///< chosen in the greeting's answer; nothing: none, or what `user` wants
  std::string user = {};                    ///< wanted, with the password; empty: nobody is asked
  std::string password = {};
  std::uint8_t version = 5;          ///< in its answers
  std::uint8_t code = 0;             ///< of the reply to CONNECT; not 0: it does not connect
  std::uint8_t address_kind = 1;     ///< in that reply: 1 IPv4, 3 a name, 4 IPv6
  std::size_t cut_after = 1000;      ///< so many bytes of all answers are sent, then the connection is closed
  bool silent = false;               ///< it takes connections and says nothing
  std::chrono::milliseconds gap{0};  ///< between two bytes of its answers
};

class FakeSocks5Proxy {
 public:
  explicit FakeSocks5Proxy(boost::asio::io_context& io, Socks5Behaviour behaviour = {});
  ~FakeSocks5Proxy();
  FakeSocks5Proxy(const FakeSocks5Proxy&) = delete;
  FakeSocks5Proxy& operator=(const FakeSocks5Proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// What it was asked to connect to, as "name:port"; an address's bytes are written as an address.
  [[nodiscard]] const std::vector<std::string>& asked() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace lode::test
