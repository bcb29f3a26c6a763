// One run of `lode mine` from its first hash to its summary: joins the engine with screen, events file and signals.
//
// Io thread. Construct, co_await run(), destroy.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "host/app/event_file.h"
#include "host/app/screen.h"
#include "host/app/stop_signals.h"
#include "host/engine/engine.h"

namespace lode::app {

class Session final : public engine::EventListener {
 public:
  /// `events` may be null. All that is given outlives the session; `parts` need no listener.
  Session(boost::asio::any_io_executor executor, engine::EngineOptions options, engine::EngineParts parts,
          Screen& screen, EventFile* events, Log log);

  /// Mines until the engine has a reason to stop; the first SIGINT, SIGTERM or SIGHUP is one, a second ends the
  /// process.
  boost::asio::awaitable<engine::StopReason> run();

  /// The last trouble with each source that was lost and did not come back: "127.0.0.1:8332: connection refused; ..."
  [[nodiscard]] std::string source_troubles() const;
  /// Whether that trouble is refused credentials for each of them.
  [[nodiscard]] bool is_refused_by_all() const;

 private:
  void on_event(const engine::Event& event) override;
  boost::asio::awaitable<void> watch_signals();
  boost::asio::awaitable<void> refresh_screen();

  boost::asio::any_io_executor executor_;
  Screen& screen_;
  EventFile* events_;
  Log log_;
  StopSignals signals_;
  std::map<std::string, engine::SourceLost> lost_;  ///< by source
  engine::Engine engine_;
};

}  // namespace lode::app
