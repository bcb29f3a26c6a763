#include "host/app/source_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <charconv>
#include <system_error>

#include "host/app/builtins.h"
#include "host/app/text.h"

namespace lode::app {
namespace {

constexpr std::size_t kMaxUrlLength = 2048;

/// "scheme://" of the text in lower case, or empty.
std::string scheme_of(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return {};
  std::string scheme(text.substr(0, end));
  std::ranges::transform(scheme, scheme.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool clean = std::ranges::all_of(
      scheme, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; });
  return clean ? scheme : std::string{};
}

std::string known_schemes() {
  std::string list;
  for (const SourceScheme& scheme : source_schemes()) {
    if (scheme.open == nullptr) continue;
    list += fmt::format("{}{}://", list.empty() ? "" : ", ", scheme.name);
  }
  return list;
}

/// Decoded userinfo and host may hold anything; what would end up in a header or a resolver must not hold controls.
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

std::string SourceUrl::display() const {
  const bool brackets = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", printable(host), brackets ? "]" : "", port);
}

Result<SourceUrl> parse_source_url(std::string_view text) {
  if (text.empty()) return fail(Errc::kMalformed, "a source URL is empty");
  if (text.size() > kMaxUrlLength) {
    return fail(Errc::kTooLarge, fmt::format("a source URL is longer than {} characters", kMaxUrlLength));
  }
  const std::string scheme_name = scheme_of(text);
  if (scheme_name.empty()) {
    // A bare word may be "user:password@host", so it is not repeated in full where it could hold a password.
    const std::string shown = text.find('@') == std::string_view::npos ? fmt::format(" '{}'", printable(text)) : "";
    return fail(Errc::kMalformed, fmt::format("source{} is no URL; write it as http://HOST:PORT", shown));
  }
  const auto schemes = source_schemes();
  const auto scheme = std::ranges::find(schemes, scheme_name, &SourceScheme::name);
  if (scheme == schemes.end()) {
    return fail(Errc::kUnsupported,
                fmt::format("source URL scheme '{}' is unknown; known are {}", scheme_name, known_schemes()));
  }
  if (scheme->open == nullptr) {
    return fail(Errc::kUnsupported, fmt::format("{}:// sources are not supported yet; this version mines with {}",
                                                scheme_name, known_schemes()));
  }

  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) {
    return fail(Errc::kMalformed,
                "a source URL is malformed; expected " + scheme_name +
                    "://USER:PASSWORD@HOST:PORT, with special characters in USER or PASSWORD written as %XX");
  }
  const boost::urls::url_view& view = *parsed;
  SourceUrl url;
  url.scheme = scheme_name;
  url.has_credentials = view.has_userinfo();
  url.user = view.user();
  url.password = view.password();
  url.host = view.host_address();
  if (view.has_fragment()) return fail(Errc::kMalformed, "a source URL must not have a '#' part");
  if (url.host.empty())
    return fail(Errc::kMalformed, "a source URL has no host; write it as " + scheme_name + "://HOST:PORT");
  if (has_control(url.host) || has_control(url.user) || has_control(url.password)) {
    return fail(Errc::kMalformed, "a source URL has a control character in user, password or host");
  }
  // Boost.URL 1.81 wraps port numbers around, and takes what follows the digits for a path. That is not repeated: in
  // "http://user:password" it is the password.
  if (!view.encoded_path().empty() && view.encoded_path().front() != '/') {
    return fail(Errc::kMalformed,
                "what follows a source URL's host is no port; write it as " + scheme_name + "://HOST:PORT");
  }
  if (const std::string port(view.port()); !port.empty()) {
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, url.port);
    if (error != std::errc{} || stop != end || url.port == 0) {
      return fail(Errc::kOutOfRange,
                  fmt::format("source URL port '{}' is not a number from 1 to 65535", printable(port)));
    }
  } else {
    url.port = scheme->default_port;
    if (url.port == 0) {
      return fail(Errc::kMalformed, fmt::format("source URL {}://{} has no port; pools have no usual one, add ':PORT'",
                                                scheme_name, printable(url.host)));
    }
  }
  url.path = std::string(view.encoded_path());
  if (url.path.empty()) url.path = "/";
  if (view.has_query()) url.path += "?" + std::string(view.encoded_query());
  return url;
}

}  // namespace lode::app
