// A chain whose clocks stand still unless a test moves them, and whose first blocks take two hashes.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>

#include "host/node/dev_chain.h"
#include "tests/node/dev_miner.h"

namespace lode::test {

struct FakeClock {
  std::chrono::steady_clock::time_point steady{std::chrono::hours(1)};
  std::uint32_t unix_seconds = 1'700'000'000;

  void advance(double seconds) {
    steady += std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
  }
};

class DevChainTest : public testing::Test {
 protected:
  node::DevChainOptions options() {
    node::DevChainOptions options;
    options.payout_script = {0x51};
    options.start_hashes = 2;
    options.coinbase_maturity = 2;
    options.steady_now = [this] { return clock_.steady; };
    options.unix_now = [this] { return clock_.unix_seconds; };
    return options;
  }

  std::unique_ptr<node::DevChain> make(node::DevChainOptions options) {
    auto chain = node::DevChain::create(io_.get_executor(), std::move(options), Log());
    if (!chain) throw std::runtime_error(chain.error().message());
    return std::move(*chain);
  }

  /// A second goes by and the next block is found, so that the difficulty stays where it is.
  work::BlockOutcome mine_next(node::DevChain& chain) {
    clock_.advance(2);
    ++clock_.unix_seconds;
    return chain.judge(mine(*chain.make_template(true).value()));
  }

  boost::asio::io_context io_;
  FakeClock clock_;
};

/// Spends output 0 of `from` to one anyone-can-spend output.
inline chain::Transaction spend(const chain::Transaction& from, std::uint64_t value, bool witness = false) {
  chain::Transaction transaction;
  transaction.inputs.resize(1);
  transaction.inputs[0].previous = {from.txid(), 0};
  if (witness) transaction.inputs[0].witness = {{1, 2, 3}};
  transaction.outputs = {{value, {0x51}}};
  return transaction;
}

}  // namespace lode::test
