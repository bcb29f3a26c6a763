// Runs a program to its end and keeps what it printed.
#pragma once

#include <string>
#include <vector>

namespace lode::app {

struct Finished {
  int status = -1;  ///< exit status; -signal when it was killed; -1000 when it did not start
  std::string out;
  std::string err;
};

/// Killed after `seconds`. Each of `environment` is "NAME=value".
Finished run_program(const std::vector<std::string>& command, int seconds = 60,
                     const std::vector<std::string>& environment = {});

}  // namespace lode::app
