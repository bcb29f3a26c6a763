// The embedded development chain: a network of its own inside the process, so that everything from the template to the
// accepted block can be tried, measured and demonstrated without a node. It gives work and judges blocks by Bitcoin's
// rules.
//
// What holds: proof of work against the demanded bits, merkle root, BIP34 height, subsidy with halvings and fees,
// witness commitment, weight, signature operations, median time past, future time, unspent outputs, coinbase maturity,
// lock times. What does not: scripts and relative lock times are not verified, and there are no reorganisations: the
// first block seen at a height stays, a competitor is stale. The chain lives in memory and ends with the object.
//
// The difficulty follows the hash rate to about one block a second (dev_retarget.h). Templates of one tip may ask for
// different bits; a block is held to those of any template issued on its parent.
//
// Everything happens on the io thread (that of the executor). The object must outlive the coroutines it returned.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/log.h"
#include "host/base/result.h"
#include "host/chain/block.h"
#include "host/chain/hash256.h"
#include "host/chain/transaction.h"
#include "host/node/dev_ledger.h"
#include "host/node/dev_mempool.h"
#include "host/node/dev_retarget.h"
#include "host/work/sink.h"
#include "host/work/source.h"

namespace lode::node {

struct DevChainOptions {
  std::string name = "embedded chain";
  Bytes payout_script;  ///< as of a regtest address; must not be empty
  std::string coinbase_text;
  std::uint32_t version = 0x20000000;
  std::uint32_t version_mask = 0x1fffe000;  ///< BIP320; 0: no rolling
  std::size_t extranonce2_size = 8;
  std::uint32_t time_roll_limit = 600;  ///< seconds

  double start_hashes = 1024;                         ///< what the first block takes on average
  std::chrono::milliseconds block_interval{1'000};    ///< aimed at; 1 ms or more
  std::chrono::milliseconds refresh_interval{2'000};  ///< new template for time and transactions; 1 ms or more
  std::uint32_t halving_interval = 210'000;           ///< blocks
  std::uint32_t coinbase_maturity = 100;              ///< blocks

  /// Clocks, for tests. Empty: the system's.
  std::function<std::chrono::steady_clock::time_point()> steady_now;
  std::function<std::uint32_t()> unix_now;  ///< seconds since 1970
};

struct DevBlock {
  chain::Hash256 hash;
  std::uint32_t height = 0;
  std::uint32_t time = 0;
  std::uint32_t bits = 0;
};

struct DevChainCounters {
  std::uint64_t templates = 0;
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t stale = 0;
  std::uint64_t rejected = 0;
};

class DevChain final : public work::WorkSource, public work::BlockSink {
 public:
  /// How many blocks back a late block or a duplicate is recognised.
  static constexpr std::size_t kRememberedBlocks = 1'000;

  /// Errors: kOutOfRange for options that give no valid template, such as a text that is too long.
  static Result<std::unique_ptr<DevChain>> create(const boost::asio::any_io_executor& executor, DevChainOptions options,
                                                  Log log);
  DevChain(const DevChain&) = delete;
  DevChain& operator=(const DevChain&) = delete;

  /// Of the source and the sink alike.
  [[nodiscard]] const std::string& name() const noexcept override { return options_.name; }

  /// May be run again after it ended; the chain goes on where it was.
  boost::asio::awaitable<Error> run(work::SourceListener& listener) override;

  /// Ends the run() there is, or else the next one as soon as it begins.
  void stop() noexcept override;

  [[nodiscard]] bool outlives_process() const noexcept override { return false; }

  /// As judge().
  boost::asio::awaitable<work::BlockOutcome> submit_block(work::FoundBlock block) override;

  /// Takes a serialised block or says why not: accepted (also when it was before, `detail` then says "duplicate");
  /// stale with reason "inconclusive", valid in itself on a block that has a successor; rejected with Bitcoin's reject
  /// string, "prev-blk-not-found" or "decode-failed". An accepted block makes run() offer new work at once.
  work::BlockOutcome judge(ByteView serialized);

  /// Puts a transaction into the coming templates. Errors: as DevMempool::add.
  Result<void> add_transaction(chain::Transaction transaction);

  /// The work that run() would hand out now. Errors: as build_template.
  Result<std::shared_ptr<const work::WorkTemplate>> make_template(bool clean);

  [[nodiscard]] const DevBlock& tip() const noexcept { return recent_.back(); }
  [[nodiscard]] std::uint32_t median_time_past() const;
  [[nodiscard]] const DevLedger& ledger() const noexcept { return ledger_; }
  [[nodiscard]] std::size_t waiting_transactions() const noexcept { return mempool_.size(); }
  [[nodiscard]] const DevChainCounters& counters() const noexcept { return counters_; }

 private:
  DevChain(const boost::asio::any_io_executor& executor, DevChainOptions options, Log log);

  [[nodiscard]] DevRetarget::Seconds since_tip() const;
  [[nodiscard]] std::uint32_t header_time() const;
  [[nodiscard]] DevLedgerContext ledger_context() const;
  std::uint32_t issue_bits();
  Result<void> check_context(const chain::Block& block, DevLedgerView& view);
  void extend_tip(const chain::Block& block, const chain::Hash256& hash, DevLedgerView view);
  work::BlockOutcome refuse(const Error& error);

  DevChainOptions options_;
  Log log_;
  boost::asio::steady_timer timer_;
  bool running_ = false;
  bool stop_requested_ = false;
  bool tip_changed_ = false;  ///< since the last template that run() handed out

  DevRetarget retarget_;
  DevLedger ledger_;
  DevMempool mempool_;                      ///< refers to ledger_
  std::deque<DevBlock> recent_;             ///< the best chain's end, newest last; never empty
  std::vector<std::uint32_t> issued_bits_;  ///< of the templates on this tip
  std::chrono::steady_clock::time_point tip_since_;
  Bytes session_;  ///< first part of every extranonce1
  std::uint32_t template_count_ = 0;
  DevChainCounters counters_;
};

}  // namespace lode::node
