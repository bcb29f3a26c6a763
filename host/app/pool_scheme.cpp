#include "host/app/pool_scheme.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "host/app/mine_options.h"
#include "host/app/source_url.h"
#include "host/app/version.h"
#include "host/chain/address.h"
#include "host/store/pool_block_log.h"
#include "stratum/v1/open_blocks.h"
#include "stratum/v1/pool_source.h"
#include "stratum/v1/tcp_link.h"

namespace lode::app {
namespace {

namespace v1 = stratum::v1;

/// Every connection gets a file of its own: FILE, FILE.2, FILE.3 ...
std::function<std::unique_ptr<std::ostream>()> recordings(std::filesystem::path file, const Log& log) {
  return [file = std::move(file), log, count = 0]() mutable -> std::unique_ptr<std::ostream> {
    std::filesystem::path path = file;
    // What is there from an earlier run stays.
    do {
      if (++count > 1) path = file.string() + "." + std::to_string(count);
    } while (std::filesystem::exists(path));
    auto stream = std::make_unique<std::ofstream>(path, std::ios::binary);
    if (*stream) return stream;
    log.warn("cannot write {}: this connection is not recorded", path.string());
    return nullptr;
  };
}

/// Blocks that earlier runs found for the pool and that have no answer yet.
std::vector<v1::Submission> open_blocks(const std::filesystem::path& state, const std::string& pool, const Log& log) {
  const auto now = std::chrono::system_clock::now();
  std::vector<v1::Submission> open;
  for (const store::PoolBlock& block : store::PoolBlockLog(state).open_blocks(now - v1::OpenBlocks::kForgottenAfter)) {
    if (block.pool != pool) continue;
    open.push_back({.hash = block.hash,
                    .height = block.height,
                    .job_id = block.job_id,
                    .session_id = block.session_id,
                    .extranonce1 = block.extranonce1,
                    .extranonce2 = block.extranonce2,
                    .version = static_cast<std::uint32_t>(block.header.version),
                    .job_version = block.job_version,
                    .mask = block.version_mask,
                    .time = block.header.time,
                    .nonce = block.header.nonce,
                    .found = std::chrono::steady_clock::now() - std::max(now - block.found, {})});
  }
  if (!open.empty()) {
    log.info("{}: blocks of earlier runs without an answer, which are sent again: {}, the last {} at height {}", pool,
             open.size(), open.back().hash.to_display(), open.back().height);
  }
  return open;
}

}  // namespace

v1::SessionOptions pool_session(const SourceUrl& url, const MineOptions& options) {
  v1::SessionOptions session;
  session.name = url.display();
  session.endpoint = {.host = url.host, .port = url.port, .tls = url.scheme == "stratum+ssl"};
  session.user = url.user.empty() ? options.user : url.user;
  const std::string& password = url.user.empty() ? options.password : url.password;
  if (!password.empty()) session.password = password;
  session.user_agent = fmt::format("lode/{}", version());
  session.version_mask = options.version_mask;
  session.suggest_difficulty = options.suggest_difficulty;
  session.reconnect.allowed_hosts = options.reconnect_hosts;
  return session;
}

v1::MakeLink pool_link(boost::asio::any_io_executor executor, const MineOptions& options) {
  v1::TcpLinkOptions link;
  if (options.ca_file) link.trust.ca_file = options.ca_file->string();
  link.connect.proxy = options.proxy;
  link.trust.fingerprint = options.tls_fingerprint.value_or("");
  return [executor, link](const v1::Endpoint& endpoint) { return v1::make_tcp_link(executor, endpoint, link); };
}

Result<OpenedSource> open_pool(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log) {
  v1::PoolOptions pool;
  pool.session = pool_session(url, options);
  if (!options.require_payout.empty()) {
    const auto address = chain::parse_address(options.require_payout);
    if (!address) return address.error();
    pool.audit.required_script = address->script;
    if (options.min_payout) pool.audit.min_payout = static_cast<unsigned>(*options.min_payout);
  }
  if (options.state != "none") {
    if (const auto state = state_folder(options.state)) pool.open_blocks = open_blocks(*state, url.display(), log);
  }
  if (options.recording) pool.open_recording = recordings(*options.recording, log.named("record"));
  const auto source =
      std::make_shared<v1::PoolSource>(executor, std::move(pool), pool_link(executor, options), log.named("pool"));
  return OpenedSource{.source = source, .sink = nullptr};
}

}  // namespace lode::app
