// Whether a pool may send its miners elsewhere (client.reconnect). Whoever sits on the wire of a plain connection can
// write such a message, and has stolen hash rate with it.
//
// Values and pure functions; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"

namespace lode::stratum::v1 {

/// A pool as it is connected to.
struct Endpoint {
  std::string host;  ///< name or address, as the user gave it
  std::uint16_t port = 0;
  bool tls = false;
};

struct ReconnectPolicy {
  bool follow = true;                      ///< false: stay, whatever the pool says
  std::vector<std::string> allowed_hosts;  ///< also these, by whichever transport the connection has
};

struct ReconnectTarget {
  std::string host;
  std::uint16_t port = 0;
  std::chrono::seconds wait{0};  ///< before connecting; at most an hour
};

/// [host, port, wait], each of which may lack; the port may be text. The same host is always fine, at any port. Another
/// of the same registered domain needs a TLS connection, and keeps it. Any other must be in the list of those allowed.
/// Errors: kMalformed, kOutOfRange; kRejected with the reason.
Result<ReconnectTarget> decide_reconnect(const boost::json::array& params, const Endpoint& current,
                                         const ReconnectPolicy& policy);

/// The part of a host name that one owner has registered: "pool.example.com" and "example.com" have the same. Hosts
/// under suffixes that are given to strangers (co.uk, dynamic DNS) differ from each other. Addresses have none: empty.
std::string registered_domain(std::string_view host_name);

}  // namespace lode::stratum::v1
