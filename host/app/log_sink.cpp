#include "host/app/log_sink.h"

#include <fmt/format.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "host/app/repeat_limit.h"
#include "host/app/text.h"

namespace lode::app {
namespace {

std::string clock_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

std::pair<Colour, std::string_view> look_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
    case spdlog::level::err:
      return {Colour::kRed, "error: "};
    case spdlog::level::warn:
      return {Colour::kYellow, "warning: "};
    case spdlog::level::debug:
    case spdlog::level::trace:
      return {Colour::kDim, ""};
    default:
      return {Colour::kNone, ""};
  }
}

/// The Terminal has a lock of its own.
class TerminalSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit TerminalSink(Terminal& terminal) : terminal_(terminal) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string text = printable({message.payload.data(), message.payload.size()});
    std::vector<std::string> reports;
    bool shown = true;
    {
      const auto now = std::chrono::steady_clock::now();
      const std::lock_guard lock(mutex_);
      reports = limit_.take_reports(now);
      if (message.level >= spdlog::level::warn) shown = limit_.admit(text, now);
    }
    for (const std::string& report : reports)
      write(message, spdlog::level::warn, report);
    if (shown) write(message, message.level, text);
  }
  void flush_() override {}

 private:
  void write(const spdlog::details::log_msg& message, spdlog::level::level_enum level, const std::string& text) {
    const auto [colour, prefix] = look_of(level);
    const std::string component =
        fmt::format("[{}]", std::string_view(message.logger_name.data(), message.logger_name.size()));
    terminal_.line(fmt::format("{} {} {}", terminal_.paint(Colour::kDim, clock_time(message.time)),
                               terminal_.paint(Colour::kCyan, component),
                               terminal_.paint(colour, std::string(prefix) + text)));
  }

  Terminal& terminal_;
  std::mutex mutex_;
  RepeatLimit limit_;
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

Log terminal_log(Terminal& terminal, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("lode", std::make_shared<TerminalSink>(terminal));
  logger->set_level(spdlog_level(level));
  return Log(std::move(logger));
}

}  // namespace lode::app
