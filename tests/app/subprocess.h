// Runs a program and keeps what it prints.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace lode::app {

struct Finished {
  int status = -1;  ///< exit status; -signal when it was killed; -1000 when it did not start
  std::string out;
  std::string err;
};

/// A program from its start to its end. One that does not end is killed after minutes, whatever becomes of the test.
class RunningProgram {
 public:
  /// Each of `environment` is "NAME=value".
  explicit RunningProgram(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  /// Waits until `text` is on its standard output. False: it has ended without it.
  bool wait_for_output(const std::string& text);
  void signal(int number);
  /// Waits for its end.
  Finished finish();

 private:
  bool has_ended();

  test::TemporaryFolder folder_;
  pid_t child_ = -1;
  bool ended_ = false;
  int status_ = -1000;
};

/// Runs a program to its end.
Finished run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});

}  // namespace lode::app
