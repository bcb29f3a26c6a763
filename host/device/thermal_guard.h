// Decides when a GPU that got too hot rests, and when it may go on: above the limit it stops, five degrees below it
// starts again. A GPU whose temperature cannot be read any more rests too. Pure logic, the time is given; one thread.
#pragma once

#include <chrono>
#include <optional>

namespace lode::device {

class ThermalGuard {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr int kHysteresis = 5;                 ///< degrees
  static constexpr std::chrono::seconds kBlindFor{30};  ///< how long it goes on without a reading
  static constexpr std::chrono::milliseconds kLookInterval{1000};

  /// `limit` in degrees Celsius; nothing: never rests.
  ThermalGuard(std::optional<int> limit, Clock::time_point now) : limit_(limit), last_reading_(now) {}

  /// Whether it is time for another reading.
  [[nodiscard]] bool due(Clock::time_point now) const noexcept { return now >= next_look_; }

  /// A reading, or that there was none.
  void update(std::optional<int> celsius, Clock::time_point now) noexcept;

  [[nodiscard]] bool resting() const noexcept { return resting_; }

 private:
  std::optional<int> limit_;
  Clock::time_point last_reading_;
  Clock::time_point next_look_{};
  bool resting_ = false;
};

}  // namespace lode::device
