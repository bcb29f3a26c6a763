// Writes to a file descriptor from a thread of its own, so that a reader that stalls (a full pipe, Ctrl-S on a
// terminal) never holds up mining.
//
// write() may be called from any thread and never blocks on the descriptor. What does not fit the queue is dropped.
// Texts that come close together are written together, a few milliseconds after the first: on an easy chain there are
// thousands of lines a second, and waking the thread for each would cost more than making it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace lode::app {

class FdWriter {
 public:
  /// Bytes that wait at the most.
  static constexpr std::size_t kMaxQueued = std::size_t{4} << 20;

  /// `on_error` is called once, on the writer's thread or in write(), with a sentence: the first failed write (errno
  /// text) or the first dropped text.
  explicit FdWriter(int fd, std::function<void(const std::string&)> on_error = {});
  /// Writes what waits, for at most two seconds. Does not close the descriptor.
  ~FdWriter();
  FdWriter(const FdWriter&) = delete;
  FdWriter& operator=(const FdWriter&) = delete;

  void write(std::string text);

  /// Waits until everything is written; false at the limit.
  bool flush(std::chrono::milliseconds limit);

 private:
  void run();
  bool write_all(const std::string& text);
  void report(const std::string& problem);

  const int fd_;
  const std::function<void(const std::string&)> on_error_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::string queue_;
  bool asleep_ = false;  ///< the thread has to be woken for new text
  int flushing_ = 0;     ///< calls of flush() in progress
  bool writing_ = false;
  bool stopping_ = false;
  bool abandoned_ = false;  ///< stop even though something waits
  bool reported_ = false;
  std::thread thread_;  ///< last: uses all of the above
};

}  // namespace lode::app
