#include "host/node/dev_chain.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "host/base/endian.h"
#include "host/chain/check.h"
#include "host/chain/consensus.h"
#include "host/chain/witness_commitment.h"
#include "host/node/template_builder.h"

namespace lode::node {
namespace {

namespace asio = boost::asio;
using work::BlockOutcome;

/// The chain begins on regtest's genesis block, so that heights, addresses and times are of a known network.
DevBlock genesis() {
  return {
      .hash = chain::Hash256::from_display("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206").value(),
      .height = 0,
      .time = 1'296'688'602,
      .bits = 0x207fffff};
}

Bytes random_session() {
  std::random_device random;
  const auto bytes = le_bytes<std::uint32_t>(random());
  return Bytes(bytes.begin(), bytes.end());
}

std::uint32_t system_unix_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

DevChainOptions with_clocks(DevChainOptions options) {
  if (!options.steady_now) options.steady_now = [] { return std::chrono::steady_clock::now(); };
  if (!options.unix_now) options.unix_now = system_unix_time;
  options.block_interval = std::max(options.block_interval, std::chrono::milliseconds(1));
  options.refresh_interval = std::max(options.refresh_interval, std::chrono::milliseconds(1));
  options.halving_interval = std::max(options.halving_interval, 1U);
  return options;
}

}  // namespace

Result<std::unique_ptr<DevChain>> DevChain::create(const asio::any_io_executor& executor, DevChainOptions options,
                                                   Log log) {
  std::unique_ptr<DevChain> chain(new DevChain(executor, with_clocks(std::move(options)), std::move(log)));
  if (auto first = chain->make_template(true); !first) return first.error();
  return chain;
}

DevChain::DevChain(const asio::any_io_executor& executor, DevChainOptions options, Log log)
    : options_(std::move(options)),
      log_(std::move(log)),
      timer_(executor),
      retarget_(options_.block_interval, options_.start_hashes),
      mempool_(ledger_),
      recent_{genesis()},
      tip_since_(options_.steady_now()),
      session_(random_session()) {}

asio::awaitable<Error> DevChain::run(work::SourceListener& listener) {
  if (running_) co_return fail(Errc::kUnsupported, options_.name + " has a listener already");
  co_await asio::this_coro::throw_if_cancelled(false);
  struct Running {
    DevChain& chain;
    explicit Running(DevChain& chain_in) : chain(chain_in) { chain.running_ = true; }
    ~Running() { chain.running_ = chain.stop_requested_ = false; }
  } const running(*this);

  tip_since_ = options_.steady_now();  // while nobody listened nobody could find anything
  if (!stop_requested_) listener.on_connected(*this);
  bool clean = true;
  while (!stop_requested_) {
    tip_changed_ = false;
    const auto work = make_template(clean);
    if (!work) co_return work.error();
    listener.on_work(*this, *work);
    if (stop_requested_) break;
    if (!tip_changed_) {
      timer_.expires_after(options_.refresh_interval);
      co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) break;
    clean = tip_changed_;
  }
  co_return fail(Errc::kCancelled, options_.name + ": stopped");
}

void DevChain::stop() noexcept {
  stop_requested_ = true;
  timer_.cancel();
}

asio::awaitable<BlockOutcome> DevChain::submit_block(work::FoundBlock block) {
  if (!block.serialized) co_return refuse(fail(Errc::kMalformed, "no block"));
  co_return judge(*block.serialized);
}

Result<void> DevChain::add_transaction(chain::Transaction transaction) {
  return mempool_.add(std::move(transaction), ledger_context());
}

Result<std::shared_ptr<const work::WorkTemplate>> DevChain::make_template(bool clean) {
  BlockParts parts;
  parts.source = options_.name;
  parts.height = tip().height + 1;
  parts.clean = clean;
  parts.version = options_.version;
  parts.version_mask = options_.version_mask;
  parts.previous_block = tip().hash;
  parts.time = header_time();
  parts.time_roll_limit = options_.time_roll_limit;
  parts.bits = issue_bits();
  parts.coinbase_value = chain::block_subsidy(parts.height, options_.halving_interval);
  parts.payout_script = options_.payout_script;
  parts.coinbase_text = options_.coinbase_text;

  auto body = std::make_shared<work::BlockBody>();
  std::vector<chain::Hash256> wtxids;
  for (const DevMempoolEntry* entry : mempool_.select()) {
    parts.coinbase_value += entry->fee;
    parts.txids.push_back(entry->txid);
    wtxids.push_back(entry->wtxid);
    entry->transaction.serialize_to(body->transactions);
  }
  body->transaction_count = parts.txids.size();
  body->coinbase_has_witness = true;
  parts.body = std::move(body);
  parts.witness_commitment_script = chain::witness_commitment_script(chain::witness_commitment(wtxids));

  parts.extranonce1 = session_;
  append(parts.extranonce1, le_bytes(++template_count_));
  parts.extranonce2_size = options_.extranonce2_size;
  ++counters_.templates;
  return build_template(std::move(parts));
}

BlockOutcome DevChain::judge(ByteView serialized) {
  const auto block = chain::Block::parse(serialized);
  if (!block) return refuse(fail(Errc::kMalformed, "decode-failed: " + block.error().message()));
  const chain::Hash256 hash = block->header.hash();
  const auto in_chain = [this](const chain::Hash256& wanted) {
    return std::any_of(recent_.begin(), recent_.end(), [&](const DevBlock& known) { return known.hash == wanted; });
  };
  if (in_chain(hash)) {
    ++counters_.duplicates;
    return {BlockOutcome::Kind::kAccepted, "", "duplicate: the block is in the chain already"};
  }
  if (block->header.previous_block != tip().hash) {
    if (auto checked = chain::check_block(*block); !checked) return refuse(checked.error());
    if (!in_chain(block->header.previous_block)) {
      return refuse(fail(Errc::kInvalidBlock, "prev-blk-not-found: it builds on " +
                                                  block->header.previous_block.to_display() + ", which is unknown"));
    }
    ++counters_.stale;
    return {BlockOutcome::Kind::kStale, "inconclusive", "another block came first at this height"};
  }
  DevLedgerView view(ledger_);
  if (auto checked = check_context(*block, view); !checked) return refuse(checked.error());
  extend_tip(*block, hash, std::move(view));
  return {BlockOutcome::Kind::kAccepted, "", ""};
}

Result<void> DevChain::check_context(const chain::Block& block, DevLedgerView& view) {
  const std::uint32_t current = issue_bits();
  const bool issued = std::find(issued_bits_.begin(), issued_bits_.end(), block.header.bits) != issued_bits_.end();
  chain::BlockContext context;
  context.previous_block = tip().hash;
  context.height = tip().height + 1;
  context.bits = issued ? block.header.bits : current;
  context.median_time_past = median_time_past();
  context.max_time = header_time() + chain::kMaxFutureSeconds;
  if (auto checked = chain::check_block(block, {}, context); !checked) return checked;

  const DevLedgerContext rules = ledger_context();
  std::uint64_t fees = 0;
  for (std::size_t i = 1; i < block.transactions.size(); ++i) {
    const auto fee = view.spend(block.transactions[i], rules);
    if (!fee) return fee.error();
    fees += *fee;
    if (fees > chain::kMaxMoney) {
      return fail(Errc::kInvalidBlock, "bad-txns-accumulated-fee-outofrange: fees of over 21 million bitcoin");
    }
  }
  const std::uint64_t allowed = chain::block_subsidy(context.height, options_.halving_interval) + fees;
  std::uint64_t claimed = 0;
  for (const chain::TxOut& output : block.transactions.front().outputs) {
    if (output.value > chain::kMaxMoney || (claimed += output.value) > allowed) {
      return fail(Errc::kInvalidBlock, "bad-cb-amount: the coinbase pays more than the " + std::to_string(allowed) +
                                           " satoshi of subsidy and fees");
    }
  }
  view.add_coinbase(block.transactions.front(), context.height);
  return {};
}

void DevChain::extend_tip(const chain::Block& block, const chain::Hash256& hash, DevLedgerView view) {
  const auto target = chain::Target::from_bits(block.header.bits);
  retarget_.on_block(target ? target->expected_hashes() : DevRetarget::kMinHashes, since_tip());
  std::move(view).commit(ledger_);
  recent_.push_back({hash, tip().height + 1, block.header.time, block.header.bits});
  if (recent_.size() > kRememberedBlocks) recent_.pop_front();
  issued_bits_.clear();
  tip_since_ = options_.steady_now();
  mempool_.on_ledger_changed(ledger_context());
  ++counters_.accepted;
  log_.debug("block {} at height {}, next bits {:08x}", hash.to_display(), tip().height, retarget_.bits());
  tip_changed_ = true;
  timer_.cancel();
}

BlockOutcome DevChain::refuse(const Error& error) {
  ++counters_.rejected;
  const std::string message = error.message();
  log_.debug("block refused: {}", message);
  return {BlockOutcome::Kind::kRejected, message.substr(0, message.find(':')), message};
}

DevRetarget::Seconds DevChain::since_tip() const {
  return options_.steady_now() - tip_since_;
}

std::uint32_t DevChain::median_time_past() const {
  std::vector<std::uint32_t> times;
  const std::size_t count = std::min(recent_.size(), chain::kMedianTimeSpan);
  for (std::size_t i = recent_.size() - count; i < recent_.size(); ++i)
    times.push_back(recent_[i].time);
  return chain::median_time_past(times);
}

std::uint32_t DevChain::header_time() const {
  return std::max(options_.unix_now(), median_time_past() + 1);
}

DevLedgerContext DevChain::ledger_context() const {
  return {.height = tip().height + 1, .median_time_past = median_time_past(), .maturity = options_.coinbase_maturity};
}

std::uint32_t DevChain::issue_bits() {
  const std::uint32_t bits = retarget_.bits(since_tip());
  if (std::find(issued_bits_.begin(), issued_bits_.end(), bits) == issued_bits_.end()) issued_bits_.push_back(bits);
  return bits;
}

}  // namespace lode::node
