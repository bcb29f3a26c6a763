// The options of `lode bench`, declared for CLI11.
#pragma once

#include <CLI/App.hpp>

#include "host/app/command_line.h"

namespace lode::app {

/// Adds the options to `command` and holds what they were set to. Lives as long as the command.
class BenchArguments {
 public:
  explicit BenchArguments(CLI::App& command);
  BenchArguments(const BenchArguments&) = delete;
  BenchArguments& operator=(const BenchArguments&) = delete;

  [[nodiscard]] const BenchOptions& options() const noexcept { return options_; }

 private:
  BenchOptions options_;
};

}  // namespace lode::app
