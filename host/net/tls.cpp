#include "host/net/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <memory>

#include "host/base/hex.h"

namespace lode::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::string fingerprint_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return to_hex(ByteView(digest.data(), size));
}

/// Whether a pinned certificate was shown. OpenSSL calls it in the place of all its own checks.
int check_pin(X509_STORE_CTX* store, void* pin) {
  X509* const shown = X509_STORE_CTX_get0_cert(store);
  if (shown != nullptr && fingerprint_of(shown) == *static_cast<const std::string*>(pin)) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

std::string advice(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it has expired; the other side has to renew it, or this machine's clock is ahead";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid yet; look at this machine's clock";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "it is signed by itself, by no authority; trust it by its file or fingerprint if it is yours";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is for another host name";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "no authority that is trusted here has signed it";
    default:
      return X509_verify_cert_error_string(verdict);
  }
}

bool is_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

Result<asio::ssl::context> make_tls_context(const TlsTrust& trust) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  error_code error;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error && trust.ca_file.empty()) context.set_default_verify_paths(error);
  if (!error && !trust.ca_file.empty()) context.load_verify_file(trust.ca_file, error);
  if (error) {
    return fail(Errc::kUnauthorized,
                fmt::format("cannot load certificate authorities{}: {}",
                            trust.ca_file.empty() ? "" : " from " + trust.ca_file, error.message()));
  }
  return context;
}

Result<void> expect_tls_host(SSL* connection, const std::string& host, const TlsTrust& trust) {
  const bool by_address = is_address(host);
  // SSL_set_tlsext_host_name is a macro with an old-style cast.
  if (!by_address) {
    std::string name = host;
    SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  if (!trust.fingerprint.empty()) {
    // Whoever holds the key of this very certificate is the right one, whatever name and date it has.
    void* const pin = const_cast<std::string*>(&trust.fingerprint);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(connection), check_pin, pin);
    return {};
  }
  X509_VERIFY_PARAM* const check = SSL_get0_param(connection);
  const int done = by_address ? X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str())
                              : X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size());
  if (done != 1) return fail(Errc::kMalformed, fmt::format("'{}' cannot be a host of TLS", host));
  return {};
}

std::optional<Error> explain_tls_failure(const error_code& error, SSL* connection, const TlsTrust& trust) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
      error == asio::error::connection_reset) {
    return fail(Errc::kDisconnected, "the connection was closed in the TLS handshake; does this port speak TLS?");
  }
  if (error.category() != asio::error::get_ssl_category()) return std::nullopt;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_HTTP_REQUEST) {
    return fail(Errc::kProtocol, "the other side does not speak TLS on this port; is it meant for plain connections?");
  }
  const long verdict = SSL_get_verify_result(connection);
  if (verdict == X509_V_OK && reason != SSL_R_CERTIFICATE_VERIFY_FAILED) return std::nullopt;
  if (!trust.fingerprint.empty()) {
    return fail(Errc::kUnauthorized,
                "the server's TLS certificate has another fingerprint than it must; it was renewed, or this is "
                "somebody else");
  }
  return fail(Errc::kUnauthorized, "the server's TLS certificate is not trusted: " + advice(verdict));
}

}  // namespace lode::net
