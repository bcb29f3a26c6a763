// Hash rates over several spans from one growing count.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace lode::engine {

class RateMeter {
 public:
  using Clock = std::chrono::steady_clock;

  /// How far back rates can look.
  static constexpr std::chrono::minutes kHistory{15};

  /// Takes a reading of the count. Meant for about once a second; readings older than kHistory are forgotten.
  void sample(Clock::time_point now, std::uint64_t count);

  /// Counts a second over the last `span`, or since the first reading where that is less. 0 before the second reading.
  [[nodiscard]] double rate(std::chrono::seconds span) const;

 private:
  struct Reading {
    Clock::time_point at;
    std::uint64_t count;
  };
  std::deque<Reading> readings_;
};

}  // namespace lode::engine
