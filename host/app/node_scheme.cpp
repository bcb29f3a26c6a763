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
  if (options.state != "none") {
    if (const auto state = state_folder(options.state)) {
      store::LongpollFile file(*state, fmt::format("{}:{}", url.host, url.port));
      node_options.longpoll_record = std::make_shared<StateRecord>(std::move(file), log.named("node"));
    }
  }
  const auto source =
      std::make_shared<node::NodeSource>(std::move(executor), std::move(node_options), log.named("node"));
  return OpenedSource{.source = source, .sink = source};
}

}  // namespace lode::app
