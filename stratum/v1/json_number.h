// Numbers of JSON objects that lode wrote itself: session records.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lode::stratum::v1 {

/// The number in field `name`; nothing where it is missing, no number, or outside the range of T.
template <class T>
std::optional<T> number(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const T result = value->to_number<T>(error);
  return error ? std::nullopt : std::optional<T>(result);
}

/// The time in field `name`, in nanoseconds; nothing where it is missing or more than 73 years from zero, so that sums
/// and differences of times do not overflow.
inline std::optional<std::int64_t> nanoseconds(const boost::json::object& object, std::string_view name) {
  constexpr std::int64_t kFarthest = std::int64_t{1} << 61;
  const auto value = number<std::int64_t>(object, name);
  return value && *value >= -kFarthest && *value <= kFarthest ? value : std::nullopt;
}

}  // namespace lode::stratum::v1
