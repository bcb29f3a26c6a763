#include "host/app/calibration_file.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <system_error>
#include <utility>

#include "host/app/json_text.h"
#include "host/store/posix_file.h"
#include "kernels/core/scan_job.h"

namespace lode::app {
namespace {

namespace json = boost::json;

constexpr std::string_view kFile = "calibration.json";
constexpr std::size_t kMaxCalibrationFile = std::size_t{1} << 18;
/// Of other CPUs, the ones measured last.
constexpr std::size_t kMostOthers = 15;

/// Null unless the object has a member of that name that is a text.
const json::string* text_in(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

const json::array* array_in(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

bool read_text(const json::object& object, std::string_view name, std::string& text) {
  const json::string* const found = text_in(object, name);
  if (found == nullptr) return false;
  text.assign(found->data(), found->size());
  return true;
}

bool read_speed(const json::value& value, KernelSpeed& speed) {
  const json::object* const object = value.if_object();
  if (object == nullptr || !read_text(*object, "kernel", speed.kernel)) return false;
  const json::value* const midstates = object->if_contains("midstates");
  const json::value* const rate = object->if_contains("hashes_per_second");
  if (midstates == nullptr || rate == nullptr || !midstates->is_number() || !rate->is_number()) return false;
  const double count = midstates->to_number<double>();
  if (!(count >= 1 && count <= kernels::kMaxMidstates) || count != std::floor(count)) return false;
  speed.midstates = static_cast<std::uint32_t>(count);
  speed.hashes_per_second = rate->to_number<double>();
  return speed.hashes_per_second >= 0 && std::isfinite(speed.hashes_per_second);
}

bool read_calibration(const json::value& value, Calibration& calibration) {
  const json::object* const object = value.if_object();
  if (object == nullptr) return false;
  CalibrationKey& key = calibration.key;
  if (!read_text(*object, "device", key.device) || !read_text(*object, "features", key.features) ||
      !read_text(*object, "program", key.program) || !read_text(*object, "kernels", key.kernels) ||
      !read_text(*object, "time", calibration.time)) {
    return false;
  }
  const json::array* const speeds = array_in(*object, "speeds");
  if (speeds == nullptr) return false;
  return std::ranges::all_of(
      *speeds, [&](const json::value& one) { return read_speed(one, calibration.speeds.emplace_back()); });
}

json::object json_of(const Calibration& calibration) {
  json::array speeds;
  for (const KernelSpeed& speed : calibration.speeds) {
    speeds.push_back({{"kernel", json_text(speed.kernel)},
                      {"midstates", speed.midstates},
                      {"hashes_per_second", json_number(speed.hashes_per_second)}});
  }
  return {{"device", json_text(calibration.key.device)},   {"features", json_text(calibration.key.features)},
          {"program", json_text(calibration.key.program)}, {"kernels", json_text(calibration.key.kernels)},
          {"time", json_text(calibration.time)},           {"speeds", std::move(speeds)}};
}

}  // namespace

Result<std::vector<Calibration>> parse_calibrations(std::string_view text) {
  const auto malformed = [] { return fail(Errc::kMalformed, "it is damaged"); };
  std::error_code error;
  const json::value root = json::parse({text.data(), text.size()}, error);
  if (error || !root.is_object()) return malformed();
  const json::array* const entries = array_in(root.get_object(), "calibrations");
  if (entries == nullptr) return malformed();
  std::vector<Calibration> calibrations;
  for (const json::value& entry : *entries) {
    if (!read_calibration(entry, calibrations.emplace_back())) return malformed();
  }
  return calibrations;
}

std::string format_calibrations(const std::vector<Calibration>& calibrations) {
  json::array entries;
  for (const Calibration& calibration : calibrations)
    entries.push_back(json_of(calibration));
  return json::serialize(json::object{{"calibrations", std::move(entries)}}) + "\n";
}

Result<std::vector<Calibration>> load_calibrations(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kFile;
  std::error_code code;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, code))) return std::vector<Calibration>{};
  const auto bytes = store::read_regular_file(file, kMaxCalibrationFile);
  if (!bytes) return bytes.error();
  auto calibrations = parse_calibrations(std::string(bytes->begin(), bytes->end()));
  if (!calibrations) return fail(Errc::kMalformed, file.string() + ": " + calibrations.error().message());
  return calibrations;
}

Result<void> remember_calibration(const std::filesystem::path& folder, const Calibration& calibration) {
  std::vector<Calibration> all{calibration};
  if (auto others = load_calibrations(folder)) {
    for (Calibration& other : *others) {
      if (other.key.device == calibration.key.device && other.key.features == calibration.key.features) continue;
      if (all.size() <= kMostOthers) all.push_back(std::move(other));
    }
  }
  if (auto made = store::make_private_folders(folder); !made) return made;
  const std::string text = format_calibrations(all);
  return store::replace_file(folder / kFile, Bytes(text.begin(), text.end()));
}

}  // namespace lode::app
