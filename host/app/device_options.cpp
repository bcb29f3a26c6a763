#include "host/app/device_options.h"

#include <cstdlib>
#include <utility>

namespace lode::app {

Result<std::filesystem::path> state_folder(const std::string& state) {
  if (!state.empty()) return std::filesystem::path(state);
  // The base directory specification has relative paths ignored.
  if (const char* const xdg = std::getenv("XDG_STATE_HOME"); xdg != nullptr && *xdg == '/') {
    return std::filesystem::path(xdg) / "lode";
  }
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".local" / "state" / "lode";
  }
  return fail(Errc::kStore, "neither XDG_STATE_HOME nor HOME is set; name a state folder with --state DIR");
}

DeviceRequest device_request(const DeviceOptions& options, std::function<void(const std::string&)> warn) {
  DeviceRequest request{.threads = options.threads,
                        .kernel = options.kernel,
                        .affinity = options.affinity,
                        .recalibrate = options.recalibrate,
                        .warn = std::move(warn),
                        .max_celsius = options.max_celsius};
  // Without a folder nothing is remembered; who needs one for more says so.
  if (options.state != "none") {
    if (auto folder = state_folder(options.state)) request.state = *std::move(folder);
  }
  return request;
}

}  // namespace lode::app
