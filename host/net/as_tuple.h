// The completion token of coroutines that look at error codes: `const auto [error, size] = co_await ...(kAsTuple)`.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lode::net {

inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace lode::net
