#include "host/app/bench_arguments.h"

#include "host/app/device_arguments.h"
#include "host/app/option_values.h"
#include "kernels/core/scan_job.h"

namespace lode::app {

BenchArguments::BenchArguments(Command command) {
  command.footer(
      "Every run is given work whose solutions are known, and fails if one is missed or a false one is reported.\n"
      "Exit status: 0, 1 unusable arguments, 3 no usable device or kernel, 4 a wrong result.\n\n"
      "Examples:\n"
      "  lode bench\n"
      "  lode bench --kernel all --threads 1 --seconds 2\n"
      "  lode bench --midstates 1,16 --json\n"
      "  lode bench --tune --devices cuda:0\n");
  add_device_arguments(command, options_, "A kernel by name, or 'all' [the fastest]");
  command.add_argument(
      "--midstates", "M", [](const std::string& text) { return parse_wholes(text, 1, kernels::kMaxMidstates); },
      [this](const std::vector<std::uint64_t>& list) { options_.midstates.assign(list.begin(), list.end()); },
      "Versions that a job carries; 1: no version rolling; a result for each of a list such as 1,16,64\n"
      "[1, and as many as are fastest]");
  command.add_argument(
      "--seconds", "S", parse_seconds, [this](auto seconds) { options_.seconds = seconds; },
      "Time for each result [5]");
  add_calibration_arguments(command, options_,
                            "Folder where the choice of kernels is remembered; 'none': nowhere\n"
                            "[$XDG_STATE_HOME/lode or ~/.local/state/lode]");
  command.add_flag("--tune", options_.tune,
                   "Instead, measure every kernel and every way to launch it, print them all,\n"
                   "and use the fastest from now on: up to a minute for a GPU");
  command.exclude("--tune", {"--kernel", "--midstates", "--seconds"});
  command.add_flag("--json", options_.json, "Print JSON");
}

}  // namespace lode::app
