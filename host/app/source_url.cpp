#include "host/app/source_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/app/source_scheme.h"
#include "host/app/text.h"
#include "host/app/url_parts.h"

namespace lode::app {
namespace {

std::string known_schemes() {
  std::string list;
  for (const SourceScheme& scheme : source_schemes()) {
    if (scheme.open == nullptr) continue;
    list += fmt::format("{}{}://", list.empty() ? "" : ", ", scheme.name);
  }
  return list;
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

  auto parts = parse_url(text, "source URL", scheme_name);
  if (!parts) return parts.error();
  if (!parts->port && scheme->default_port == 0) {
    return fail(Errc::kMalformed, fmt::format("source URL {}://{} has no port; pools have no usual one, add ':PORT'",
                                              scheme_name, printable(parts->host)));
  }
  SourceUrl url;
  url.scheme = scheme_name;
  url.user = std::move(parts->user);
  url.password = std::move(parts->password);
  url.has_credentials = parts->has_credentials;
  url.host = std::move(parts->host);
  url.port = parts->port.value_or(scheme->default_port);
  url.path = parts->path.starts_with('/') ? parts->path : fmt::format("/{}", parts->path);
  return url;
}

}  // namespace lode::app
