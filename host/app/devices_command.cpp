#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/json_text.h"
#include "host/app/print.h"
#include "host/app/version.h"

namespace lode::app {
namespace {

namespace json = boost::json;

constexpr std::string_view kNotBuilt = "not in this build";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

std::string text_of(const DeviceDescription& device) {
  std::string text = fmt::format("{}: {}\n  threads   {}\n  features  {}\n  kernels\n", device.id,
                                 printable(device.name), device.threads, joined(device.features));
  for (const KernelInfo& kernel : device.kernels) {
    const std::string note = kernel.is_default ? " [default]" : "";
    const std::string lack = kernel.unusable.empty() ? "" : " (not usable: " + kernel.unusable + ")";
    text += fmt::format("    {:<12} {}{}{}\n", kernel.name, kernel.description, note, lack);
  }
  return text;
}

json::object json_of(const DeviceDescription& device) {
  json::array features;
  for (const std::string& feature : device.features)
    features.emplace_back(json_text(feature));
  json::array kernels;
  for (const KernelInfo& kernel : device.kernels) {
    kernels.push_back(
        {{"name", json_text(kernel.name)},
         {"description", json_text(kernel.description)},
         {"usable", kernel.unusable.empty()},
         {"default", kernel.is_default},
         {"reason", kernel.unusable.empty() ? json::value(nullptr) : json::value(json_text(kernel.unusable))}});
  }
  return {{"device", json_text(device.id)},
          {"name", json_text(device.name)},
          {"usable", true},
          {"reason", nullptr},
          {"threads", device.threads},
          {"features", std::move(features)},
          {"kernels", std::move(kernels)}};
}

}  // namespace

int run_devices(const DevicesOptions& options) {
  std::string text;
  json::array devices;
  for (const DeviceBackend& backend : device_backends()) {
    if (backend.describe == nullptr) {
      text += fmt::format("{}: {}\n", backend.name, kNotBuilt);
      devices.push_back({{"device", backend.name}, {"usable", false}, {"reason", kNotBuilt}});
      continue;
    }
    for (const DeviceDescription& device : backend.describe()) {
      text += text_of(device);
      devices.push_back(json_of(device));
    }
  }
  if (options.json) {
    const json::object report{{"program", "lode"}, {"version", version()}, {"devices", std::move(devices)}};
    text = json::serialize(report) + "\n";
  }
  return print(text) ? kExitOk : kExitUsage;
}

}  // namespace lode::app
