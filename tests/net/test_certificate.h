// Certificates made for one test run, each signed by itself.
#pragma once

#include <chrono>
#include <string>

namespace lode::test {

struct TestCertificate {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM
  std::string fingerprint;  ///< SHA-256 of it, 64 lower-case hex digits
};

/// When a certificate is valid, from now on.
struct Validity {
  std::chrono::seconds begin = -std::chrono::hours(1);
  std::chrono::seconds end = std::chrono::hours(1);
};

/// `host` is the DNS name in it, `address` the IP address.
TestCertificate make_certificate(const std::string& host, const std::string& address, Validity validity = {});

}  // namespace lode::test
