#include "host/app/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace lode::app {

namespace asio = boost::asio;

namespace {

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};

/// nohup starts programs with SIGHUP ignored, to let them live on. Shells without job control do the same with SIGINT
/// of background programs, where it only protects from Ctrl-C; a SIGINT sent on purpose must be heard.
bool is_left_alone(int number) {
  if (number != SIGHUP) return false;
  struct sigaction action {};
  return ::sigaction(number, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
         action.sa_handler == SIG_IGN;
}

/// Runs in a signal handler: nothing but async-signal-safe calls (POSIX, 2.4.3).
extern "C" void end_at_once(int number) {
  constexpr std::string_view kText = "\nlode: stopped at once; blocks on their way stay in the journal\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(128 + number);
}

}  // namespace

StopSignals::StopSignals(asio::any_io_executor executor) : set_(std::move(executor)) {
  for (const int number : kStopSignals) {
    if (!is_left_alone(number)) set_.add(number);
  }
}

asio::awaitable<int> StopSignals::first() {
  const auto [error, number] = co_await set_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (error) co_return 0;
  // Asio would queue the next signal for a thread that may be busy; the next one must not wait for anybody.
  set_.clear();
  struct sigaction action {};
  action.sa_handler = &end_at_once;
  for (const int signal : kStopSignals) {
    if (!is_left_alone(signal)) ::sigaction(signal, &action, nullptr);
  }
  co_return number;
}

std::string_view StopSignals::name(int number) noexcept {
  switch (number) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "signal";
  }
}

}  // namespace lode::app
