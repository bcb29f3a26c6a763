#include "host/base/log.h"

#include <spdlog/sinks/null_sink.h>

namespace lode {

Log::Log() : logger_(std::make_shared<spdlog::logger>("null", std::make_shared<spdlog::sinks::null_sink_mt>())) {}

Log::Log(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

Log Log::named(const std::string& component) const {
  return Log(logger_->clone(component));
}

}  // namespace lode
