#include "host/app/device_arguments.h"

#include "host/app/option_values.h"

namespace lode::app {
namespace {

constexpr std::uint64_t kMaxThreads = 1024;
constexpr std::uint64_t kLowestLimit = 30;    ///< degrees Celsius; an idle GPU would be hotter than less
constexpr std::uint64_t kHighestLimit = 110;  ///< no GPU gets there

}  // namespace

void add_device_arguments(Command command, DeviceOptions& options, const std::string& kernel_help) {
  command.add_argument(
      "--devices", "LIST", [](const std::string& text) { return parse_device_list(text); },
      [&options](auto list) { options.devices = std::move(list); },
      "cpu, cuda, cuda:0, opencl, opencl:0, opencl:1.0 (platform.device), all; comma-separated\n[every GPU, or the "
      "CPU; a CPU with OpenCL only if it is named]");
  command.add_argument(
      "--threads", "N", [](const std::string& text) { return parse_whole(text, 1, kMaxThreads); },
      [&options](std::uint64_t threads) { options.threads = static_cast<unsigned>(threads); },
      "CPU threads [one for each CPU that the process may use, less where a quota limits its time]");
  command.add_argument(
      "--cpu-affinity", "LIST", parse_cpu_affinity,
      [&options](device::CpuAffinity affinity) { options.affinity = std::move(affinity); },
      "CPUs to tie the threads to, one each, such as 0-3,8; 'none': tie them to none\n"
      "[a core each: fast cores first, then slower ones, then SMT siblings]");
  command.add_argument(
      "--max-temp", "C", [](const std::string& text) { return parse_whole(text, kLowestLimit, kHighestLimit); },
      [&options](std::uint64_t celsius) { options.max_celsius = static_cast<int>(celsius); },
      "A GPU above so many degrees Celsius rests until it is five below [its own limits hold]");
  command.add_text("--kernel", "NAME", options.kernel, kernel_help);
}

void add_calibration_arguments(Command command, DeviceOptions& options, const std::string& state_help) {
  command.add_flag("--recalibrate", options.recalibrate,
                   "Measure the kernels anew, and remember that instead of what was measured before");
  command.add_text("--state", "DIR", options.state, state_help);
}

}  // namespace lode::app
