// Result<T>: a value, or an Error that says what is wrong and what to do.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

#include "host/base/error.h"

namespace lode {

template <class T>
using Result = boost::system::result<T, Error>;

/// `return fail(Errc::kMalformed, "bits: expected 8 hex digits");`
[[nodiscard]] inline Error fail(Errc code, std::string detail) {
  return Error{code, std::move(detail)};
}

}  // namespace lode
