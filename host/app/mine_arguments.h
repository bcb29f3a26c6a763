// The options of `lode mine`, declared for CLI11.
//
// Include in .cpp files that parse only: CLI11 is heavy.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "host/app/config_file.h"
#include "host/app/mine_options.h"

namespace lode::app {

/// Adds the options to `command` and holds what they were set to. Lives as long as the command.
class MineArguments {
 public:
  explicit MineArguments(CLI::App& command);
  MineArguments(const MineArguments&) = delete;
  MineArguments& operator=(const MineArguments&) = delete;

  std::string config;  ///< path of the configuration file; empty: none

  /// After parsing (and after the configuration was applied). Errors: as parse_source_url, for a SOURCE.
  [[nodiscard]] Result<MineOptions> options() const;

 private:
  void add_sources(CLI::App& command);
  void add_pool(CLI::App& command);
  void add_work(CLI::App& command);
  void add_limits(CLI::App& command);
  void add_output(CLI::App& command);

  MineOptions options_;
  std::vector<std::string> sources_;
  bool no_version_rolling_ = false;
  bool no_color_ = false;
};

}  // namespace lode::app
