// Configuration files: TOML whose keys are the long names of the options.
//
// Start-up, main thread. Knows nothing of what the keys mean.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"

namespace lode::app {

/// One key with its value as an option's text; an array gives several, a flag "true" or "false".
struct ConfigEntry {
  std::string key;
  std::vector<std::string> values;

  friend bool operator==(const ConfigEntry&, const ConfigEntry&) = default;
};

/// `name` is for messages. Errors: kMalformed with name, line and what is wrong; kTooLarge above 1 MiB. No error
/// repeats a value, which may be a password.
Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& name);

/// Errors: also kStore when the file cannot be read.
Result<std::vector<ConfigEntry>> read_config(const std::filesystem::path& file);

}  // namespace lode::app
