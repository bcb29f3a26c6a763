// The instructions per hash that were counted before, kept in a text file, and what to think of new counts.
//
// A line is BUILD KERNEL MIDSTATES INSTRUCTIONS; lines that start with # are for people. Values; any thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lode::kernels {

/// What was counted.
struct CountedUse {
  std::string kernel;
  std::uint32_t midstates = 1;

  friend auto operator<=>(const CountedUse&, const CountedUse&) = default;
};

/// Counts may differ from the record by this part of it. They are exact, so it is room for changes around the loops.
inline constexpr double kCountTolerance = 0.01;

class InstructionRecord {
 public:
  /// Throws std::runtime_error, with the line's number, for what is no such file.
  static InstructionRecord read(std::istream& text);
  void write(std::ostream& text) const;

  /// Processors and compilers of which there are counts, as "x86_64-gcc-12.2".
  [[nodiscard]] std::vector<std::string> builds() const;
  [[nodiscard]] std::optional<double> find(std::string_view build, const CountedUse& use) const;

  void set(std::string_view build, const CountedUse& use, double instructions);
  /// Drops counts of kernels that do not exist (any more) from a build.
  void keep_only(std::string_view build, const std::vector<CountedUse>& uses);

  /// Why a new count must not pass, or nothing. More instructions are a slower kernel; fewer are an improvement, which
  /// has to be recorded too, or half of it could be lost again unnoticed.
  [[nodiscard]] std::optional<std::string> complaint(std::string_view build, const CountedUse& use,
                                                     double instructions) const;

 private:
  std::map<std::string, std::map<CountedUse, double>, std::less<>> builds_;
};

}  // namespace lode::kernels
