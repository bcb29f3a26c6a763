// A GPU's sensors as JSON. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "host/device/telemetry.h"

namespace lode::app {

/// Null where there is no reading; within it, null for each value that the GPU does not tell.
boost::json::value telemetry_json(const std::optional<device::Telemetry>& telemetry);

}  // namespace lode::app
