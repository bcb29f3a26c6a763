#include "host/app/telemetry_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "host/app/json_text.h"

namespace lode::app {
namespace {

namespace json = boost::json;

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

json::value telemetry_json(const std::optional<device::Telemetry>& telemetry) {
  if (!telemetry) return nullptr;
  json::array slowed_by;
  for (const std::string& reason : telemetry->slowed_by)
    slowed_by.emplace_back(json_text(reason));
  return json::object{{"celsius", or_null(telemetry->celsius)},
                      {"watts", or_null(telemetry->watts)},
                      {"core_mhz", or_null(telemetry->core_mhz)},
                      {"memory_mhz", or_null(telemetry->memory_mhz)},
                      {"slowed_by", std::move(slowed_by)}};
}

}  // namespace lode::app
