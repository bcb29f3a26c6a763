#include "host/app/bench_arguments.h"

#include <CLI/CLI.hpp>

#include "host/app/argument.h"
#include "host/app/option_values.h"
#include "kernels/core/scan_job.h"

namespace lode::app {

BenchArguments::BenchArguments(CLI::App& command) {
  command.footer(
      "Every run is given work whose solutions are known, and fails if one is missed or a false one is reported.\n"
      "Exit status: 0, 1 unusable arguments, 3 no usable device or kernel, 4 a wrong result.\n\n"
      "Examples:\n"
      "  lode bench\n"
      "  lode bench --kernel all --threads 1 --seconds 2\n"
      "  lode bench --midstates 16 --json\n");
  add_argument(
      command, "--devices", "LIST", [](const std::string& text) { return parse_device_list(text); },
      [this](auto list) { options_.devices = std::move(list); },
      "cpu, cuda, cuda:0, opencl, opencl:0, all; comma-separated [every GPU, or the CPU]");
  add_text(command, "--kernel", "NAME", options_.kernel, "A kernel by name, or 'all' [the fastest]");
  add_argument(
      command, "--threads", "N", [](const std::string& text) { return parse_whole(text, 1, 1024); },
      [this](std::uint64_t threads) { options_.threads = static_cast<unsigned>(threads); },
      "CPU threads [one for each hardware thread]");
  add_argument(
      command, "--midstates", "M", [](const std::string& text) { return parse_whole(text, 1, kernels::kMaxMidstates); },
      [this](std::uint64_t midstates) { options_.midstates = static_cast<std::uint32_t>(midstates); },
      "Versions that a job carries; 1: no version rolling [1]");
  add_argument(
      command, "--seconds", "S", parse_seconds, [this](auto seconds) { options_.seconds = seconds; },
      "Time for each result [5]");
  command.add_flag("--json", options_.json, "Print JSON");
}

}  // namespace lode::app
