// A getblocktemplate source with a FakeNode, and what it told.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "host/base/log.h"
#include "host/node/node_source.h"
#include "host/work/block_assembly.h"
#include "host/work/header_builder.h"
#include "host/work/source.h"
#include "tests/node/fake_node.h"

namespace lode::test {

/// What a source tells.
class SourceRecorder final : public work::SourceListener {
 public:
  void on_connected(work::WorkSource&) override { ++connected; }
  void on_work(work::WorkSource&, std::shared_ptr<const work::WorkTemplate> work) override { works.push_back(work); }
  void on_withdrawn(work::WorkSource&, const Error& reason) override { withdrawn.push_back(reason); }
  void on_share(work::WorkSource&, const work::ShareOutcome&) override { ADD_FAILURE() << "nobody sent a share"; }
  void on_lost(work::WorkSource&, const Error& reason) override { lost.push_back(reason); }

  int connected = 0;
  std::vector<std::shared_ptr<const work::WorkTemplate>> works;
  std::vector<Error> withdrawn;
  std::vector<Error> lost;
};

/// A source with a node to talk to. Limits are far off unless a test makes them short.
class NodeSourceFixture : public testing::Test {
 protected:
  NodeSourceFixture() {
    options_.host = "127.0.0.1";
    options_.port = node_.port();
    options_.user = "u";
    options_.password = "secret";
    options_.payout_address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    options_.coinbase_text = "test";
    options_.times.connect = options_.times.write = options_.times.call = options_.times.propose =
        options_.times.submit = std::chrono::minutes(1);
    options_.times.poll = std::chrono::hours(1);
    options_.times.shortest = std::chrono::milliseconds(5);
    options_.times.confirm = std::chrono::milliseconds(20);
    options_.times.keep_warm = std::chrono::milliseconds(20);
    options_.times.backoff = {std::chrono::milliseconds(10), std::chrono::milliseconds(50)};
  }
  ~NodeSourceFixture() override { stop(); }

  void start() {
    source_.emplace(io_.get_executor(), options_, log_);
    run();
  }
  void run() {
    ended_.reset();
    boost::asio::co_spawn(io_, source_->run(listener_), [this](std::exception_ptr failure, Error error) {
      EXPECT_EQ(failure, nullptr);
      ended_ = std::move(error);
    });
  }
  void stop() {
    if (!source_) return;
    source_->stop();
    EXPECT_TRUE(run_until([this] { return ended_.has_value(); })) << "run() does not end";
  }
  bool run_until(const std::function<bool()>& done) { return test::run_until(io_, done); }
  bool works(std::size_t count) {
    return run_until([&] { return listener_.works.size() >= count; });
  }
  bool lost(std::size_t count = 1) {
    return run_until([&] { return listener_.lost.size() >= count; });
  }
  Error end_of_run() {
    EXPECT_TRUE(run_until([this] { return ended_.has_value(); })) << "run() goes on";
    return ended_.value_or(Error{});
  }

  work::FoundBlock mine(const work::WorkTemplate& work) {
    work::Roll roll{7, work.version, work.time, 0};
    while (!work.network_target.is_met_by(work::build_header(work, roll).hash()))
      ++roll.nonce;
    return work::assemble_block(work, roll).value();
  }
  work::BlockOutcome submit(const work::FoundBlock& block) {
    std::optional<work::BlockOutcome> outcome;
    boost::asio::co_spawn(io_, source_->submit_block(block), [&](std::exception_ptr failure, work::BlockOutcome got) {
      EXPECT_EQ(failure, nullptr);
      outcome = std::move(got);
    });
    EXPECT_TRUE(run_until([&] { return outcome.has_value(); })) << "submit_block() hangs";
    return outcome.value_or(work::BlockOutcome{});
  }

  boost::asio::io_context io_;
  FakeNode node_{io_};
  node::NodeOptions options_;
  SourceRecorder listener_;
  Log log_;
  std::optional<node::NodeSource> source_;
  std::optional<Error> ended_;
};

}  // namespace lode::test
