// Logging as a value: whoever may speak is handed a Log; there is no global logger.
//
// A Log is cheap to copy and safe to use from any thread (spdlog's sinks lock). Library code logs what an operator can
// act on; hot paths do not log. spdlog stays out of this header, which nearly every file includes: it would be the most
// expensive thing that they compile.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace lode {

class Log {
 public:
  /// Discards everything; for tests and for code whose caller does not care.
  Log();
  /// Speaks through `sink`-backed `logger`, each line marked with the logger's name.
  explicit Log(std::shared_ptr<spdlog::logger> logger);

  /// The same destination and level under another component name, such as "node" or "engine".
  [[nodiscard]] Log named(const std::string& component) const;

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write(Level::kDebug, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write(Level::kInfo, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    write(Level::kWarn, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write(Level::kError, format, fmt::make_format_args(args...));
  }

 private:
  enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

  /// Formats and writes a line, if the logger's level lets it through.
  void write(Level level, fmt::string_view format, fmt::format_args args) const;

  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace lode
