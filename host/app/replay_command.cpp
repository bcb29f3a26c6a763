#include <fmt/format.h>

#include <fstream>

#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/print.h"
#include "host/app/text.h"
#include "stratum/v1/session_replay.h"

namespace lode::app {

int run_replay(const ReplayOptions& options) {
  std::ifstream file(options.file, std::ios::binary);
  if (!file) {
    print_error(fmt::format("cannot read {}", printable(options.file)));
    return kExitUsage;
  }
  const auto report = stratum::v1::replay_session(file);
  if (!report) {
    print_error(fmt::format("{}: {}", printable(options.file), report.error().message()));
    return kExitUsage;
  }
  std::string text = fmt::format("{} inputs, {} outputs, {:.3f} s of virtual time\n", report->inputs, report->outputs,
                                 static_cast<double>(report->nanoseconds) / 1e9);
  if (!report->difference) {
    print(text + "as recorded\n");
    return kExitOk;
  }
  const auto shown = [](const std::string& line) { return line.empty() ? std::string("nothing") : printable(line); };
  print(text + fmt::format("NOT AS RECORDED, line {}\n  recorded {}\n  replayed {}\n", report->difference->line,
                           shown(report->difference->recorded), shown(report->difference->replayed)));
  return kExitInvalid;
}

}  // namespace lode::app
