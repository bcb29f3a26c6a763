#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>
#include <vector>

#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/json_text.h"
#include "host/app/measurement.h"
#include "host/app/number_format.h"
#include "host/app/print.h"
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
std::vector<std::string> kernels_to_run(const BenchOptions& options) {
  if (options.kernel != "all") return {options.kernel};
  std::vector<std::string> names;
  for (const DeviceBackend& backend : device_backends()) {
    if (backend.describe == nullptr) continue;
    for (const DeviceDescription& device : backend.describe()) {
      for (const KernelInfo& kernel : device.kernels) {
        if (kernel.unusable.empty()) {
          names.push_back(kernel.name);
        } else {
          print_error(fmt::format("kernel {} is skipped: {}", kernel.name, kernel.unusable));
        }
      }
    }
  }
  return names;
}

std::string table_head() {
  return fmt::format("{:<8} {:<12} {:>7} {:>9} {:>14} {:>9}\n", "device", "kernel", "threads", "midstates", "rate",
                     "verified");
}

std::string table_row(const Row& row) {
  return fmt::format("{:<8} {:<12} {:>7} {:>9} {:>14} {:>9}\n", row.device.id, row.device.kernel, row.threads,
                     row.midstates, format_rate(row.result.hashes_per_second()), row.result.verified ? "yes" : "NO");
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
          {"verified", row.result.verified}};
}

}  // namespace

int run_bench(const BenchOptions& options) {
  bool all_verified = true;
  json::array rows;
  for (const std::string& kernel : kernels_to_run(options)) {
    Result<Devices> devices = open_devices(options.devices, {.threads = options.threads, .kernel = kernel});
    if (!devices) {
      print_error(devices.error().message());
      return devices.error().is(Errc::kOutOfRange) ? kExitUsage : kExitNoDevice;
    }
    Row row{
        .device = devices->front()->info(), .threads = devices->size(), .midstates = options.midstates, .result = {}};
    if (!options.json && rows.empty()) print(row.device.name + "\n" + table_head());
    Result<Measurement> result = measure(*std::move(devices), options.midstates, options.seconds);
    if (!result) {
      print_error(fmt::format("{}: kernel {}: {}", row.device.id, row.device.kernel, result.error().message()));
      return kExitNoDevice;
    }
    row.result = *std::move(result);
    rows.push_back(json_row(row));
    if (!options.json) print(table_row(row));
    if (!row.result.verified) {
      all_verified = false;
      print_error(
          fmt::format("{}: kernel {} computed wrongly: {}", row.device.id, row.device.kernel, row.result.problem));
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
