#include "host/app/node_scheme.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/app/mine_options.h"
#include "host/app/source_url.h"
#include "host/node/longpoll_record.h"
#include "host/node/node_source.h"
#include "host/store/longpoll_file.h"

namespace lode::app {
namespace {

/// The record of left longpolls in the state folder.
class StateRecord final : public node::LongpollRecord {
 public:
  StateRecord(store::LongpollFile file, Log log) : file_(std::move(file)), log_(std::move(log)) {}

  std::optional<node::OpenLongpoll> load() override {
    auto left = file_.load();
    if (!left) return std::nullopt;
    return node::OpenLongpoll{.tip = left->tip, .id = std::move(left->id), .sent = left->sent};
  }
  void save(const node::OpenLongpoll& open) override {
    warn_of(file_.save({.tip = open.tip, .id = open.id, .sent = open.sent}));
  }
  void clear() override { warn_of(file_.clear()); }

 private:
  void warn_of(const Result<void>& done) {
    if (done) return;
    log_.warn(
        "{}; a longpoll that this run leaves open is not known to the next, which may take one more of the "
        "node's RPC threads",
        done.error().message());
  }

  store::LongpollFile file_;
  Log log_;
};

}  // namespace

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
  node::NodeOptions opened = node_options(url, options);
  if (options.state != "none") {
    if (const auto state = state_folder(options.state)) {
      store::LongpollFile file(*state, fmt::format("{}:{}", url.host, url.port));
      opened.longpoll_record = std::make_shared<StateRecord>(std::move(file), log.named("node"));
    }
  }
  const auto source = std::make_shared<node::NodeSource>(std::move(executor), std::move(opened), log.named("node"));
  return OpenedSource{.source = source, .sink = source};
}

}  // namespace lode::app
