// Stands in for Boost.System on machines that lack it, for the stand-alone build of the GPU programs alone: the names
// that host/base/error.h uses, given the standard library's types. Plain values; any thread.
#pragma once

#include <system_error>
#include <type_traits>

// NOLINTBEGIN(readability-identifier-naming): the names are Boost's.
namespace boost {

struct source_location {};

namespace system {

using std::error_category;
using std::error_code;

template <class T>
struct is_error_code_enum : std::false_type {};

}  // namespace system
}  // namespace boost
// NOLINTEND(readability-identifier-naming)
