// The options of `lode bench`.
#pragma once

#include "host/app/command_line.h"
#include "host/app/command_parser.h"

namespace lode::app {

/// Adds the options to `command` and holds what they were set to. Outlives the parser.
class BenchArguments {
 public:
  explicit BenchArguments(Command command);
  BenchArguments(const BenchArguments&) = delete;
  BenchArguments& operator=(const BenchArguments&) = delete;

  [[nodiscard]] const BenchOptions& options() const noexcept { return options_; }

 private:
  BenchOptions options_;
};

}  // namespace lode::app
