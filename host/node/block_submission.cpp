#include "host/node/block_submission.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <utility>

#include "host/base/hex.h"
#include "host/node/reject_reasons.h"

namespace lode::node {

namespace asio = boost::asio;
namespace json = boost::json;
using work::BlockOutcome;
using Fate = BlockOutcome::Kind;

namespace {

constexpr std::size_t kMaxIdle = 2;

std::string submit_params(ByteView block, const std::optional<std::string>& work_id) {
  std::string params;
  params.reserve(2 * block.size() + 64);
  params.append("[\"").append(to_hex(block)).append("\"");
  if (work_id) params.append(",").append(json::serialize(json::object{{"workid", *work_id}}));
  params.append("]");
  return params;
}

BlockOutcome accepted() {
  return {Fate::kAccepted, {}, {}};
}

/// The node has no such call, or does not allow it to us: asking again tells nothing more.
bool cannot_be_asked(const Result<RpcReply>& reply) {
  if (!reply) return reply.error().is(Errc::kForbidden);
  return reply->fault && reply->fault->code == rpc_code::kMethodNotFound;
}

/// A clear word that the node does not have the block. Bitcoin Core says it under a code of its own, bcoin in words.
bool says_not_found(const RpcFault& fault) {
  return fault.code == rpc_code::kBlockNotFound || fault.message.find("not found") != std::string::npos;
}

}  // namespace

/// A connection that is in use for one block; it goes back to the idle ones.
class BlockSubmission::Lease {
 public:
  Lease(BlockSubmission& owner, std::unique_ptr<RpcClient> client) : owner_(owner), client_(std::move(client)) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    if (owner_.idle_.size() < kMaxIdle) owner_.idle_.push_back(std::move(client_));
  }
  RpcClient& operator*() const { return *client_; }
  RpcClient* operator->() const { return client_.get(); }

 private:
  BlockSubmission& owner_;
  std::unique_ptr<RpcClient> client_;
};

BlockSubmission::BlockSubmission(asio::any_io_executor executor, RpcOptions options,
                                 std::shared_ptr<Credentials> credentials, std::chrono::milliseconds limit)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      credentials_(std::move(credentials)),
      limit_(limit) {}

BlockSubmission::~BlockSubmission() = default;

BlockSubmission::Lease BlockSubmission::lease() {
  for (auto at = idle_.rbegin(); at != idle_.rend(); ++at) {
    if (at->get() == warming_) continue;
    std::unique_ptr<RpcClient> client = std::move(*at);
    idle_.erase(std::next(at).base());
    return Lease(*this, std::move(client));
  }
  return Lease(*this, std::make_unique<RpcClient>(executor_, options_, credentials_));
}

asio::awaitable<void> BlockSubmission::warm_up() {
  if (warming_ != nullptr) co_return;
  if (idle_.empty()) idle_.push_back(std::make_unique<RpcClient>(executor_, options_, credentials_));
  if (idle_.back()->connection().is_alive()) co_return;
  warming_ = idle_.back().get();
  // Whether it worked is of no interest here: the submission tries again and reports.
  static_cast<void>(co_await warming_->connection().connect());
  warming_ = nullptr;
}

void BlockSubmission::stop_warming() noexcept {
  if (warming_ != nullptr) warming_->close();
}

asio::awaitable<BlockOutcome> BlockSubmission::submit(work::FoundBlock block, std::optional<std::string> work_id,
                                                      std::function<asio::awaitable<bool>()> on_taken) {
  const std::optional<BlockOutcome> answered = co_await send(block, work_id);
  if (answered) co_return *answered;
  const bool built_upon = co_await on_taken();
  if (built_upon) co_return accepted();
  Lease client = lease();
  // Named, here and below: g++ 12 destroys temporaries among a coroutine's arguments twice.
  BlockOutcome valid = accepted();
  BlockOutcome unknown{Fate::kUnavailable, "unconfirmed",
                       "the node took the block, but has not said whether it is in its best chain"};
  co_return co_await place_in_chain(*client, block, std::move(valid), std::move(unknown));
}

asio::awaitable<std::optional<work::BlockPlace>> BlockSubmission::find_block(chain::Hash256 hash,
                                                                             std::uint32_t height) {
  Lease client = lease();
  RpcCallOptions call;
  call.time_limit = limit_;
  std::string params = fmt::format("[{}]", height);
  auto reply = co_await client->call("getblockhash", std::move(params), call);
  if (!reply) co_return std::nullopt;
  if (reply->fault) {
    // The chain is not so long. Bitcoin Core says it under a code of its own, bcoin in words.
    if (reply->fault->code == rpc_code::kInvalidParameter || says_not_found(*reply->fault)) {
      co_return co_await look_in_branches(*client, hash);
    }
    co_return std::nullopt;
  }
  if (!reply->result.is_string()) co_return std::nullopt;
  const json::string& best = reply->result.get_string();
  if (std::string_view(best.data(), best.size()) == hash.to_display()) co_return work::BlockPlace::kBestChain;
  co_return co_await look_in_branches(*client, hash);
}

asio::awaitable<std::optional<work::BlockPlace>> BlockSubmission::look_in_branches(RpcClient& client,
                                                                                   chain::Hash256 hash) {
  RpcCallOptions call;
  call.time_limit = limit_;
  std::string params = "[\"" + hash.to_display() + "\"]";
  auto reply = co_await client.call("getblockheader", std::move(params), call);
  if (cannot_be_asked(reply)) co_return work::BlockPlace::kNowhere;
  if (!reply) co_return std::nullopt;
  if (reply->result.is_object()) co_return work::BlockPlace::kBranch;
  if (reply->fault && says_not_found(*reply->fault)) co_return work::BlockPlace::kNowhere;
  co_return std::nullopt;
}

asio::awaitable<std::optional<BlockOutcome>> BlockSubmission::send(const work::FoundBlock& block,
                                                                   const std::optional<std::string>& work_id) {
  std::string params = submit_params(*block.serialized, work_id);
  Lease client = lease();
  RpcCallOptions call;
  call.time_limit = limit_;
  auto reply = co_await client->call("submitblock", std::move(params), call);
  if (!reply) {
    // The block may have arrived all the same.
    BlockOutcome lost{Fate::kUnavailable, "no-answer", reply.error().message()};
    if (reply.error().is(Errc::kUnauthorized) || reply.error().is(Errc::kForbidden)) co_return lost;
    co_return co_await locate(*client, block, std::move(lost));
  }
  if (reply->fault) {
    const Error error = to_error("submitblock", *reply->fault);
    const bool refused = reply->fault->code == rpc_code::kDeserialization ||
                         reply->fault->code == rpc_code::kVerifyError ||
                         reply->fault->code == rpc_code::kVerifyRejected;
    co_return BlockOutcome{refused ? Fate::kRejected : Fate::kUnavailable, fmt::format("rpc {}", reply->fault->code),
                           error.message()};
  }
  if (reply->result.is_null()) co_return std::nullopt;
  if (!reply->result.is_string()) {
    BlockOutcome odd{Fate::kUnavailable, "odd-answer", "submitblock: the answer is neither null nor a string"};
    co_return co_await locate(*client, block, std::move(odd));
  }

  const json::string& said = reply->result.get_string();
  RejectMeaning meaning = explain_reject({said.data(), said.size()});
  switch (meaning.kind) {
    case RejectMeaning::Kind::kRejected:
      co_return BlockOutcome{Fate::kRejected, std::move(meaning.reason), std::move(meaning.explanation)};
    case RejectMeaning::Kind::kStale:
      co_return BlockOutcome{Fate::kStale, std::move(meaning.reason), std::move(meaning.explanation)};
    case RejectMeaning::Kind::kKnown:
    case RejectMeaning::Kind::kUnavailable:
      break;
  }
  BlockOutcome unknown{Fate::kUnavailable, std::move(meaning.reason), std::move(meaning.explanation)};
  co_return co_await locate(*client, block, std::move(unknown));
}

asio::awaitable<BlockOutcome> BlockSubmission::locate(RpcClient& client, const work::FoundBlock& block,
                                                      BlockOutcome otherwise) {
  RpcCallOptions call;
  call.time_limit = limit_;
  const bool is_duplicate = otherwise.reason == "duplicate";
  std::string params = "[\"" + block.hash.to_display() + "\"]";
  auto reply = co_await client.call("getblockheader", std::move(params), call);
  if (cannot_be_asked(reply)) {
    // "duplicate" alone means a valid block (BIP22).
    BlockOutcome alone = is_duplicate ? accepted() : otherwise;
    co_return co_await place_in_chain(client, block, std::move(alone), std::move(otherwise));
  }
  if (!reply) co_return otherwise;
  if (reply->fault) {
    if (!is_duplicate || !says_not_found(*reply->fault)) co_return otherwise;
    co_return BlockOutcome{Fate::kRejected, otherwise.reason,
                           "The node has seen this block before and does not keep it: it found it invalid."};
  }
  if (!reply->result.is_object()) co_return otherwise;
  const json::value* confirmations = reply->result.get_object().if_contains("confirmations");
  if (confirmations == nullptr || !confirmations->is_int64()) co_return otherwise;
  if (confirmations->get_int64() >= 1) {
    BlockOutcome valid = accepted();
    co_return co_await place_in_chain(client, block, std::move(valid), std::move(otherwise));
  }
  if (confirmations->get_int64() < 0) {
    co_return BlockOutcome{Fate::kStale, otherwise.reason.empty() ? "stale" : otherwise.reason,
                           "The node has the block, but another one took its place in the best chain."};
  }
  co_return otherwise;
}

asio::awaitable<BlockOutcome> BlockSubmission::place_in_chain(RpcClient& client, const work::FoundBlock& block,
                                                              BlockOutcome cannot_ask, BlockOutcome otherwise) {
  RpcCallOptions call;
  call.time_limit = limit_;
  std::string params = fmt::format("[{}]", block.height);
  auto reply = co_await client.call("getblockhash", std::move(params), call);
  if (cannot_be_asked(reply)) co_return cannot_ask;
  if (!reply || reply->fault || !reply->result.is_string()) co_return otherwise;
  const json::string& best = reply->result.get_string();
  if (std::string_view(best.data(), best.size()) == block.hash.to_display()) co_return accepted();
  co_return BlockOutcome{Fate::kStale, "inconclusive",
                         "The node took the block, but another one has its place in the best chain."};
}

}  // namespace lode::node
