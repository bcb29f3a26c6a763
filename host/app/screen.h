// What people see while mining: the banner, lines for what happens, the status line, the summary.
//
// Io thread.
#pragma once

#include <chrono>
#include <string>

#include "host/app/events_json.h"
#include "host/app/terminal.h"
#include "host/base/log.h"
#include "host/engine/engine.h"
#include "host/engine/events.h"

namespace lode::app {

/// One line: rates, blocks, height, best difficulty, expected time to a block, source; the most telling first, as a
/// narrow terminal cuts the end.
std::string status_text(const engine::Snapshot& snapshot);

class Screen {
 public:
  /// `quiet`: only warnings and errors.
  Screen(Terminal& terminal, Log log, bool quiet);

  void banner(const Started& started, bool embedded_chain);
  void show(const engine::Event& event);
  /// Once a second. Without a status line a plain line is printed now and then instead.
  void refresh(const engine::Snapshot& snapshot);
  void summary(const engine::Snapshot& snapshot);

 private:
  void tell(const engine::ShareAccepted& event);
  void tell(const engine::ShareRejected& event);
  void tell(const engine::ShareStale& event);
  void tell(const engine::BlockFound& event);
  void tell(const engine::BlockAccepted& event);
  void tell(const engine::BlockRejected& event);
  void tell(const engine::JobStarted& event);

  Terminal& terminal_;
  Log log_;
  bool quiet_;
  double next_plain_line_ = 10;  ///< seconds since the start
};

}  // namespace lode::app
