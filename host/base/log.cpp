#include "host/base/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <exception>
#include <utility>

namespace lode {

Log::Log() : logger_(std::make_shared<spdlog::logger>("null", std::make_shared<spdlog::sinks::null_sink_mt>())) {}

Log::Log(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

Log Log::named(const std::string& component) const {
  return Log(logger_->clone(component));
}

void Log::write(Level level, fmt::string_view format, fmt::format_args args) const {
  const auto wanted = [level] {
    switch (level) {
      case Level::kDebug:
        return spdlog::level::debug;
      case Level::kInfo:
        return spdlog::level::info;
      case Level::kWarn:
        return spdlog::level::warn;
      case Level::kError:
        break;
    }
    return spdlog::level::err;
  }();
  if (!logger_->should_log(wanted)) return;
  fmt::memory_buffer line;
  try {
    fmt::vformat_to(fmt::appender(line), format, args);
  } catch (const std::exception& fault) {
    // A value that cannot be formatted is no reason to throw out of a log line.
    logger_->log(spdlog::level::err, fault.what());
    return;
  }
  logger_->log(wanted, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace lode
