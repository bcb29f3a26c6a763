// Where people read: lines that scroll, and on a terminal one status line below them that is updated in place.
//
// Any thread. Text from outside is made printable by the caller or by the log sink; what is written here goes out as it
// is.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/app/fd_writer.h"

namespace lode::app {

enum class Colour { kNone, kRed, kGreen, kYellow, kCyan, kDim, kBold };

class Terminal {
 public:
  struct Abilities {
    bool status_line = false;  ///< a terminal that understands "erase line"
    bool colour = false;
  };
  /// What can be done on `fd`: nothing unless it is a terminal and TERM is not "dumb"; no colour either with NO_COLOR
  /// (https://no-color.org: set and not empty) in the environment or where `allow_colour` is false.
  static Abilities abilities(int fd, bool allow_colour);

  Terminal(int fd, Abilities abilities);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Prints one line above the status line.
  void line(std::string_view text);

  /// Replaces the status line, cut to the terminal's width. Nothing happens where there is none.
  void status(std::string_view text);
  void clear_status() { status({}); }

  /// `text` in a colour, or as it is where there are none.
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;

  [[nodiscard]] bool has_status_line() const noexcept { return abilities_.status_line; }
  /// Columns of the terminal; 80 where that is unknown.
  [[nodiscard]] std::size_t width() const;

 private:
  const int fd_;
  const Abilities abilities_;
  std::mutex mutex_;
  std::string status_;
  FdWriter writer_;
};

}  // namespace lode::app
