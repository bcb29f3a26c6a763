#include "host/app/stop_signals.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
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

/// timeout(1) and some service managers send a signal to the process and at once again to its group: that is one wish.
constexpr std::int64_t kSameWish = 150;  // ms

/// When the first signal was heard, in milliseconds of the monotonic clock. A signal handler can reach nothing but such
/// a variable.
std::atomic<std::int64_t> first_heard{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

std::int64_t now_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

/// From the first signal to the end, whatever still goes on.
constexpr unsigned kLongestStop = 8;  // s

/// A signal handler: nothing but async-signal-safe calls (POSIX, 2.4.3).
extern "C" void end_at_once(int number) {
  if (number != SIGALRM && now_milliseconds() - first_heard.load() < kSameWish) return;
  constexpr std::string_view kText = "\nlode: stopped at once; blocks on their way stay in the journal\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(128 + number);
}

}  // namespace

StopSignals::StopSignals(const asio::any_io_executor& executor) : set_(executor) {
  for (const int number : kStopSignals) {
    if (!is_left_alone(number)) set_.add(number);
  }
}

asio::awaitable<int> StopSignals::first() {
  const auto [error, number] = co_await set_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (error) co_return 0;
  // Asio would queue the next signal for a thread that may be busy; the next one must not wait for anybody.
  first_heard.store(now_milliseconds());
  struct sigaction action {};
  action.sa_handler = &end_at_once;
  for (const int signal : kStopSignals) {
    if (!is_left_alone(signal)) ::sigaction(signal, &action, nullptr);
  }
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(kLongestStop);
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
