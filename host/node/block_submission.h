// Sends found blocks to one node and finds out what became of them.
//
// A connection is kept warm, so that a block leaves at once; a second block found meanwhile gets one of its own. Lives
// on the io thread and must outlive the coroutines it returned.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/node/node_options.h"
#include "host/node/rpc_client.h"
#include "host/work/sink.h"

namespace lode::node {

class BlockSubmission {
 public:
  BlockSubmission(boost::asio::any_io_executor executor, RpcOptions options, std::shared_ptr<Credentials> credentials,
                  std::chrono::milliseconds limit);
  ~BlockSubmission();

  /// submitblock, and then a look at the chain: there are nodes that take a block that lost against another of its
  /// height without a word, and answers that leave the matter open (duplicate, inconclusive, none at all).
  /// `on_taken` runs as soon as the node has taken the block; true from it makes the look unnecessary.
  boost::asio::awaitable<work::BlockOutcome> submit(work::FoundBlock block, std::optional<std::string> work_id,
                                                    std::function<boost::asio::awaitable<bool>()> on_taken);

  /// See work::BlockSink::find_block().
  boost::asio::awaitable<std::optional<work::BlockPlace>> find_block(chain::Hash256 hash, std::uint32_t height);

  /// Opens the connection that the next block will take, if it is not open.
  boost::asio::awaitable<void> warm_up();

  /// Ends a warm_up() in progress; submissions go on.
  void stop_warming() noexcept;

 private:
  class Lease;
  Lease lease();
  /// For a block that is not in the best chain.
  boost::asio::awaitable<std::optional<work::BlockPlace>> look_in_branches(RpcClient& client, chain::Hash256 hash);
  /// submitblock and what its answer means; nothing where the node has taken the block.
  boost::asio::awaitable<std::optional<work::BlockOutcome>> send(const work::FoundBlock& block,
                                                                 const std::optional<std::string>& work_id);
  /// What became of a block about which the answer to submitblock leaves doubt. `otherwise`: what to say where the node
  /// does not tell; the block is then asked for again.
  boost::asio::awaitable<work::BlockOutcome> locate(RpcClient& client, const work::FoundBlock& block,
                                                    work::BlockOutcome otherwise);
  /// For a block that the node holds for valid: kAccepted if it stands at its height of the best chain, kStale if
  /// another one does, `cannot_ask` if the node has no call that tells, `otherwise` if it does not tell now.
  boost::asio::awaitable<work::BlockOutcome> place_in_chain(RpcClient& client, const work::FoundBlock& block,
                                                            work::BlockOutcome cannot_ask,
                                                            work::BlockOutcome otherwise);

  boost::asio::any_io_executor executor_;
  RpcOptions options_;
  std::shared_ptr<Credentials> credentials_;
  std::chrono::milliseconds limit_;
  std::vector<std::unique_ptr<RpcClient>> idle_;
  RpcClient* warming_ = nullptr;
};

}  // namespace lode::node
