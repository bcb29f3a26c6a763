#include "host/app/node_scheme.h"

#include <memory>
#include <utility>

#include "host/app/mine_options.h"
#include "host/app/source_url.h"
#include "host/node/node_source.h"

namespace lode::app {

Result<OpenedSource> open_node(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log) {
  node::NodeOptions node_options;
  node_options.host = url.host;
  node_options.port = url.port;
  node_options.tls = url.scheme == "https";
  node_options.path = url.path;
  node_options.user = url.user;
  node_options.password = url.password;
  if (!url.has_credentials) node_options.cookie_file = options.cookie_file;
  if (options.ca_file) node_options.ca_file = options.ca_file->string();
  node_options.proxy = options.proxy;
  node_options.payout_address = options.payout;
  node_options.coinbase_text = options.coinbase_text;
  node_options.version_mask = options.version_mask;
  const auto source =
      std::make_shared<node::NodeSource>(std::move(executor), std::move(node_options), log.named("node"));
  return OpenedSource{.source = source, .sink = source};
}

}  // namespace lode::app
