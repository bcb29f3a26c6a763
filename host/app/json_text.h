// Values as Boost.JSON takes them: what comes from outside is made valid UTF-8, numbers finite.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <string_view>

#include "host/app/text.h"

namespace lode::app {

inline boost::json::string json_text(std::string_view text) {
  return boost::json::string(valid_utf8(text));
}

/// JSON has no infinity and no NaN; both become 0.
inline double json_number(double value) noexcept {
  return std::isfinite(value) ? value : 0.0;
}

/// Null where there is no number.
inline boost::json::value json_number(const std::optional<double>& value) noexcept {
  return value ? boost::json::value(json_number(*value)) : boost::json::value(nullptr);
}

}  // namespace lode::app
