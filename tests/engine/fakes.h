// Sources and sinks that do as the test says: real ones do not fail on demand.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/engine/events.h"
#include "host/work/sink.h"
#include "host/work/source.h"

namespace lode::engine {

/// A source that only runs: the test speaks to its listener.
class FakeSource final : public work::WorkSource {
 public:
  FakeSource(std::string name, const boost::asio::any_io_executor& executor)
      : name_(std::move(name)), ended_(executor, boost::asio::steady_timer::time_point::max()) {}

  const std::string& name() const noexcept override { return name_; }

  boost::asio::awaitable<Error> run(work::SourceListener& to) override {
    listener = &to;
    if (on_run) on_run();
    while (!end)
      co_await ended_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return *end;
  }

  void stop() noexcept override { finish({Errc::kCancelled, "stopped"}); }

  void submit_share(const work::Share& share) override {
    shares.push_back(share);
    if (on_share) on_share(share);
  }

  void note_node_tip(std::uint32_t height, const chain::Hash256& previous_block) override {
    tips.emplace_back(height, previous_block);
  }

  /// Makes run() return.
  void finish(Error reason) {
    if (!end) end = std::move(reason);
    ended_.cancel();
  }

  work::SourceListener* listener = nullptr;
  std::function<void()> on_run;
  std::vector<work::Share> shares;
  std::function<void(const work::Share&)> on_share;
  std::vector<std::pair<std::uint32_t, chain::Hash256>> tips;  ///< of the node, as they were told
  std::optional<Error> end;

 private:
  std::string name_;
  boost::asio::steady_timer ended_;
};

/// Answers with the outcomes it was given, in order; the last one for ever.
class FakeSink final : public work::BlockSink {
 public:
  using Kind = work::BlockOutcome::Kind;

  explicit FakeSink(std::string name, bool durable = true) : name_(std::move(name)), durable_(durable) {}

  const std::string& name() const noexcept override { return name_; }
  bool outlives_process() const noexcept override { return durable_; }

  boost::asio::awaitable<work::BlockOutcome> submit_block(work::FoundBlock block) override {
    received.push_back(block);
    if (on_submit) on_submit(block);
    if (judge) co_return judge(block);
    work::BlockOutcome outcome = outcomes.front();
    if (outcomes.size() > 1) outcomes.pop_front();
    co_return outcome;
  }

  boost::asio::awaitable<std::optional<work::BlockPlace>> find_block(chain::Hash256 hash,
                                                                     std::uint32_t /*height*/) override {
    ++looks;
    if (!lacks) co_return std::nullopt;
    if (lacks->contains(hash)) co_return work::BlockPlace::kNowhere;
    co_return branch.contains(hash) ? work::BlockPlace::kBranch : work::BlockPlace::kBestChain;
  }

  std::optional<std::set<chain::Hash256>> lacks = std::set<chain::Hash256>{};  ///< nothing: it does not tell
  std::set<chain::Hash256> branch;                                             ///< what it has there
  int looks = 0;

  std::deque<work::BlockOutcome> outcomes{{.kind = Kind::kAccepted, .reason = "", .detail = ""}};
  std::vector<work::FoundBlock> received;
  std::function<void(const work::FoundBlock&)> on_submit;
  std::function<work::BlockOutcome(const work::FoundBlock&)> judge;  ///< instead of `outcomes`

 private:
  std::string name_;
  bool durable_;
};

class RecordedEvents final : public EventListener {
 public:
  void on_event(const Event& event) override {
    events.push_back(event);
    if (on_any) on_any(event);
  }

  template <class T>
  [[nodiscard]] std::vector<T> of() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
    }
    return found;
  }

  std::vector<Event> events;
  std::function<void(const Event&)> on_any;
};

}  // namespace lode::engine
