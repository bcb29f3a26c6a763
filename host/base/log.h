// Logging as a value: whoever may speak is handed a Log; there is no global logger.
//
// A Log is cheap to copy and safe to use from any thread (spdlog's sinks lock). Library code logs what an operator can
// act on; hot paths do not log.
#pragma once

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <utility>

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
    logger_->debug(format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    logger_->info(format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    logger_->warn(format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    logger_->error(format, std::forward<Args>(args)...);
  }

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace lode
