// Makes log lines of the library's components appear on a Terminal: time, component, level by colour.
//
// Any thread.
#pragma once

#include "host/app/mine_options.h"
#include "host/app/terminal.h"
#include "host/base/log.h"

namespace lode::app {

/// `terminal` outlives every copy of the Log.
Log terminal_log(Terminal& terminal, LogLevel level);

}  // namespace lode::app
