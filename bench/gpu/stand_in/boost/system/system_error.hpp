// Stands in for Boost.System, see error_code.hpp. Any thread.
#pragma once

#include <system_error>

#include "bench/gpu/stand_in/boost/system/error_code.hpp"

namespace boost::system {

using std::system_error;

}  // namespace boost::system
