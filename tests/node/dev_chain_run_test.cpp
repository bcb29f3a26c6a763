// The embedded chain as a source and a sink on an io thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <functional>
#include <optional>

#include "host/node/dev_chain.h"
#include "tests/node/dev_chain_fixture.h"

namespace lode::node {
namespace {

namespace asio = boost::asio;
using Kind = work::BlockOutcome::Kind;

class Listener : public work::SourceListener {
 public:
  void on_connected(work::WorkSource&) override { ++connected; }
  void on_work(work::WorkSource&, std::shared_ptr<const work::WorkTemplate> work) override {
    EXPECT_GT(connected, 0) << "work before the connection";
    templates.push_back(work);
    if (action) action(*work);
  }
  void on_withdrawn(work::WorkSource&, const Error& reason) override { ADD_FAILURE() << reason.message(); }
  void on_share(work::WorkSource&, const work::ShareOutcome&) override { ADD_FAILURE() << "nobody sent a share"; }
  void on_lost(work::WorkSource&, const Error& reason) override { ADD_FAILURE() << reason.message(); }

  int connected = 0;
  std::vector<std::shared_ptr<const work::WorkTemplate>> templates;
  std::function<void(const work::WorkTemplate&)> action;
};

class DevChainRun : public test::DevChainTest {
 protected:
  /// Starts run() and puts what it says into the result, once io_ ran.
  void start(DevChain& chain, Listener& listener, std::optional<Error>& ended) {
    asio::co_spawn(io_, chain.run(listener), [&ended](const std::exception_ptr& thrown, Error error) {
      EXPECT_EQ(thrown, nullptr);
      ended = std::move(error);
    });
  }

  void submit(DevChain& chain, const work::WorkTemplate& work, std::vector<work::BlockOutcome>& outcomes) {
    work::FoundBlock block;
    block.serialized = std::make_shared<const Bytes>(test::mine(work));
    asio::co_spawn(io_, chain.submit_block(block),
                   [&outcomes](const std::exception_ptr& thrown, work::BlockOutcome outcome) {
                     EXPECT_EQ(thrown, nullptr);
                     outcomes.push_back(std::move(outcome));
                   });
  }
};

TEST_F(DevChainRun, OffersNewWorkAtOnceAfterEveryBlock) {
  auto wanted = options();
  wanted.refresh_interval = std::chrono::hours(1);  // so that only blocks bring new work
  const auto chain = make(wanted);
  Listener listener;
  std::vector<work::BlockOutcome> outcomes;
  listener.action = [&](const work::WorkTemplate& work) {
    EXPECT_TRUE(work.clean);
    EXPECT_EQ(work.previous_block, chain->tip().hash);
    if (work.height == 6) return chain->stop();
    clock_.advance(2);
    submit(*chain, work, outcomes);
  };
  std::optional<Error> ended;
  start(*chain, listener, ended);
  io_.run();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->is(Errc::kCancelled));
  ASSERT_EQ(outcomes.size(), 5U);
  for (const auto& outcome : outcomes)
    EXPECT_EQ(outcome.kind, Kind::kAccepted) << outcome.detail;
  EXPECT_EQ(listener.templates.size(), 6U);
  EXPECT_EQ(listener.connected, 1);
}

TEST_F(DevChainRun, RefreshesTimeAndTransactions) {
  auto wanted = options();
  wanted.refresh_interval = std::chrono::milliseconds(1);
  const auto chain = make(wanted);
  const auto first = chain::Block::parse(test::mine(*chain->make_template(true).value())).value();
  ASSERT_EQ(chain->judge(first.serialize()).kind, Kind::kAccepted);
  ASSERT_EQ(mine_next(*chain).kind, Kind::kAccepted);
  Listener listener;
  listener.action = [&](const work::WorkTemplate&) {
    ++clock_.unix_seconds;
    if (listener.templates.size() == 2) {
      EXPECT_TRUE(chain->add_transaction(test::spend(first.transactions[0], 7)));
    }
    if (listener.templates.size() == 4) chain->stop();
  };
  std::optional<Error> ended;
  start(*chain, listener, ended);
  io_.run();
  ASSERT_EQ(listener.templates.size(), 4U);
  EXPECT_TRUE(listener.templates[0]->clean);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_FALSE(listener.templates[i]->clean) << "older work on this tip stays good";
    EXPECT_EQ(listener.templates[i]->time, listener.templates[i - 1]->time + 1);
  }
  EXPECT_EQ(listener.templates[1]->body->transaction_count, 0U);
  EXPECT_EQ(listener.templates[3]->body->transaction_count, 1U);
  EXPECT_EQ(chain->judge(test::mine(*listener.templates[0])).kind, Kind::kAccepted);
}

TEST_F(DevChainRun, RunsAgainWhereItWas) {
  const auto chain = make(options());
  for (std::uint32_t round = 1; round <= 3; ++round) {
    Listener listener;
    std::vector<work::BlockOutcome> outcomes;
    listener.action = [&](const work::WorkTemplate& work) {
      if (work.height == round) {
        clock_.advance(2);
        submit(*chain, work, outcomes);
      } else {
        chain->stop();
        chain->stop();
      }
    };
    std::optional<Error> ended;
    start(*chain, listener, ended);
    io_.run();
    io_.restart();
    ASSERT_TRUE(ended);
    EXPECT_EQ(chain->tip().height, round);
    EXPECT_EQ(listener.connected, 1);
  }
}

TEST_F(DevChainRun, StopBeforeTheStartIsNotLost) {
  const auto chain = make(options());
  Listener listener;
  std::optional<Error> ended;
  start(*chain, listener, ended);
  chain->stop();
  io_.run();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->is(Errc::kCancelled));
  EXPECT_TRUE(listener.templates.empty());
}

TEST_F(DevChainRun, StopsWhileItWaits) {
  auto wanted = options();
  wanted.refresh_interval = std::chrono::hours(1);
  const auto chain = make(wanted);
  Listener listener;
  listener.action = [&](const work::WorkTemplate&) { asio::post(io_, [&] { chain->stop(); }); };
  std::optional<Error> ended;
  start(*chain, listener, ended);
  io_.run();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->is(Errc::kCancelled));
}

TEST_F(DevChainRun, ObeysCancellation) {
  auto wanted = options();
  wanted.refresh_interval = std::chrono::hours(1);
  const auto chain = make(wanted);
  Listener listener;
  asio::cancellation_signal signal;
  listener.action = [&](const work::WorkTemplate&) {
    asio::post(io_, [&] { signal.emit(asio::cancellation_type::terminal); });
  };
  std::optional<Error> ended;
  asio::co_spawn(io_, chain->run(listener),
                 asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& thrown, Error error) {
                   EXPECT_EQ(thrown, nullptr);
                   ended = std::move(error);
                 }));
  io_.run();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->is(Errc::kCancelled));
}

TEST_F(DevChainRun, HasOneListenerAtATime) {
  const auto chain = make(options());
  Listener first;
  Listener second;
  std::optional<Error> first_ended;
  std::optional<Error> second_ended;
  first.action = [&](const work::WorkTemplate&) { asio::post(io_, [&] { chain->stop(); }); };
  start(*chain, first, first_ended);
  start(*chain, second, second_ended);
  io_.run();
  ASSERT_TRUE(first_ended && second_ended);
  EXPECT_TRUE(first_ended->is(Errc::kCancelled));
  EXPECT_TRUE(second_ended->is(Errc::kUnsupported));
  EXPECT_EQ(second.connected, 0);
}

TEST_F(DevChainRun, AnEmptySubmissionIsRefused) {
  const auto chain = make(options());
  std::optional<work::BlockOutcome> outcome;
  asio::co_spawn(io_, chain->submit_block({}),
                 [&](const std::exception_ptr&, work::BlockOutcome said) { outcome = std::move(said); });
  io_.run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::kRejected);
}

}  // namespace
}  // namespace lode::node
