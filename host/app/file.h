// Reading a whole file that must not be large.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "host/base/result.h"

namespace lode::app {

/// Errors: kStore naming the path and what the system says; kTooLarge above `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t max_bytes);

}  // namespace lode::app
