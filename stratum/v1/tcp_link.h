// A link to a pool over TCP, plain or with TLS. Io thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "host/net/connector.h"
#include "host/net/tls.h"
#include "stratum/v1/pool_link.h"

namespace lode::stratum::v1 {

struct TcpLinkOptions {
  net::ConnectOptions connect = {};                  ///< limit and proxy
  std::chrono::milliseconds handshake_limit{5'000};  ///< TLS
  net::TlsTrust trust = {};                          ///< of connections with TLS
  std::chrono::milliseconds write_limit{10'000};     ///< for what is queued to be taken by the other side
  /// Bytes that may wait to be written, besides as many that are being written.
  std::size_t max_queued = std::size_t{1} << 20;
};

std::unique_ptr<PoolLink> make_tcp_link(boost::asio::any_io_executor executor, const Endpoint& endpoint,
                                        TcpLinkOptions options = {});

}  // namespace lode::stratum::v1
