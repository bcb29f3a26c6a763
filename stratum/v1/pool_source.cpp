#include "stratum/v1/pool_source.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "host/net/task_group.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/session.h"
#include "stratum/v1/session_record.h"

namespace lode::stratum::v1 {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

/// Ignored lines, warnings and messages of a pool that are told in an hour; one that talks without end must not fill
/// the log.
constexpr int kTold = 20;
constexpr std::chrono::hours kToldPeriod{1};

/// A connection that has lasted for so long has proved the pool; the next attempt comes soon.
constexpr std::chrono::minutes kProven{1};

/// Old pools close the connection at mining.configure, or at anything that comes before mining.subscribe (ckpool until
/// 2018). So many connections in a row that the pool closed without a word are taken for that, the second number for
/// version rolling is lost by it.
constexpr int kClosedBeforeAnswer = 2;
constexpr int kClosedAfterSubscribing = 3;
/// The same for mining.suggest_difficulty, which comes after the answer to mining.subscribe.
constexpr int kClosedAtSuggestion = 2;

}  // namespace

class PoolSource::Impl {
 public:
  Impl(asio::any_io_executor executor, PoolOptions options, MakeLink make_link, Log log, PoolSource& self)
      : self_(self),
        executor_(executor),
        options_(std::move(options)),
        make_link_(std::move(make_link)),
        log_(std::move(log)),
        auditor_(options_.audit),
        retry_timer_(executor),
        deadline_timer_(executor) {
    for (Submission& block : std::exchange(options_.open_blocks, {})) {
      memory_.session_id = block.session_id;
      memory_.open_blocks.restore(std::move(block), 1, Clock::now());
    }
  }

  asio::awaitable<Error> run(work::SourceListener& listener) {
    listener_ = &listener;
    net::Backoff backoff(options_.backoff);
    net::Backoff refused(options_.refused);
    while (!stop_requested_) {
      const Clock::time_point began = Clock::now();
      const Error end = co_await run_connection();
      if (stop_requested_) break;
      ++counters_.losses;
      learn_from(end);
      listener.on_lost(self_, end);
      if (stop_requested_) break;
      if (worked_ && Clock::now() - began > kProven) backoff.reset();
      std::chrono::milliseconds wait = backoff.next();
      // Asking again and again gets the address banned at some pools.
      if (end.is(Errc::kUnauthorized)) {
        wait = std::max(wait, refused.next());
      } else if (authorized_) {
        refused.reset();
      }
      // A pool that sends lode on and on is asked less and less often, like one that fails.
      if (redirect_) wait = std::max<std::chrono::milliseconds>(wait, redirect_->wait);
      retry_timer_.expires_after(wait);
      co_await retry_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    stop_requested_ = false;
    co_return fail(Errc::kCancelled, "stopped");
  }

  void stop() noexcept {
    stop_requested_ = true;
    retry_timer_.cancel();
    if (link_) link_->close();
  }

  void submit(const work::Share& share) {
    if (share.is_block && !(session_ && session_->has_issued(share))) {
      // Late, but worth sending in any case.
      if (const auto mask = memory_.earlier_work.mask_of(share)) return submit_earlier(submission_of(share, *mask));
    }
    if (session_) {
      return feed([&share](Session& session, TimePoint now) { return session.submit(share, now); },
                  [&share](SessionRecorder& recorder, TimePoint now) { recorder.submit(share, now); });
    }
    ++counters_.shares_held_back;
    listener_->on_share(self_, {.kind = work::ShareOutcome::Kind::kUnanswered,
                                .reason = "not sent: the connection is gone",
                                .hash = share.hash,
                                .was_block = share.is_block});
  }

  void note_hash_rate(double hashes_per_second) {
    hash_rate_ = hashes_per_second;
    if (!session_) return;
    if (recorder_) recorder_->set_hash_rate(hash_rate_, Clock::now());
    session_->set_hash_rate(hash_rate_);
  }

  void note_node_tip(std::uint32_t height, const chain::Hash256& previous_block) {
    auditor_.note_node({.height = height, .previous_block = previous_block}, Clock::now());
  }

  [[nodiscard]] const std::string& name() const noexcept { return options_.session.name; }
  [[nodiscard]] const PoolCounters& counters() const noexcept { return counters_; }

 private:
  void submit_earlier(const Submission& block) {
    if (session_) {
      return feed([&block](Session& session, TimePoint now) { return session.submit_earlier(block, now); },
                  [&block](SessionRecorder& recorder, TimePoint now) { recorder.submit_earlier(block, now); });
    }
    memory_.open_blocks.add(block);
    ++counters_.shares_held_back;
    listener_->on_share(self_, {.kind = work::ShareOutcome::Kind::kUnanswered,
                                .reason = "not sent yet: the connection is gone",
                                .hash = block.hash,
                                .was_block = true,
                                .height = block.height});
  }

  /// Connects, works, and says why it ended.
  asio::awaitable<Error> run_connection() {
    worked_ = false;
    talked_ = heard_ = configured_ = subscribed_ = authorized_ = false;
    SessionOptions session_options = options_.session;
    session_options.configure = std::max(session_options.configure, configure_);
    if (const auto target = std::exchange(redirect_, std::nullopt)) {
      session_options.endpoint.host = target->host;
      session_options.endpoint.port = target->port;
      log_.info("{}: sent on to {}:{}", name(), target->host, target->port);
    }
    link_ = make_link_(session_options.endpoint);
    Error end;
    std::exception_ptr failure;
    try {
      end = co_await talk(session_options);
    } catch (...) {
      failure = std::current_exception();
    }
    link_->close();
    co_await link_->finish();
    link_.reset();
    if (failure) std::rethrow_exception(failure);
    co_return end;
  }

  asio::awaitable<Error> talk(const SessionOptions& session_options) {
    if (const auto connected = co_await link_->connect(); !connected) co_return connected.error();
    end_.reset();
    talked_ = true;
    session_.emplace(session_options, memory_);
    begin_recording(session_options);
    note_hash_rate(hash_rate_);
    net::TaskGroup tasks(executor_);
    tasks.on_failure([this] { give_up(fail(Errc::kDisconnected, "the connection was given up")); });
    tasks.spawn(watch_deadlines());
    std::exception_ptr failure;
    try {
      feed([](Session& session, TimePoint now) { return session.start(now); },
           [](SessionRecorder& recorder, TimePoint now) { recorder.start(now); });
      co_await read_lines();
    } catch (...) {
      failure = std::current_exception();
      give_up(fail(Errc::kDisconnected, "the connection was given up"));
    }
    feed([this](Session& session, TimePoint now) { return session.end(*end_, now); },
         [this](SessionRecorder& recorder, TimePoint now) { recorder.end(*end_, now); });
    recorder_.reset();
    recording_.reset();
    session_.reset();
    deadline_timer_.cancel();
    tasks.cancel();
    co_await tasks.join();
    if (failure) std::rethrow_exception(failure);
    co_return *end_;
  }

  /// Until end_ is set.
  asio::awaitable<void> read_lines() {
    LineSplitter splitter;
    while (!end_) {
      const auto bytes = co_await link_->read();
      if (!bytes) {
        give_up(bytes.error());
        co_return;
      }
      splitter.write(*bytes);
      while (!end_) {
        const auto line = splitter.next();
        if (!line) {
          give_up(line.error());
          co_return;
        }
        if (!*line) break;
        const std::string_view text = **line;
        heard_ = true;
        feed([text](Session& session, TimePoint at) { return session.receive(text, at); },
             [text](SessionRecorder& recorder, TimePoint at) { recorder.receive(text, at); });
      }
    }
  }

  asio::awaitable<void> watch_deadlines() {
    while (true) {
      const auto deadline = session_ ? session_->next_deadline() : std::nullopt;
      deadline_timer_.expires_at(deadline.value_or(Clock::time_point::max()));
      const auto [error] = co_await deadline_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (!session_ || end_) co_return;
      if (error) continue;
      feed([](Session& session, TimePoint now) { return session.expire(now); },
           [](SessionRecorder& recorder, TimePoint now) { recorder.expire(now); });
    }
  }

  /// Whether it is mining.configure that the pool does not bear.
  void learn_from(const Error& end) {
    if (learn_of_suggestion(end)) return;
    const ConfigureOrder now = std::max(options_.session.configure, configure_);
    const bool is_first = now == ConfigureOrder::kFirst;
    const bool closed = end.is(Errc::kDisconnected) && talked_ && !worked_ && !configured_ && !redirect_;
    // Without a word where it came first; after the answer to mining.subscribe where it came then.
    if (!closed || now == ConfigureOrder::kNever || heard_ == is_first) {
      closed_ = 0;
      return;
    }
    if (++closed_ < (is_first ? kClosedBeforeAnswer : kClosedAfterSubscribing)) return;
    closed_ = 0;
    configure_ = is_first ? ConfigureOrder::kAfterSubscribe : ConfigureOrder::kNever;
    log_.warn("{}: the pool closes the connection at mining.configure, as it seems; {}", name(),
              is_first ? "it is asked after mining.subscribe from now on"
                       : "it is not asked any more, so no versions are rolled");
  }

  /// Whether it may be a suggested difficulty that the pool does not bear.
  bool learn_of_suggestion(const Error& end) {
    SessionOptions& session = options_.session;
    const bool suggests = session.suggest_difficulty || session.suggest_target;
    if (!suggests || !end.is(Errc::kDisconnected) || !subscribed_ || worked_ || redirect_) return false;
    if (++closed_at_suggestion_ < kClosedAtSuggestion) return true;
    session.suggest_difficulty.reset();
    session.suggest_target.reset();
    log_.warn("{}: the pool closes the connection when it is told a difficulty, as it seems; it is told none any more",
              name());
    return true;
  }

  /// The first reason counts.
  void give_up(Error reason) {
    if (!end_) end_ = std::move(reason);
    link_->close();
  }

  void begin_recording(const SessionOptions& session_options) {
    if (options_.open_recording) recording_ = options_.open_recording();
    if (recording_) recorder_.emplace(*recording_, session_options, memory_, Clock::now());
  }

  /// Gives the session an input, and the recorder before it.
  template <class Give, class Record>
  void feed(Give give, Record record) {
    const TimePoint now = Clock::now();
    if (recorder_) record(*recorder_, now);
    const Outputs outputs = give(*session_, now);
    if (recorder_) recorder_->outputs(outputs, now);
    carry_out(outputs);
  }

  void carry_out(const Outputs& outputs) {
    for (const Output& output : outputs)
      std::visit([this](const auto& one) { carry_out(one); }, output);
    // The next deadline may have changed.
    if (session_ && session_->next_deadline() != deadline_timer_.expiry()) deadline_timer_.cancel();
  }

  void carry_out(const SendLine& send) {
    if (const auto sent = link_->send(send.line + "\n"); !sent) give_up(sent.error());
  }
  void carry_out(const Configured& configured) {
    configured_ = true;
    log_.debug("{}: version mask {:08x}", name(), configured.version_mask);
  }
  void carry_out(const Subscribed&) {
    subscribed_ = true;
    log_.debug("{}: subscribed", name());
  }
  void carry_out(const Authorized&) {
    authorized_ = true;
    become_connected();
  }

  void carry_out(const NewWork& news) {
    const auto findings = auditor_.look_at(*news.work, Clock::now());
    for (const std::string& text : findings.warnings)
      log_.warn("{}: {}", name(), text);
    become_connected();
    if (findings.refusal) {
      ++counters_.refused_jobs;
      listener_->on_withdrawn(self_, fail(Errc::kRejected, *findings.refusal));
      return;
    }
    ++counters_.jobs;
    listener_->on_work(self_, news.work);
  }

  void carry_out(const DifficultyChanged& change) {
    log_.debug("{}: share difficulty {}", name(), change.target.difficulty());
  }

  void carry_out(const ShareResult& result) {
    if (!result.outcome.again) count(result);
    listener_->on_share(self_, result.outcome);
  }

  void count(const ShareResult& result) {
    switch (result.verdict) {
      case ShareVerdict::kAccepted:
        ++counters_.shares_accepted;
        break;
      case ShareVerdict::kStale:
        ++counters_.shares_stale;
        break;
      case ShareVerdict::kDuplicate:
        ++counters_.shares_duplicate;
        break;
      case ShareVerdict::kLowDifficulty:
        ++counters_.shares_low_difficulty;
        break;
      case ShareVerdict::kUnauthorized:
      case ShareVerdict::kRejected:
        ++counters_.shares_rejected;
        break;
      case ShareVerdict::kUnanswered:
        ++counters_.shares_unanswered;
        break;
    }
    if (!result.sent) ++counters_.shares_held_back;
  }

  /// Whether one more line about what the pool says may be written.
  bool may_tell() {
    if (const Clock::time_point now = Clock::now(); now - told_since_ >= kToldPeriod) {
      told_since_ = now;
      told_ = 0;
    }
    if (told_ == kTold) return false;
    if (++told_ == kTold) log_.warn("{}: further warnings and messages of the next hour are not shown", name());
    return true;
  }

  void carry_out(const PoolMessage& message) {
    if (may_tell()) log_.info("{} says: {}", name(), message.text);
  }
  void carry_out(const Warning& warning) {
    if (may_tell()) log_.warn("{}: {}", name(), warning.text);
  }
  void carry_out(const BadMessage& bad) {
    ++counters_.bad_messages;
    if (may_tell()) log_.warn("{}: a message that makes no sense was ignored: {}", name(), bad.error.message());
  }
  void carry_out(const Reconnect& reconnect) {
    redirect_ = reconnect.target;
    give_up(fail(Errc::kDisconnected, "the pool asks to connect anew"));
  }
  void carry_out(const SessionFailed& failed) { give_up(failed.error); }

  void become_connected() {
    if (!std::exchange(worked_, true)) ++counters_.connections;
    listener_->on_connected(self_);
  }

  PoolSource& self_;
  asio::any_io_executor executor_;
  PoolOptions options_;
  MakeLink make_link_;
  Log log_;
  PoolMemory memory_;
  JobAuditor auditor_;
  PoolCounters counters_;
  work::SourceListener* listener_ = nullptr;
  std::unique_ptr<PoolLink> link_;
  std::optional<Session> session_;
  std::unique_ptr<std::ostream> recording_;  ///< of the connection
  std::optional<SessionRecorder> recorder_;
  std::optional<Error> end_;  ///< of the connection; why
  std::optional<ReconnectTarget> redirect_;
  bool worked_ = false;                                ///< this connection gave work or took the worker's name
  bool talked_ = false;                                ///< this connection got so far as to speak
  bool heard_ = false;                                 ///< and the pool said anything at all
  bool configured_ = false;                            ///< it answered mining.configure
  bool subscribed_ = false;                            ///< it answered mining.subscribe
  bool authorized_ = false;                            ///< it accepts the worker, in this connection
  ConfigureOrder configure_ = ConfigureOrder::kFirst;  ///< what the pool bears, as far as it is known
  int closed_ = 0;                                     ///< connections in a row that may have ended because of that
  int closed_at_suggestion_ = 0;                       ///< connections that a suggested difficulty may have ended
  int told_ = 0;                                       ///< since told_since_
  Clock::time_point told_since_ = Clock::now();
  double hash_rate_ = 0;
  bool stop_requested_ = false;
  asio::steady_timer retry_timer_;
  asio::steady_timer deadline_timer_;
};

PoolSource::PoolSource(asio::any_io_executor executor, PoolOptions options, MakeLink make_link, Log log)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), std::move(make_link), std::move(log),
                                   *this)) {}

PoolSource::~PoolSource() = default;

const std::string& PoolSource::name() const noexcept {
  return impl_->name();
}

asio::awaitable<Error> PoolSource::run(work::SourceListener& listener) {
  return impl_->run(listener);
}

void PoolSource::submit_share(const work::Share& share) {
  impl_->submit(share);
}

void PoolSource::note_hash_rate(double hashes_per_second) {
  impl_->note_hash_rate(hashes_per_second);
}

void PoolSource::note_node_tip(std::uint32_t height, const chain::Hash256& previous_block) {
  impl_->note_node_tip(height, previous_block);
}

void PoolSource::stop() noexcept {
  impl_->stop();
}

const PoolCounters& PoolSource::counters() const noexcept {
  return impl_->counters();
}

}  // namespace lode::stratum::v1
