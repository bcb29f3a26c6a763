// What a URL on the command line consists of, checked as far as all URLs have to be.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/result.h"

namespace lode::app {

/// Longer texts are no URLs of ours.
inline constexpr std::size_t kMaxUrlLength = 2048;  ///< bytes

struct UrlParts {
  std::string user;  ///< percent-decoded; empty when not given
  std::string password;
  bool has_credentials = false;       ///< the URL has a user part
  std::string host;                   ///< never empty; name or address, IPv6 without brackets
  std::optional<std::uint16_t> port;  ///< never 0
  std::string path;                   ///< with query, as written; empty: none
};

/// "scheme://" of the text in lower case, or empty.
std::string scheme_of(std::string_view text);

/// `what` is the kind of URL, for messages: "source URL". `scheme` is the text's. Errors name what is wrong and never
/// repeat a password: kMalformed, kOutOfRange (the port).
Result<UrlParts> parse_url(std::string_view text, std::string_view what, const std::string& scheme);

}  // namespace lode::app
