// Pools as a scheme of sources: stratum+tcp://, stratum+ssl://. Start-up, main thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "host/app/source_scheme.h"
#include "host/base/log.h"
#include "host/base/result.h"
#include "stratum/v1/pool_link.h"
#include "stratum/v1/session_options.h"

namespace lode::app {

/// How lode introduces itself to the pool of a URL.
stratum::v1::SessionOptions pool_session(const SourceUrl& url, const MineOptions& options);

/// How pools are connected to.
stratum::v1::MakeLink pool_link(boost::asio::any_io_executor executor, const MineOptions& options);

/// Errors: kMalformed, kUnsupported for options that do not fit; kStore when a recording cannot be written.
Result<OpenedSource> open_pool(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log);

}  // namespace lode::app
