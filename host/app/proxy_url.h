// The URL that names a proxy: socks5://USER:PASSWORD@HOST:PORT.
//
// Pure; any thread.
#pragma once

#include <string_view>

#include "host/base/result.h"
#include "host/net/proxy_options.h"

namespace lode::app {

/// Errors name what is wrong and never repeat a password: kMalformed, kOutOfRange, kTooLarge, kUnsupported (another
/// kind of proxy).
Result<net::ProxyOptions> parse_proxy_url(std::string_view text);

}  // namespace lode::app
