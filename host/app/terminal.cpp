#include "host/app/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "host/app/text.h"

namespace lode::app {
namespace {

/// ECMA-48: back to column 1, erase the line.
constexpr std::string_view kEraseLine = "\r\x1b[2K";
constexpr std::size_t kUnknownWidth = 80;

std::string_view colour_code(Colour colour) {
  switch (colour) {
    case Colour::kNone:
      return "";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kCyan:
      return "\x1b[36m";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kBold:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

Terminal::Abilities Terminal::abilities(int fd, bool allow_colour) {
  const char* const term = std::getenv("TERM");
  const char* const no_color = std::getenv("NO_COLOR");
  const bool smart = ::isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
  return {.status_line = smart, .colour = smart && allow_colour && (no_color == nullptr || *no_color == '\0')};
}

Terminal::Terminal(int fd, Abilities abilities) : fd_(fd), abilities_(abilities), writer_(fd) {}

Terminal::~Terminal() {
  clear_status();
}

void Terminal::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string out;
  if (!status_.empty()) out += kEraseLine;
  out += text;
  out += '\n';
  out += status_;
  writer_.write(std::move(out));
}

void Terminal::status(std::string_view text) {
  if (!abilities_.status_line) return;
  const std::lock_guard lock(mutex_);
  if (status_.empty() && text.empty()) return;
  const std::size_t columns = width();
  status_ = cut_to_width(text, columns > 1 ? columns - 1 : columns);  // a full last column would wrap on some terminals
  writer_.write(std::string(kEraseLine) + status_);
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  if (!abilities_.colour || colour == Colour::kNone) return std::string(text);
  return std::string(colour_code(colour)) + std::string(text) + "\x1b[0m";
}

std::size_t Terminal::width() const {
  winsize size{};
  if (::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUnknownWidth;
}

}  // namespace lode::app
