// SIGINT, SIGTERM and SIGHUP: the first asks for a clean stop, the second ends the process at once, whatever it does.
// So does the clock 8 s after the first: who stops containers kills them after 10.
//
// Io thread; one at a time. A SIGHUP that the program was started with ignored (nohup) stays ignored.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <string_view>

namespace lode::app {

class StopSignals {
 public:
  explicit StopSignals(const boost::asio::any_io_executor& executor);

  /// The number of the first signal; from then on, while this object lives, the next one exits with 128 plus its number
  /// (one that comes within 150 ms is taken for an echo of the first), as does SIGALRM in time. 0 when cancelled.
  boost::asio::awaitable<int> first();

  /// "SIGINT"
  static std::string_view name(int number) noexcept;

 private:
  boost::asio::signal_set set_;
};

}  // namespace lode::app
