#include "host/app/node_scheme.h"

#include <memory>
#include <utility>

#include "host/app/mine_options.h"
#include "host/app/source_url.h"
#include "host/node/node_source.h"

namespace lode::app {

node::NodeOptions node_options(const SourceUrl& url, const MineOptions& options) {
  node::NodeOptions node;
  node.host = url.host;
  node.port = url.port;
  node.tls = url.scheme == "https";
  node.path = url.path;
  node.user = url.user;
  node.password = url.password;
  if (!url.has_credentials) node.cookie_file = options.cookie_file;
  if (options.ca_file) node.ca_file = options.ca_file->string();
  node.proxy = options.proxy;
  node.payout_address = options.payout;
  node.coinbase_text = options.coinbase_text;
  node.version_mask = options.version_mask;
  return node;
}

Result<OpenedSource> open_node(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log) {
  const auto source =
      std::make_shared<node::NodeSource>(std::move(executor), node_options(url, options), log.named("node"));
  return OpenedSource{.source = source, .sink = source};
}

}  // namespace lode::app
