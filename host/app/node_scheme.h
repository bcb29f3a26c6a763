// http:// and https:// sources: Bitcoin nodes.
#pragma once

#include "host/app/source_scheme.h"
#include "host/node/node_options.h"

namespace lode::app {

/// How the node of `url` is connected to and mined with.
node::NodeOptions node_options(const SourceUrl& url, const MineOptions& options);

Result<OpenedSource> open_node(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log);

}  // namespace lode::app
