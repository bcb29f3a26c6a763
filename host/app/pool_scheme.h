// Pools as a scheme of sources: stratum+tcp://, stratum+ssl://. Start-up, main thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "host/app/builtins.h"
#include "host/base/log.h"
#include "host/base/result.h"

namespace lode::app {

/// Errors: kMalformed, kUnsupported for options that do not fit; kStore when a recording cannot be written.
Result<OpenedSource> open_pool(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log);

}  // namespace lode::app
