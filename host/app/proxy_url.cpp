#include "host/app/proxy_url.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "host/app/url_parts.h"

namespace lode::app {
namespace {

constexpr std::uint16_t kUsualPort = 1080;  // RFC 1928, section 3
constexpr std::size_t kLongestCredential = 255;

}  // namespace

Result<net::ProxyOptions> parse_proxy_url(std::string_view text) {
  if (text.size() > kMaxUrlLength) {
    return fail(Errc::kTooLarge, fmt::format("a proxy URL is longer than {} characters", kMaxUrlLength));
  }
  const std::string scheme = scheme_of(text);
  if (scheme.empty()) return fail(Errc::kMalformed, "is no URL; write it as socks5://HOST:PORT");
  // socks5h is how others call what lode does: the proxy looks up names.
  if (scheme != "socks5" && scheme != "socks5h") {
    return fail(Errc::kUnsupported, fmt::format("proxies of kind '{}' are not supported; known is socks5://", scheme));
  }
  auto parts = parse_url(text, "proxy URL", scheme);
  if (!parts) return parts.error();
  if (!parts->path.empty() && parts->path != "/") return fail(Errc::kMalformed, "a proxy URL has no path");
  if (parts->has_credentials && parts->user.empty())
    return fail(Errc::kMalformed, "a proxy URL has an empty user name");
  if (parts->user.size() > kLongestCredential || parts->password.size() > kLongestCredential) {
    return fail(Errc::kOutOfRange, "SOCKS5 takes no user name or password of more than 255 bytes");
  }
  return net::ProxyOptions{.host = std::move(parts->host),
                           .port = parts->port.value_or(kUsualPort),
                           .user = std::move(parts->user),
                           .password = std::move(parts->password)};
}

}  // namespace lode::app
