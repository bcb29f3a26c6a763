// What the commands that hash can be told about devices, and the request that a backend gets of it.
//
// Start-up, main thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/app/device_backend.h"
#include "host/app/device_list.h"
#include "host/base/result.h"
#include "host/device/thread_plan.h"

namespace lode::app {

struct DeviceOptions {
  std::vector<DeviceSelector> devices;  ///< empty: the default
  unsigned threads = 0;                 ///< CPU threads; 0: the default (thread_plan.h)
  device::CpuAffinity affinity;         ///< of these threads
  std::string kernel;                   ///< empty: the fastest
  std::optional<int> max_celsius;       ///< a GPU that is hotter rests
  bool recalibrate = false;             ///< measure the kernels anew, whatever is remembered
  std::string state;                    ///< folder; empty: the default; "none": keep nothing
};

/// `state` if given, else $XDG_STATE_HOME/lode or ~/.local/state/lode. Errors: kStore when neither variable is set.
Result<std::filesystem::path> state_folder(const std::string& state);

/// `warn` is told, in one sentence, what does not go as it should and need not stop anything.
DeviceRequest device_request(const DeviceOptions& options, std::function<void(const std::string&)> warn);

}  // namespace lode::app
