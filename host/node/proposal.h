// Asks a node whether it would accept a block but for its proof of work (BIP23's proposal mode), before power is spent.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "host/node/rpc_client.h"
#include "host/work/work_template.h"

namespace lode::node {

struct ProposalAnswer {
  enum class Kind {
    kFine,
    kRejected,  ///< `detail` has the node's word and what it means
    kOutdated,  ///< the node says that it has another best block: no judgement
    kCannot,    ///< the node cannot do proposals
    kNoAnswer,  ///< the node did not answer, or not now: busy, starting up
  };
  Kind kind = Kind::kNoAnswer;
  std::string detail;
};

/// One call. The work must have a body; it and work_id must stay alive until the answer.
boost::asio::awaitable<ProposalAnswer> propose(RpcClient& client, const std::shared_ptr<const work::WorkTemplate>& work,
                                               const std::optional<std::string>& work_id,
                                               std::chrono::milliseconds limit);

}  // namespace lode::node
