// The URL that names a source of work on the command line or in a configuration file.
//
// A value; any thread. It holds a password: show it with display() only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/result.h"

namespace lode::app {

struct SourceUrl {
  std::string scheme;  ///< lower case: "http", "https", "stratum+tcp", "stratum+ssl"
  std::string user;    ///< percent-decoded; empty when not given
  std::string password;
  bool has_credentials = false;  ///< the URL has a user part
  std::string host;              ///< name or address; IPv6 without brackets
  std::uint16_t port = 0;        ///< never 0
  std::string path = "/";        ///< with query, as sent

  /// Whether it names a pool; otherwise it is a node.
  [[nodiscard]] bool is_pool() const noexcept { return scheme.starts_with("stratum"); }

  /// "host:port" ("[::1]:8332"), without credentials.
  [[nodiscard]] std::string display() const;
};

/// Errors name what is wrong and never repeat a password: kMalformed, kTooLarge; kUnsupported for a scheme this version
/// cannot mine with.
Result<SourceUrl> parse_source_url(std::string_view text);

}  // namespace lode::app
