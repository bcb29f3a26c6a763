#include "host/node/sync_watch.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "host/node/json_fields.h"

namespace lode::node {

namespace json = boost::json;

std::optional<ChainProgress> chain_progress(const json::object& chain_info) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  JsonFields fields(chain_info, "getblockchaininfo");
  const auto blocks = fields.integer("blocks", 0, kMost);
  const auto headers = fields.integer("headers", 0, kMost);
  if (!blocks || !headers) return std::nullopt;
  ChainProgress progress{.blocks = *blocks, .headers = *headers, .verified = std::nullopt};
  if (const json::value* verified = fields.find("verificationprogress"); verified != nullptr && verified->is_number()) {
    const double share = verified->to_number<double>();
    if (share >= 0 && share <= 1) progress.verified = share;
  }
  return progress;
}

std::string to_text(const ChainProgress& progress) {
  std::string text = fmt::format("block {} of {} headers", progress.blocks, progress.headers);
  // Early blocks are small, so that their number says little about the time that is left.
  if (progress.verified) text += fmt::format(" ({:.0f} %)", std::floor(100 * *progress.verified));
  return text;
}

SyncWatch::SyncWatch(std::string name, Log log) : name_(std::move(name)), log_(std::move(log)) {}

Error SyncWatch::refused(const Error& reason, Clock::time_point now) {
  if (!reason_) {
    reason_ = "the node is still downloading the block chain: ";
    if (progress_) *reason_ += to_text(*progress_) + "; ";
    *reason_ += "it gives no work until then";
    told_ = now;
  } else if (now - told_ >= kInterval) {
    told_ = now;
    const std::string state = progress_ ? ": " + to_text(*progress_) : "";
    log_.info("{}: still downloading the block chain{}", name_, state);
  }
  return {reason.code, *reason_};
}

void SyncWatch::gave_work() {
  if (!std::exchange(reason_, std::nullopt)) return;
  log_.info("{}: the node has downloaded the block chain and gives work", name_);
}

}  // namespace lode::node
