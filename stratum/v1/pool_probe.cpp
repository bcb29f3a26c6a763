#include "stratum/v1/pool_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <utility>

#include "host/net/task_group.h"
#include "host/work/header_builder.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/message.h"
#include "stratum/v1/session.h"

namespace lode::stratum::v1 {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxOrder = 40;

/// The probe's own requests have ids far from the session's, which drops replies that it did not ask for.
constexpr std::int64_t kFirstOwnId = 1'000'000;

std::string error_text(const Reply& reply) {
  if (!reply.error) return {};
  return reply.error->code == 0 ? reply.error->text : fmt::format("{}: {}", reply.error->code, reply.error->text);
}

class Probe {
 public:
  Probe(const asio::any_io_executor& executor, ProbeOptions options, const MakeLink& make_link)
      : executor_(executor),
        options_(std::move(options)),
        link_(make_link(options_.session.endpoint)),
        timer_(executor),
        session_(options_.session, memory_) {}

  asio::awaitable<ProbeReport> run() {
    began_ = Clock::now();
    net::TaskGroup tasks(executor_);
    tasks.spawn(watch());
    const auto connected = co_await link_->connect();
    report_.connect_took = Clock::now() - began_;
    if (connected) {
      connected_ = Clock::now();
      carry_out(session_.start(connected_));
      co_await listen();
    } else {
      report_.failure = connected.error().message();
    }
    if (out_of_time_ && report_.jobs == 0) {
      report_.failure = fmt::format("no work within {} ms", options_.limit.count());
    }
    closing_ = true;
    link_->close();
    tasks.cancel();
    co_await tasks.join();
    co_await link_->finish();
    find_deviations();
    co_return std::move(report_);
  }

 private:
  asio::awaitable<void> listen() {
    LineSplitter splitter;
    while (true) {
      const auto bytes = co_await link_->read();
      if (!bytes) {
        if (!out_of_time_ && !done_ && report_.jobs == 0) report_.failure = bytes.error().message();
        co_return;
      }
      splitter.write(*bytes);
      while (true) {
        const auto line = splitter.next();
        if (!line) {
          report_.failure = line.error().message();
          co_return;
        }
        if (!*line) break;
        note(**line);
        carry_out(session_.receive(**line, Clock::now()));
        if (session_.is_over()) co_return;
      }
    }
  }

  /// The session's deadlines and the probe's own.
  asio::awaitable<void> watch() {
    const Clock::time_point end = began_ + options_.limit;
    while (true) {
      Clock::time_point next = end;
      if (work_since_) next = std::min(next, *work_since_ + options_.after_work);
      if (const auto deadline = session_.next_deadline()) next = std::min(next, *deadline);
      timer_.expires_at(next);
      const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      const Clock::time_point now = Clock::now();
      if (now >= end || (work_since_ && now >= *work_since_ + options_.after_work)) {
        (now >= end ? out_of_time_ : done_) = true;
        link_->close();
        co_return;
      }
      if (error && closing_) co_return;
      if (!error) carry_out(session_.expire(now));
    }
  }

  void note(std::string_view line) {
    const auto message = parse_message(line);
    if (!message) {
      add_order("a line that is no message");
      return;
    }
    if (const auto* request = std::get_if<Request>(&*message)) {
      add_order(printable(request->method));
      return;
    }
    const auto& reply = std::get<Reply>(*message);
    const auto asked = reply.id ? asked_.find(*reply.id) : asked_.end();
    if (asked == asked_.end()) {
      add_order("a reply to nothing that was asked");
      return;
    }
    ProbeExchange& exchange = report_.exchanges[asked->second];
    add_order("reply to " + exchange.method);
    if (!exchange.took) exchange.took = Clock::now() - connected_ - exchange.sent;
    exchange.error = error_text(reply);
    if (exchange.error.empty() && !reply.is_true() && reply.result.is_bool())
      exchange.error = "false, without a reason";
  }

  void add_order(std::string what) {
    if (report_.order.size() < kMaxOrder) report_.order.push_back(std::move(what));
  }

  void ask(std::string_view method, boost::json::array params) {
    const std::int64_t id = kFirstOwnId + static_cast<std::int64_t>(report_.exchanges.size());
    sent(encode_request(id, method, std::move(params)));
  }

  void sent(const std::string& line) {
    const auto message = parse_message(line);
    const auto* request = message ? std::get_if<Request>(&*message) : nullptr;
    if (request != nullptr && request->id.is_int64()) {
      asked_[request->id.as_int64()] = report_.exchanges.size();
      report_.exchanges.push_back(
          {.method = request->method, .sent = Clock::now() - connected_, .took = {}, .error = {}});
    }
    static_cast<void>(link_->send(line + "\n"));  // the reader hears of trouble
  }

  void carry_out(const Outputs& outputs) {
    for (const Output& output : outputs)
      std::visit([this](const auto& one) { carry_out(one); }, output);
    timer_.cancel();
  }
  void carry_out(const SendLine& send) { sent(send.line); }
  void carry_out(const Configured& configured) {
    report_.configured = configured.answer;
    report_.version_mask = configured.version_mask;
  }
  void carry_out(const Subscribed& subscribed) { report_.subscribed = subscribed.answer; }
  void carry_out(const Authorized& authorized) { report_.authorized = !authorized.assumed; }
  void carry_out(const NewWork& news) {
    const work::WorkTemplate& work = *news.work;
    if (report_.jobs++ > 0) return;
    report_.first_job_clean = work.clean;
    report_.height = work.height;
    report_.branches = work.merkle_branch.size();
    report_.coinbase_bytes = work::coinbase_without_witness(work, 0).size();
    if (auto coinbase = view_coinbase(work)) report_.coinbase = *std::move(coinbase);
    report_.difficulty_before_job = report_.difficulty.has_value();
    if (!report_.difficulty) report_.difficulty = work.share_target.difficulty();
    work_since_ = Clock::now();
    // Questions that tell how a pool answers what it does not know.
    ask("mining.get_transactions", {work.job_id});
    ask("mining.ping", {});
  }
  void carry_out(const DifficultyChanged& changed) { report_.difficulty = changed.target.difficulty(); }
  void carry_out(const ShareResult&) {}
  void carry_out(const PoolMessage&) {}
  void carry_out(const Reconnect& reconnect) {
    report_.deviations.push_back(
        fmt::format("sends its miners on to {}:{}", reconnect.target.host, reconnect.target.port));
  }
  void carry_out(const Warning& warning) { report_.deviations.push_back(warning.text); }
  void carry_out(const BadMessage& bad) {
    if (report_.bad_messages++ == 0)
      report_.deviations.push_back("a message that makes no sense: " + bad.error.message());
  }
  void carry_out(const SessionFailed& failed) {
    if (report_.jobs == 0) report_.failure = failed.error.message();
    link_->close();
  }

  [[nodiscard]] std::size_t place_of(std::string_view what) const {
    return static_cast<std::size_t>(std::ranges::find(report_.order, what) - report_.order.begin());
  }

  void find_deviations() {
    const auto say = [this](std::string text) { report_.deviations.push_back(std::move(text)); };
    const std::size_t none = report_.order.size();
    const std::size_t authorize = place_of("reply to mining.authorize");
    const std::size_t job = place_of("mining.notify");
    if (job < authorize && job != none) say("gives work before it answers mining.authorize");
    if (job < place_of("reply to mining.subscribe")) say("gives work before it answers mining.subscribe");
    if (report_.jobs > 0 && !report_.difficulty_before_job) say("gives work before any difficulty: 1 is assumed");
    if (report_.first_job_clean == false) say("its first work has clean_jobs false");
    for (const ProbeExchange& exchange : report_.exchanges) {
      if (!exchange.took && report_.jobs > 0) say("does not answer " + exchange.method);
    }
    if (report_.subscribed && report_.subscribed->session_id.empty()) say("gives no session to resume");
    if (report_.subscribed && report_.subscribed->extranonce.extranonce2_size < 4) {
      say(fmt::format("leaves {} bytes of extranonce2", report_.subscribed->extranonce.extranonce2_size));
    }
    if (report_.configured && !report_.configured->version_rolling) say("does not let versions be rolled");
    if (report_.jobs > 0 && !report_.coinbase) say("its coinbase cannot be read");
  }

  asio::any_io_executor executor_;
  ProbeOptions options_;
  std::unique_ptr<PoolLink> link_;
  asio::steady_timer timer_;
  PoolMemory memory_;
  Session session_;
  ProbeReport report_;
  std::map<std::int64_t, std::size_t> asked_;  ///< id -> exchange
  Clock::time_point began_;
  Clock::time_point connected_;
  std::optional<Clock::time_point> work_since_;
  bool out_of_time_ = false;
  bool done_ = false;
  bool closing_ = false;
};

}  // namespace

asio::awaitable<ProbeReport> probe_pool(asio::any_io_executor executor, ProbeOptions options, MakeLink make_link) {
  Probe probe(executor, std::move(options), make_link);
  co_return co_await probe.run();
}

}  // namespace lode::stratum::v1
