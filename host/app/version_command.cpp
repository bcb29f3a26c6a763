#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/print.h"
#include "host/app/version.h"

namespace lode::app {

int run_version() {
  return print(version_text()) ? kExitOk : kExitUsage;
}

}  // namespace lode::app
