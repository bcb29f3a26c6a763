// Compiled OpenCL programs in the state folder: `opencl/KEY.bin`, a file each (see host/device/opencl_binary.h).
//
// Any thread. Two programs may write at the same time: the last one wins, neither breaks a file.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "host/device/opencl_binary.h"

namespace lode::app {

/// A store in the state folder `state`; its own folder is made when something is kept. `warn` is told of files that are
/// damaged and of what cannot be kept; may be empty.
std::shared_ptr<device::OpenClBinaryStore> make_opencl_store(const std::filesystem::path& state,
                                                             std::function<void(const std::string&)> warn);

}  // namespace lode::app
