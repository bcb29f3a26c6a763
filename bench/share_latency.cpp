// How long a share takes from the device's result to the pool's socket, and a pool's new work, or a new difficulty for
// the work that runs, from the socket to the first hash under it, through everything that is between.
//
//   share_latency [JOBS] [DIFFICULTY] [THREADS]      defaults 500, 0.0002 and the number of processors less one
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/series.h"
#include "host/device/cpu_device.h"
#include "host/engine/engine.h"
#include "kernels/cpu/registry.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/message.h"
#include "stratum/v1/pool_source.h"
#include "stratum/v1/tcp_link.h"

namespace {

namespace asio = boost::asio;
namespace v1 = lode::stratum::v1;
using asio::ip::tcp;
using lode::bench::Series;
using Clock = std::chrono::steady_clock;

constexpr const char* kCoinb1 =
    "02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff120340d10c2f706f6f6c2f";
constexpr const char* kCoinb2 = "feffffff0100f2052a010000001600140102030405060708090a0b0c0d0e0f101112131400000000";

/// A pool that agrees to everything, on a thread of its own.
class TrustingPool {
 public:
  explicit TrustingPool(double difficulty)
      : difficulty_(difficulty), acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~TrustingPool() { thread_.join(); }
  TrustingPool(const TrustingPool&) = delete;
  TrustingPool& operator=(const TrustingPool&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] bool is_ready() const { return ready_; }

  /// Sends a job on another block; when its last byte was on the way.
  Clock::time_point announce() {
    const std::lock_guard lock(mutex_);
    ++jobs_;
    const std::string previous = fmt::format("{:064x}", jobs_);
    send(v1::encode_notification("mining.notify", {fmt::format("{:x}", jobs_), previous, kCoinb1, kCoinb2,
                                                   boost::json::array(10, boost::json::value(std::string(64, 'a'))),
                                                   "20000000", "1705dd01", "64658bd8", true}));
    return Clock::now();
  }

  /// Sends another difficulty, half of the first one or that again; when its last byte was on the way.
  Clock::time_point change_difficulty() {
    const std::lock_guard lock(mutex_);
    is_halved_ = !is_halved_;
    send(v1::encode_notification("mining.set_difficulty", {is_halved_ ? difficulty_ / 2 : difficulty_}));
    return Clock::now();
  }

 private:
  void send(const std::string& line) { asio::write(*socket_, asio::buffer(line + "\n")); }

  void serve() {
    socket_.emplace(acceptor_.accept());
    socket_->set_option(tcp::no_delay(true));
    v1::LineSplitter splitter;
    std::vector<char> bytes(65536);
    boost::system::error_code error;
    while (true) {
      const std::size_t size = socket_->read_some(asio::buffer(bytes), error);
      if (error) return;
      splitter.write({bytes.data(), size});
      const std::lock_guard lock(mutex_);
      while (const auto line = splitter.next().value()) {
        const auto message = v1::parse_message(*line).value();
        answer(std::get<v1::Request>(message));
      }
    }
  }

  void answer(const v1::Request& request) {
    boost::json::value result = true;
    if (request.method == "mining.configure") {
      result = {{"version-rolling", true}, {"version-rolling.mask", "1fffe000"}};
    } else if (request.method == "mining.subscribe") {
      result = boost::json::array{boost::json::array{}, "aabbccdd", 4};
    }
    send(v1::encode_result(request.id, result));
    if (request.method != "mining.authorize") return;
    send(v1::encode_notification("mining.set_difficulty", {difficulty_}));
    ready_ = true;
  }

  double difficulty_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::optional<tcp::socket> socket_;
  std::mutex mutex_;  ///< for what is sent
  std::uint64_t jobs_ = 0;
  bool is_halved_ = false;
  std::atomic<bool> ready_{false};
  std::thread thread_;
};

/// When shares that are being submitted reached the host, oldest first. Io thread.
struct Candidates {
  std::deque<Clock::time_point> found;
  Series* series = nullptr;
};

/// Notes when a share's bytes were taken by the system.
class TimedLink final : public v1::PoolLink {
 public:
  TimedLink(std::unique_ptr<v1::PoolLink> link, Candidates& candidates)
      : link_(std::move(link)), candidates_(candidates) {}

  asio::awaitable<lode::Result<void>> connect() override { return link_->connect(); }
  asio::awaitable<lode::Result<std::string_view>> read() override { return link_->read(); }
  lode::Result<void> send(std::string bytes) override {
    const bool is_share = bytes.find("mining.submit") != std::string::npos;
    auto sent = link_->send(std::move(bytes));
    if (is_share && !candidates_.found.empty()) candidates_.series->add(Clock::now() - candidates_.found.front());
    return sent;
  }
  void close() noexcept override { link_->close(); }
  asio::awaitable<void> finish() override { return link_->finish(); }

 private:
  std::unique_ptr<v1::PoolLink> link_;
  Candidates& candidates_;
};

/// The pool as a source, whose shares are timed.
class TimedSource final : public lode::work::WorkSource {
 public:
  TimedSource(v1::PoolSource& pool, Candidates& candidates) : pool_(pool), candidates_(candidates) {}

  [[nodiscard]] const std::string& name() const noexcept override { return pool_.name(); }
  asio::awaitable<lode::Error> run(lode::work::SourceListener& listener) override {
    to_ = &listener;
    return pool_.run(relay_);
  }
  void submit_share(const lode::work::Share& share) override {
    candidates_.found = {share.found};
    pool_.submit_share(share);
  }
  void stop() noexcept override { pool_.stop(); }

 private:
  /// The engine knows this source, not the pool behind it.
  struct Relay final : lode::work::SourceListener {
    explicit Relay(TimedSource& from) : source(from) {}
    void on_connected(WorkSource&) override { source.to_->on_connected(source); }
    void on_work(WorkSource&, std::shared_ptr<const lode::work::WorkTemplate> work) override {
      source.to_->on_work(source, std::move(work));
    }
    void on_withdrawn(WorkSource&, const lode::Error& reason) override { source.to_->on_withdrawn(source, reason); }
    void on_share(WorkSource&, const lode::work::ShareOutcome& outcome) override {
      source.to_->on_share(source, outcome);
    }
    void on_lost(WorkSource&, const lode::Error& reason) override { source.to_->on_lost(source, reason); }
    TimedSource& source;
  };

  v1::PoolSource& pool_;
  Candidates& candidates_;
  lode::work::SourceListener* to_ = nullptr;
  Relay relay_{*this};
};

struct Troubles final : lode::engine::EventListener {
  void on_event(const lode::engine::Event& event) override {
    if (const auto* lost = std::get_if<lode::engine::SourceLost>(&event)) fmt::print(stderr, "{}\n", lost->reason);
    if (const auto* bad = std::get_if<lode::engine::ShareRejected>(&event)) fmt::print(stderr, "{}\n", bad->reason);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t jobs = argc > 1 ? std::max(std::strtoul(argv[1], nullptr, 10), 1UL) : 500;
  const double difficulty = argc > 2 ? std::strtod(argv[2], nullptr) : 0.0002;
  const unsigned processors = std::thread::hardware_concurrency();
  const unsigned long threads = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : std::max(processors, 2U) - 1;

  TrustingPool pool(difficulty);
  asio::io_context context;
  Series to_socket{"candidate at the host -> share on the socket"};
  Series to_hash{"notify's write returned -> first hash"};
  Series to_difficulty{"set_difficulty's write returned -> first hash"};
  Candidates candidates{.found = {}, .series = &to_socket};
  v1::PoolOptions options;
  options.session.name = "pool";
  options.session.endpoint = {.host = "127.0.0.1", .port = pool.port()};
  options.session.user = "bench";
  options.session.difficulty_timing = v1::DifficultyTiming::kAtOnce;
  options.session.limits.changes = jobs + 1;
  v1::PoolSource source(
      context.get_executor(), options,
      [&](const v1::Endpoint& endpoint) {
        return std::make_unique<TimedLink>(v1::make_tcp_link(context.get_executor(), endpoint), candidates);
      },
      lode::Log());
  TimedSource timed(source, candidates);

  Troubles events;
  std::mutex first_mutex;
  std::pair<lode::work::Generation, Clock::time_point> first{};
  lode::engine::EngineParts parts;
  parts.sources = {&timed};
  for (unsigned long i = 0; i < threads; ++i)
    parts.devices.push_back(std::make_unique<lode::device::CpuDevice>(lode::kernels::best_kernel()));
  parts.listener = &events;
  parts.first_scan = [&](auto generation, auto at) {
    const std::lock_guard lock(first_mutex);
    if (generation > first.first) first = {generation, at};
  };
  const auto latest = [&] {
    const std::lock_guard lock(first_mutex);
    return first;
  };
  lode::engine::Engine engine(context.get_executor(), {}, std::move(parts), lode::Log());

  const auto pause = [](std::chrono::milliseconds time) -> asio::awaitable<void> {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
  };
  const auto time_change = [&](Series& series, auto send) -> asio::awaitable<void> {
    const auto before = latest().first;
    // From another thread, as a pool would: this one has work to do meanwhile.
    Clock::time_point sent;
    std::atomic<bool> is_sent{false};
    std::thread sending([&] {
      sent = send();
      is_sent = true;
    });
    while (!is_sent || latest().first == before)
      co_await pause(std::chrono::milliseconds(1));
    sending.join();
    series.add(latest().second - sent);
    co_await pause(std::chrono::milliseconds(20));
  };
  const auto drive = [&]() -> asio::awaitable<void> {
    while (!pool.is_ready())
      co_await pause(std::chrono::milliseconds(1));
    while (to_hash.microseconds.size() < jobs) {
      co_await time_change(to_hash, [&] { return pool.announce(); });
      co_await time_change(to_difficulty, [&] { return pool.change_difficulty(); });
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

  fmt::print("{} jobs, {} shares at difficulty {}, {} worker thread{} ({}), {} accepted\n", to_hash.microseconds.size(),
             to_socket.microseconds.size(), difficulty, threads, threads == 1 ? "" : "s",
             lode::kernels::best_kernel().name, source.counters().shares_accepted);
  to_socket.print();
  to_hash.print();
  to_difficulty.print();
  return 0;
}
