#include "host/app/tuning_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "host/app/device_backend.h"
#include "host/app/device_list.h"
#include "host/app/device_options.h"
#include "host/app/exit_codes.h"
#include "host/app/json_text.h"
#include "host/app/number_format.h"
#include "host/app/print.h"
#include "host/app/text.h"
#include "host/app/version.h"

namespace lode::app {
namespace {

namespace json = boost::json;

json::array json_rows(const std::vector<DeviceTuning>& tunings) {
  json::array rows;
  for (const DeviceTuning& tuning : tunings) {
    for (const TunedSetting& setting : tuning.settings) {
      rows.push_back(
          {{"device", json_text(tuning.id)},
           {"device_name", json_text(tuning.name)},
           {"kernel", json_text(setting.kernel)},
           {"midstates", setting.midstates},
           {"hashes_per_second", json_number(setting.hashes_per_second)},
           {"watts", json_number(setting.watts)},
           {"joules_per_terahash", json_number(setting.joules_per_terahash)},
           {"chosen", setting.chosen},
           {"left_out", setting.left_out.empty() ? json::value(nullptr) : json::value(json_text(setting.left_out))}});
    }
  }
  return rows;
}

/// By kind of job, the fastest first; what cannot be chosen last.
std::vector<TunedSetting> in_order(std::vector<TunedSetting> settings) {
  std::ranges::stable_sort(settings, [](const TunedSetting& a, const TunedSetting& b) {
    const auto rank = [](const TunedSetting& one) {
      return std::tuple(one.midstates > 1, !one.chosen, !one.left_out.empty(), -one.hashes_per_second);
    };
    return rank(a) < rank(b);
  });
  return settings;
}

/// "    690.0     87.3"; dashes where it was not measured.
std::string power_columns(const TunedSetting& setting) {
  if (!setting.watts || !setting.joules_per_terahash) return fmt::format(" {:>8} {:>8}", "-", "-");
  return fmt::format(" {:>8.1f} {:>8.1f}", *setting.watts, *setting.joules_per_terahash);
}

std::string table_of(const DeviceTuning& tuning) {
  std::size_t width = std::string_view("kernel").size();
  for (const TunedSetting& setting : tuning.settings)
    width = std::max(width, setting.kernel.size());
  const bool has_power =
      std::ranges::any_of(tuning.settings, [](const TunedSetting& one) { return one.watts.has_value(); });
  std::string table =
      fmt::format("{}: {}\n  {:<{}} {:>9} {:>14}{}\n", tuning.id, printable(tuning.name), "kernel", width, "midstates",
                  "rate", has_power ? fmt::format(" {:>8} {:>8}", "watts", "J/TH") : "");
  for (const TunedSetting& setting : in_order(tuning.settings)) {
    const std::string rate = setting.hashes_per_second > 0 ? format_rate(setting.hashes_per_second) : "-";
    const std::string why = setting.left_out.empty() ? "" : "  left out: " + printable(setting.left_out);
    table += fmt::format("{} {:<{}} {:>9} {:>14}{}{}\n", setting.chosen ? '*' : ' ', setting.kernel, width,
                         setting.midstates, rate, has_power ? power_columns(setting) : "", why);
  }
  return table;
}

}  // namespace

int run_tuning(const BenchOptions& options) {
  DeviceRequest request = device_request(options, print_error);
  request.note = print_error;
  const auto tunings = tune_devices(options.devices, request);
  if (!tunings) {
    print_error(tunings.error().message());
    return tunings.error().is(Errc::kOutOfRange) ? kExitUsage : kExitNoDevice;
  }
  if (options.json) {
    const json::object report{
        {"program", "lode"}, {"version", version()}, {"algorithm", "sha256d"}, {"tuning", json_rows(*tunings)}};
    print(json::serialize(report) + "\n");
    return kExitOk;
  }
  for (const DeviceTuning& tuning : *tunings)
    print(table_of(tuning));
  print(request.state ? "* is used from now on.\n"
                      : "* is the fastest; without a state folder it is not remembered.\n");
  return kExitOk;
}

}  // namespace lode::app
