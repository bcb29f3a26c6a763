// Whom a TLS client trusts, and what to tell people when the other side is not whom it should be.
//
// Io thread, or any one thread.
#pragma once

#include <openssl/types.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string>

#include "host/base/result.h"

namespace lode::net {

struct TlsTrust {
  std::string ca_file = {};  ///< PEM with the authorities to trust; empty: the system's
  std::string fingerprint =
      {};  ///< SHA-256 of the one certificate to trust, 64 lower-case hex digits; empty: by authority
};

/// TLS 1.2 or newer, the other side's certificate checked. Error: kUnauthorized when the authorities cannot be loaded.
Result<boost::asio::ssl::context> make_tls_context(const TlsTrust& trust);

/// Before the handshake: asks for `host` (a name or an address, without brackets) and has the certificate checked for
/// it. `trust` must outlive the connection.
Result<void> expect_tls_host(SSL* connection, const std::string& host, const TlsTrust& trust);

/// Why a handshake failed, as one sentence without the address, and what to do; nothing where it was neither the
/// certificate nor the protocol. kUnauthorized for a certificate that is not trusted, kProtocol where the other side
/// does not speak TLS, kDisconnected where it closes the connection instead.
std::optional<Error> explain_tls_failure(const boost::system::error_code& error, SSL* connection,
                                         const TlsTrust& trust);

}  // namespace lode::net
