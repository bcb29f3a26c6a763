// The program: parses the command line and runs a command.

#include <csignal>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "host/app/command_line.h"
#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/print.h"

namespace {

using namespace lode::app;

struct Run {
  int operator()(const Exit& exit) const {
    print(exit.out);
    if (!exit.err.empty()) print_error(exit.err);
    return exit.code;
  }
  int operator()(const MineOptions& options) const { return run_mine(options); }
  int operator()(const BenchOptions& options) const { return run_bench(options); }
  int operator()(const DevicesOptions& options) const { return run_devices(options); }
  int operator()(const ProbeOptions& options) const { return run_probe(options); }
  int operator()(const ReplayOptions& options) const { return run_replay(options); }
  int operator()(const VerifyOptions& options) const { return run_verify(options); }
  int operator()(const VersionOptions&) const { return run_version(); }
};

}  // namespace

int main(int argc, char** argv) {
  // A reader of our output that goes away is a failed write, not the end of mining.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return std::visit(Run{}, parse_command_line(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)));
  } catch (const std::exception& error) {
    print_error(std::string("failed: ") + error.what());
    return kExitUsage;
  }
}
