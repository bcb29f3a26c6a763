// Keeps warnings of one kind from filling the log: a pool that refuses each share, a node that answers nonsense at each
// poll. Lines are of one kind if they differ in numbers and hashes only.
//
// Not safe for use by several threads at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lode::app {

class RepeatLimit {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Lines of a kind that are shown in a period, and its length. It begins with the first of them.
  static constexpr std::uint64_t kShown = 5;
  static constexpr std::chrono::seconds kPeriod{60};
  /// Kinds that are told apart in a period; what comes beyond them counts as one kind.
  static constexpr std::size_t kKinds = 64;

  /// Whether the line is to be shown.
  bool admit(std::string_view line, TimePoint now);

  /// For each kind whose period is over, and of which lines were left out: how many, and the last of them.
  std::vector<std::string> take_reports(TimePoint now);

 private:
  struct Kind {
    TimePoint since;
    std::uint64_t lines = 0;
    std::string last{};  ///< that was left out
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace lode::app
