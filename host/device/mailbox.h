// A place for one value where the latest wins: what was not picked up yet is replaced, the reader always gets the
// newest.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace lode::device {

/// One or more writers, one reader. T is cheap to copy (a shared_ptr).
template <class T>
class LatestMailbox {
 public:
  /// Replaces the value and wakes the reader.
  void put(T value) {
    {
      const std::lock_guard lock(mutex_);
      value_ = std::move(value);
      ++sequence_;
    }
    changed_.notify_one();
  }

  /// No more values: take() returns nothing from now on.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
  }

  /// Waits for a value other than the one taken last, or for close().
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || sequence_ != taken_; });
    return take_locked();
  }

  /// Like take(), but gives up after `limit`: nothing also then. Tell the two apart with closed().
  template <class Duration>
  std::optional<T> take_within(Duration limit) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [this] { return closed_ || sequence_ != taken_; })) return std::nullopt;
    return take_locked();
  }

  /// Like take() without waiting; nothing also when there is no new value. Tell the two apart with closed().
  std::optional<T> try_take() {
    const std::lock_guard lock(mutex_);
    return sequence_ == taken_ ? std::nullopt : take_locked();
  }

  [[nodiscard]] bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  std::optional<T> take_locked() {
    if (closed_) return std::nullopt;
    taken_ = sequence_;
    return value_;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
  std::uint64_t sequence_ = 0;
  std::uint64_t taken_ = 0;
  bool closed_ = false;
};

}  // namespace lode::device
