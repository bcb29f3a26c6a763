// Cuts the bytes of a Stratum V1 connection into lines.
//
// One for each connection and direction; no threads of its own. Keeps at most one unfinished line, whose length is
// bounded, so a peer that never ends its line cannot fill the memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/result.h"

namespace lode::stratum::v1 {

/// Longest line that is read by default, in bytes without its end. Pools send coinbases of hundreds of kilobytes.
inline constexpr std::size_t kMaxLine = std::size_t{8} << 20;

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line = kMaxLine) : max_line_(max_line) {}

  /// Hands in bytes as they came. Take all lines out with next() before the next write().
  void write(std::string_view bytes);

  /// The next complete line without its "\n" or "\r\n", or nothing before more bytes arrive. Empty lines are skipped.
  /// The view is good until the next call of anything. Errors: kTooLarge, for a line above the limit, ended or not;
  /// it sticks, since what follows cannot be told from the rest of that line.
  Result<std::optional<std::string_view>> next();

  /// Bytes held back for a line that is not complete.
  [[nodiscard]] std::size_t held() const noexcept { return buffer_.size() - begin_; }

 private:
  std::size_t max_line_;
  std::string buffer_;
  std::size_t begin_ = 0;    ///< of the bytes not yet handed out
  std::size_t scanned_ = 0;  ///< up to here there is no line end
  bool failed_ = false;
};

}  // namespace lode::stratum::v1
