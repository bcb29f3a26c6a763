// How long a new tip takes from the node's longpoll reply to the first hash of the new work, through everything that is
// between: HTTP, JSON, merkle branch, scheduler, mailbox, worker. One line for each part, p50 and p99.
//
//   new_tip [TIPS] [TRANSACTIONS] [THREADS]      defaults 500, 1000 and the number of processors less one
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

#include "bench/scripted_node.h"
#include "bench/series.h"
#include "host/device/cpu_device.h"
#include "host/engine/engine.h"
#include "host/node/node_source.h"
#include "kernels/cpu/registry.h"

namespace {

namespace asio = boost::asio;
using lode::bench::Series;
using Clock = std::chrono::steady_clock;

/// Only trouble is worth a line: without a source there is nothing to measure.
struct Troubles final : lode::engine::EventListener {
  void on_event(const lode::engine::Event& event) override {
    if (const auto* lost = std::get_if<lode::engine::SourceLost>(&event)) {
      fmt::print(stderr, "{}: {}\n", lost->source, lost->reason);
    }
  }
};

/// When the first hash of the newest work was computed, by whichever worker was first.
class FirstHash {
 public:
  void seen(std::uint64_t generation, Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    if (generation <= generation_) return;
    generation_ = generation;
    at_ = at;
  }
  [[nodiscard]] std::pair<std::uint64_t, Clock::time_point> latest() const {
    const std::lock_guard lock(mutex_);
    return {generation_, at_};
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  Clock::time_point at_;
};

asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, unsigned long fallback) {
    return argc > index ? std::strtoul(argv[index], nullptr, 10) : fallback;
  };
  const unsigned long tips = std::max(argument(1, 500), 1UL);
  const unsigned long transactions = argument(2, 1000);
  const unsigned processors = std::thread::hardware_concurrency();
  const unsigned long threads = argument(3, processors > 1 ? processors - 1 : 1);

  lode::bench::ScriptedNode node(transactions);
  asio::io_context context;
  lode::node::NodeOptions options;
  options.host = "127.0.0.1";
  options.port = node.port();
  options.user = "x";
  options.password = "x";
  options.payout_address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
  lode::node::NodeSource source(context.get_executor(), options, lode::Log());

  Troubles events;
  FirstHash first_hash;
  lode::engine::EngineParts parts;
  parts.sources = {&source};
  parts.sinks = {&source};
  for (unsigned long i = 0; i < threads; ++i) {
    parts.devices.push_back(std::make_unique<lode::device::CpuDevice>(lode::kernels::best_kernel()));
  }
  parts.listener = &events;
  parts.first_scan = [&](auto generation, auto at) { first_hash.seen(generation, at); };
  lode::engine::Engine engine(context.get_executor(), {}, std::move(parts), lode::Log());

  Series parse{"reply complete -> work published", {}};
  Series handed{"work published -> first hash", {}};
  Series total{"reply complete -> first hash", {}};
  Series wire{"node's last write returned -> first hash", {}};
  const auto drive = [&]() -> asio::awaitable<void> {
    while (tips > total.microseconds.size()) {
      while (!node.longpoll_waits())
        co_await pause(std::chrono::milliseconds(1));
      co_await pause(std::chrono::milliseconds(20));  // checks of the template before, behind its publication
      const auto before = first_hash.latest().first;
      const auto published = source.counters().last_published;
      Clock::time_point sent;
      std::atomic<bool> announced{false};
      std::thread announcing([&] {
        sent = node.announce_tip();
        announced = true;
      });
      while (!announced || first_hash.latest().first == before || source.counters().last_published == published) {
        co_await pause(std::chrono::milliseconds(1));
      }
      announcing.join();
      const auto counters = source.counters();
      const auto hashed = first_hash.latest().second;
      parse.add(counters.last_published - counters.last_reply_complete);
      handed.add(hashed - counters.last_published);
      total.add(hashed - counters.last_reply_complete);
      wire.add(hashed - sent);
    }
    engine.stop();
  };

  std::exception_ptr failure;
  const auto keep = [&](std::exception_ptr e) {
    if (e) failure = e;
  };
  asio::co_spawn(
      context, [&]() -> asio::awaitable<void> { co_await engine.run(); }, keep);
  asio::co_spawn(context, drive, keep);
  context.run();
  if (failure) std::rethrow_exception(failure);

  fmt::print("{} tips, templates of {} transactions and {} bytes, {} worker thread{} ({})\n", tips, transactions,
             node.template_bytes(), threads, threads == 1 ? "" : "s", lode::kernels::best_kernel().name);
  for (Series* series : {&parse, &handed, &total, &wire})
    series->print();
  return 0;
}
