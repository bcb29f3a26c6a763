#include "host/node/proposal.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "host/base/hex.h"
#include "host/node/reject_reasons.h"
#include "host/work/block_assembly.h"

namespace lode::node {

namespace asio = boost::asio;
namespace json = boost::json;

asio::awaitable<ProposalAnswer> propose(RpcClient& client, const std::shared_ptr<const work::WorkTemplate>& work,
                                        const std::optional<std::string>& work_id, std::chrono::milliseconds limit) {
  work::Roll roll;
  roll.version = work->version;
  roll.time = work->time;
  auto block = work::assemble_block(*work, roll);
  if (!block) co_return ProposalAnswer{ProposalAnswer::Kind::kRejected, block.error().message()};

  std::string params = R"([{"mode":"proposal","rules":["segwit"],"data":")";
  params += to_hex(*block->serialized);
  params += '"';
  if (work_id) params += ",\"workid\":" + json::serialize(json::string(*work_id));
  params += "}]";
  RpcCallOptions call;
  call.time_limit = limit;
  auto reply = co_await client.call("getblocktemplate", std::move(params), call);
  if (!reply) co_return ProposalAnswer{ProposalAnswer::Kind::kNoAnswer, reply.error().message()};
  if (reply->fault) {
    const Error fault = to_error("getblocktemplate", *reply->fault);
    using Kind = ProposalAnswer::Kind;
    co_return ProposalAnswer{fault.is(Errc::kNotReady) ? Kind::kNoAnswer : Kind::kCannot, fault.message()};
  }
  if (reply->result.is_null()) co_return ProposalAnswer{ProposalAnswer::Kind::kFine, {}};
  if (!reply->result.is_string())
    co_return ProposalAnswer{ProposalAnswer::Kind::kCannot, "the node answered something else"};

  const json::string& said = reply->result.get_string();
  const RejectMeaning meaning = explain_reject({said.data(), said.size()});
  std::string detail = fmt::format("{}: {}", meaning.reason, meaning.explanation);
  // Of a template of the node's own it can only mean that another block came in between.
  const bool parent_gone = meaning.reason == "bad-prevblk";
  // No fault of the block, but until the node's clock has caught up it takes none.
  const bool clock_behind = meaning.reason == "time-too-new";
  if ((meaning.kind == RejectMeaning::Kind::kRejected || clock_behind) && !parent_gone)
    co_return ProposalAnswer{ProposalAnswer::Kind::kRejected, std::move(detail)};
  co_return ProposalAnswer{ProposalAnswer::Kind::kOutdated, std::move(detail)};
}

}  // namespace lode::node
