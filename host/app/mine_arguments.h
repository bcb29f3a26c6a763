// The options of `lode mine`.
#pragma once

#include <string>
#include <vector>

#include "host/app/command_parser.h"
#include "host/app/mine_options.h"

namespace lode::app {

/// Adds the options to `command` and holds what they were set to. Outlives the parser.
class MineArguments {
 public:
  explicit MineArguments(Command command);
  MineArguments(const MineArguments&) = delete;
  MineArguments& operator=(const MineArguments&) = delete;

  std::string config;  ///< path of the configuration file; empty: none

  /// After parsing (and after the configuration was applied). Errors: as parse_source_url, for a SOURCE.
  [[nodiscard]] Result<MineOptions> options() const;

 private:
  void add_sources(Command command);
  void add_pool(Command command);
  void add_work(Command command);
  void add_limits(Command command);
  void add_output(Command command);

  MineOptions options_;
  std::vector<std::string> sources_;
  bool no_version_rolling_ = false;
  bool no_color_ = false;
};

}  // namespace lode::app
