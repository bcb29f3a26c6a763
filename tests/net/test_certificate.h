// A certificate made for one test run: self-signed, for "localhost" and 127.0.0.1.
#pragma once

#include <string>

namespace lode::test {

struct TestCertificate {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM
};

/// `host` is the DNS name in it, `address` the IP address.
TestCertificate make_certificate(const std::string& host, const std::string& address);

}  // namespace lode::test
