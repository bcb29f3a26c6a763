// Values as Boost.JSON takes them: what comes from outside is made valid UTF-8, numbers finite.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <cmath>
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

}  // namespace lode::app
