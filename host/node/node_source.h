// Mines on a Bitcoin node: takes templates by getblocktemplate (BIP22, BIP23, BIP145) and hands blocks in by
// submitblock.
//
// Everything happens on the io thread (that of the executor). The object must outlive the coroutines it returned.
// stop() ends run(); submissions in progress go on, each bounded in time, and blocks may be submitted when run() has
// ended.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "host/base/log.h"
#include "host/node/node_options.h"
#include "host/work/sink.h"
#include "host/work/source.h"

namespace lode::node {

class NodeSource final : public work::WorkSource, public work::BlockSink {
 public:
  NodeSource(boost::asio::any_io_executor executor, NodeOptions options, Log log);
  ~NodeSource() override;
  NodeSource(const NodeSource&) = delete;
  NodeSource& operator=(const NodeSource&) = delete;

  /// Of the source and the sink alike: "127.0.0.1:8332".
  [[nodiscard]] const std::string& name() const noexcept override;

  /// Returns on stop(); for a refused password or TLS certificate that never worked; for an address of another network,
  /// signet, or a rule that is not known. Everything else is tried again.
  boost::asio::awaitable<Error> run(work::SourceListener& listener) override;
  /// Ends the run() there is, or else the next one as soon as it begins.
  void stop() noexcept override;

  [[nodiscard]] bool outlives_process() const noexcept override { return true; }
  boost::asio::awaitable<work::BlockOutcome> submit_block(work::FoundBlock block) override;
  boost::asio::awaitable<std::optional<work::BlockPlace>> find_block(chain::Hash256 hash,
                                                                     std::uint32_t height) override;

  [[nodiscard]] NodeCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode::node
