#include "host/app/fd_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace lode::app {
namespace {

/// A pipe that poll() calls writable takes this much without blocking (POSIX, PIPE_BUF; 4096 on Linux).
constexpr std::size_t kChunk = 4096;
/// Between two looks at whether waiting for a stalled reader still makes sense.
constexpr int kPollMilliseconds = 100;
constexpr std::chrono::seconds kLastWrite{2};

/// How long a text waits for others to go with it, unless they are as many as this.
constexpr std::chrono::milliseconds kGatherTime{3};
constexpr std::size_t kGatherBytes = std::size_t{64} << 10;

}  // namespace

FdWriter::FdWriter(int fd, std::function<void(const std::string&)> on_error)
    : fd_(fd), on_error_(std::move(on_error)), thread_([this] { run(); }) {}

FdWriter::~FdWriter() {
  const bool done = flush(kLastWrite);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    abandoned_ = !done;
  }
  work_.notify_one();
  thread_.join();
}

void FdWriter::write(std::string text) {
  bool dropped = false;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() + text.size() > kMaxQueued) {
      dropped = true;
    } else {
      queue_ += text;
      wake = std::exchange(asleep_, false) || queue_.size() >= kGatherBytes;
    }
  }
  if (dropped) report("its reader does not keep up; lines are dropped");
  if (wake) work_.notify_one();
}

bool FdWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  ++flushing_;
  work_.notify_one();
  const bool done = idle_.wait_for(lock, limit, [this] { return queue_.empty() && !writing_; });
  --flushing_;
  return done;
}

void FdWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    asleep_ = true;
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    asleep_ = false;
    work_.wait_for(lock, kGatherTime, [this] { return stopping_ || flushing_ > 0 || queue_.size() >= kGatherBytes; });
    if (queue_.empty() || abandoned_) return;
    const std::string text = std::exchange(queue_, {});
    writing_ = true;
    lock.unlock();
    write_all(text);
    lock.lock();
    writing_ = false;
    if (queue_.empty()) idle_.notify_all();
  }
}

bool FdWriter::write_all(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    pollfd state{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&state, 1, kPollMilliseconds);
    if (ready <= 0) {
      const std::lock_guard lock(mutex_);
      if (abandoned_) return false;
      continue;
    }
    const ssize_t written = ::write(fd_, text.data() + at, std::min(kChunk, text.size() - at));
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      report(std::generic_category().message(errno));
      return false;
    }
    at += static_cast<std::size_t>(written);
  }
  return true;
}

void FdWriter::report(const std::string& problem) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(reported_, true)) return;
  }
  if (on_error_) on_error_(problem);
}

}  // namespace lode::app
