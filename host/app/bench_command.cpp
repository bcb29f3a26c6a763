#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/json_text.h"
#include "host/app/measurement.h"
#include "host/app/number_format.h"
#include "host/app/print.h"
#include "host/app/tuning_report.h"
#include "host/app/version.h"

namespace lode::app {
namespace {

namespace json = boost::json;

struct Row {
  device::DeviceInfo device;
  std::size_t threads = 0;
  std::uint32_t midstates = 0;
  Measurement result;
};

/// Kernels to run: a name, or "" for a device's best.
std::vector<std::string> kernels_to_run(const BenchOptions& options, const DeviceRequest& request) {
  if (options.kernel != "all") return {options.kernel};
  std::vector<std::string> names;
  for (const DeviceBackend* const backend : present_backends(options.devices)) {
    for (const DeviceDescription& device : backend->describe(request)) {
      for (const KernelInfo& kernel : device.kernels) {
        if (kernel.unusable.empty()) {
          if (std::ranges::find(names, kernel.name) == names.end()) names.push_back(kernel.name);
        } else {
          print_error(fmt::format("kernel {} is skipped: {}", kernel.name, kernel.unusable));
        }
      }
    }
  }
  if (names.empty()) names.emplace_back();  // opening the devices says what is wrong
  return names;
}

/// Of the columns whose content differs from machine to machine.
struct Widths {
  std::size_t device = std::string_view("device").size();
  std::size_t kernel = std::string_view("kernel").size();

  void fit(const device::DeviceInfo& info) {
    device = std::max(device, info.id.size());
    kernel = std::max(kernel, info.kernel.size());
  }
};

std::string table_head(const Widths& widths) {
  return fmt::format("{:<{}} {:<{}} {:>7} {:>9} {:>14} {:>9}\n", "device", widths.device, "kernel", widths.kernel,
                     "threads", "midstates", "rate", "verified");
}

/// Where it is known.
std::string power_of(const Measurement& result) {
  const auto cost = result.joules_per_terahash();
  return cost ? fmt::format("  {:.1f} W, {:.1f} J/TH", *result.watts, *cost) : "";
}

std::string table_row(const Row& row, const Widths& widths) {
  return fmt::format("{:<{}} {:<{}} {:>7} {:>9} {:>14} {:>9}{}\n", row.device.id, widths.device, row.device.kernel,
                     widths.kernel, row.threads, row.midstates, format_rate(row.result.hashes_per_second()),
                     row.result.verified ? "yes" : "NO", power_of(row.result));
}

json::object json_row(const Row& row) {
  return {{"device", json_text(row.device.id)},
          {"device_name", json_text(row.device.name)},
          {"kernel", json_text(row.device.kernel)},
          {"threads", row.threads},
          {"midstates", row.midstates},
          {"hashes", row.result.hashes},
          {"seconds", json_number(row.result.seconds)},
          {"hashes_per_second", json_number(row.result.hashes_per_second())},
          {"watts", json_number(row.result.watts)},
          {"joules_per_terahash", json_number(row.result.joules_per_terahash())},
          {"verified", row.result.verified}};
}

/// How many versions jobs have: as asked, else one, and what the device does best where that is more.
Result<std::vector<std::uint32_t>> midstates_to_run(const BenchOptions& options, DeviceRequest& request,
                                                    Widths& widths) {
  if (!options.midstates.empty()) return options.midstates;
  request.midstates.reset();
  const Result<Devices> devices = open_devices(options.devices, request);
  if (!devices) return devices.error();
  widths.fit(devices->front()->info());
  request.recalibrate = false;
  std::vector<std::uint32_t> counts{1};
  if (const std::uint32_t most = devices->front()->info().midstates; most > 1) counts.push_back(most);
  return counts;
}

Result<Row> run_one(const BenchOptions& options, DeviceRequest& request, std::uint32_t midstates, bool first,
                    Widths& widths) {
  request.midstates = midstates;
  Result<Devices> devices = open_devices(options.devices, request);
  if (!devices) return devices.error();
  request.recalibrate = false;
  Row row{.device = devices->front()->info(), .threads = devices->size(), .midstates = midstates, .result = {}};
  widths.fit(row.device);
  if (!options.json && first) print(row.device.name + "\n" + table_head(widths));
  Result<Measurement> result = measure(*std::move(devices), midstates, options.seconds);
  if (!result) {
    return fail(Errc::kDevice,
                fmt::format("{}: kernel {}: {}", row.device.id, row.device.kernel, result.error().message()));
  }
  row.result = *std::move(result);
  return row;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  if (options.tune) return run_tuning(options);
  DeviceRequest request = device_request(options, print_error);
  request.note = print_error;  // a search takes seconds, so it is announced
  bool all_verified = true;
  json::array rows;
  const std::vector<std::string> kernels = kernels_to_run(options, request);
  if (options.kernel == "all") request.recalibrate = false;  // the list did it
  Widths widths;
  for (const std::string& kernel : kernels)
    widths.kernel = std::max(widths.kernel, kernel.size());
  for (const std::string& kernel : kernels) {
    request.kernel = kernel;
    auto counts = midstates_to_run(options, request, widths);
    for (std::size_t i = 0; counts && i < counts->size(); ++i) {
      auto row = run_one(options, request, counts->at(i), rows.empty(), widths);
      if (!row) {
        counts = row.error();
        break;
      }
      rows.push_back(json_row(*row));
      if (!options.json) print(table_row(*row, widths));
      if (!row->result.verified) {
        all_verified = false;
        print_error(
            fmt::format("{}: kernel {} computed wrongly: {}", row->device.id, row->device.kernel, row->result.problem));
      }
    }
    if (!counts) {
      print_error(counts.error().message());
      return counts.error().is(Errc::kOutOfRange) ? kExitUsage : kExitNoDevice;
    }
  }
  if (options.json) {
    const json::object report{
        {"program", "lode"}, {"version", version()}, {"algorithm", "sha256d"}, {"results", std::move(rows)}};
    print(json::serialize(report) + "\n");
  }
  return all_verified ? kExitOk : kExitWrongResult;
}

}  // namespace lode::app
