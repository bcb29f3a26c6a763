// http:// and https:// sources: Bitcoin nodes.
#pragma once

#include "host/app/source_scheme.h"

namespace lode::app {

Result<OpenedSource> open_node(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log);

}  // namespace lode::app
