#include "host/app/url_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <charconv>
#include <system_error>

#include "host/app/text.h"

namespace lode::app {
namespace {

/// Decoded userinfo and host may hold anything; what would end up in a header or a resolver must not hold controls.
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// False if something behind the host of "scheme://user:password@host:port/path" is no port number. Boost.URL says no
/// more of it than that something is left (1.83), or takes it for a path (1.81).
bool ends_with_port(std::string_view text) {
  const std::size_t begin = text.find("://");
  if (begin == std::string_view::npos) return true;
  std::string_view rest = text.substr(begin + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(rest.rfind('@') + 1);
  std::size_t host = rest.find(':');
  if (rest.starts_with('[')) {
    host = rest.find(']');
    if (host == std::string_view::npos) return true;  // not even a host, which is another fault
    ++host;
  }
  rest.remove_prefix(std::min(host, rest.size()));
  if (rest.empty()) return true;
  return rest.front() == ':' && rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

std::string scheme_of(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return {};
  std::string scheme(text.substr(0, end));
  std::ranges::transform(scheme, scheme.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool clean = std::ranges::all_of(
      scheme, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; });
  return clean ? scheme : std::string{};
}

Result<UrlParts> parse_url(std::string_view text, std::string_view what, const std::string& scheme) {
  const auto malformed = [&](std::string_view trouble) {
    return fail(Errc::kMalformed, fmt::format("a {} {}", what, trouble));
  };
  // In "http://user:password" it is the password, so it is not repeated.
  if (!ends_with_port(text)) {
    return malformed(fmt::format("has something behind its host that is no port; write it as {}://HOST:PORT", scheme));
  }
  const auto parsed = boost::urls::parse_uri(text);
  // What Boost.URL 1.81 cannot read of an authority it takes for a path.
  if (!parsed || !(parsed->encoded_path().empty() || parsed->encoded_path().starts_with('/'))) {
    return malformed("is malformed; expected " + scheme +
                     "://USER:PASSWORD@HOST:PORT, with special characters in USER or PASSWORD written as %XX");
  }
  const boost::urls::url_view& view = *parsed;
  UrlParts url{.user = view.user(),
               .password = view.password(),
               .has_credentials = view.has_userinfo(),
               .host = view.host_address(),
               .port = {},
               .path = std::string(view.encoded_path())};
  if (view.has_fragment()) return malformed("must not have a '#' part");
  if (url.host.empty()) return malformed("has no host; write it as " + scheme + "://HOST:PORT");
  if (has_control(url.host) || has_control(url.user) || has_control(url.password)) {
    return malformed("has a control character in user, password or host");
  }
  // Boost.URL wraps port numbers around.
  if (const std::string port(view.port()); !port.empty()) {
    std::uint16_t number = 0;
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, number);
    if (error != std::errc{} || stop != end || number == 0) {
      return fail(Errc::kOutOfRange,
                  fmt::format("{} port '{}' is not a number from 1 to 65535", what, printable(port)));
    }
    url.port = number;
  }
  if (view.has_query()) url.path += fmt::format("?{}", std::string_view(view.encoded_query()));
  return url;
}

}  // namespace lode::app
