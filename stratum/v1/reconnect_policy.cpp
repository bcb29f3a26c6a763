#include "stratum/v1/reconnect_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "stratum/v1/message.h"
#include "stratum/v1/param_reader.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

/// A name in DNS has at most 253 characters.
constexpr std::size_t kMaxHost = 253;
constexpr std::int64_t kMaxWait = 3600;

/// Second-level names under which countries register, in addition to the two-letter ones.
constexpr std::array<std::string_view, 8> kCountrySeconds = {"com", "net", "org", "edu", "gov", "mil", "info", "name"};
/// Domains whose subdomains belong to strangers. Not all that exist: the whole list has ten thousand entries and
/// changes daily. TLS is demanded besides.
constexpr std::array<std::string_view, 16> kSharedDomains = {
    "duckdns.org",    "no-ip.org",     "ddns.net",     "dynu.net",         "hopto.org",     "zapto.org",
    "github.io",      "herokuapp.com", "pages.dev",    "web.app",          "amazonaws.com", "azurewebsites.net",
    "cloudfront.net", "ngrok.io",      "onrender.com", "trycloudflare.com"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  while (result.ends_with('.'))
    result.pop_back();
  return result;
}

bool is_address(std::string_view host) {
  if (host.find(':') != std::string_view::npos) return true;  // IPv6
  return std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool is_host(std::string_view host) {
  return host.size() <= kMaxHost && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_' || c == ':';
         });
}

/// The last `count` labels of `host`; empty where it has fewer.
std::string_view last_labels(std::string_view host, int count) {
  std::size_t at = host.size();
  for (int i = 0; i < count; ++i) {
    if (at == 0) return {};
    at = host.rfind('.', at - 1);
    if (at == std::string_view::npos) return i + 1 == count ? host : std::string_view{};
  }
  return host.substr(at + 1);
}

template <std::size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_suffix_of_strangers(std::string_view two_labels) {
  const std::size_t dot = two_labels.find('.');
  const std::string_view second = two_labels.substr(0, dot);
  const std::string_view top = two_labels.substr(dot + 1);
  return top.size() == 2 && (second.size() <= 2 || is_one_of(kCountrySeconds, second));
}

std::int64_t read_number(ParamReader& params, std::size_t index, std::string_view name, std::int64_t missing,
                         std::int64_t highest) {
  const json::value* value = params.find(index);
  if (value == nullptr) return missing;
  const json::string* text = value->if_string();
  if (text == nullptr) return params.integer(index, name, 0, highest);
  std::int64_t number = missing;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (text->empty()) return missing;
  if (error != std::errc() || end != text->data() + text->size()) params.fail(name, "is not a number");
  if (number < 0 || number > highest) params.fail(name, "is out of range", Errc::kOutOfRange);
  return number;
}

}  // namespace

std::string registered_domain(std::string_view host_name) {
  const std::string host = lower(host_name);
  if (is_address(host)) return {};
  const std::string_view two = last_labels(host, 2);
  if (two.empty()) return {};
  if (is_one_of(kSharedDomains, two)) return host;
  return std::string(is_suffix_of_strangers(two) ? last_labels(host, 3) : two);
}

Result<ReconnectTarget> decide_reconnect(const json::array& params, const Endpoint& current,
                                         const ReconnectPolicy& policy) {
  ParamReader fields(params, "client.reconnect");
  const json::value* named = fields.find(0);
  const std::string host = named == nullptr ? std::string() : lower(fields.text(0, "host", kMaxHost));
  ReconnectTarget target{.host = host.empty() ? current.host : host};
  const std::int64_t port = read_number(fields, 1, "port", current.port, 65535);
  const std::int64_t wait = read_number(fields, 2, "wait", 0, std::int64_t{1} << 31);
  if (!is_host(host)) fields.fail("host", "is neither a name nor an address");
  if (fields.failure()) return *fields.failure();
  target.port = port == 0 ? current.port : static_cast<std::uint16_t>(port);
  target.wait = std::chrono::seconds(std::min(wait, kMaxWait));

  const auto refuse = [&](std::string_view why) {
    return fail(Errc::kRejected, fmt::format("the pool asks to go to {}: refused, {}", printable(target.host), why));
  };
  if (!policy.follow) return refuse("since reconnects are switched off");
  if (host.empty() || host == lower(current.host)) return target;
  const bool allowed = std::any_of(policy.allowed_hosts.begin(), policy.allowed_hosts.end(),
                                   [&](const std::string& one) { return lower(one) == host; });
  if (allowed) return target;
  const std::string domain = registered_domain(host);
  if (domain.empty() || domain != registered_domain(current.host)) return refuse("it is not of the pool's domain");
  if (!current.tls) return refuse("anybody could have written that on a connection without TLS");
  return target;
}

}  // namespace lode::stratum::v1
