// One connection to a Stratum V1 pool, as a state machine without sockets, clock or threads: the same inputs at the
// same times give the same outputs, so that a recorded session can be replayed and the whole can be fuzzed.
//
// The owner feeds it lines, the time, and shares, calls expire() when next_deadline() has come, and carries out what
// each call returns, in order. One thread; lives as long as the connection. What must survive the connection is in
// PoolMemory. docs/protocols.md has the decisions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/v1/earlier_work.h"
#include "stratum/v1/message.h"
#include "stratum/v1/notify.h"
#include "stratum/v1/open_blocks.h"
#include "stratum/v1/search_ledger.h"
#include "stratum/v1/session_options.h"
#include "stratum/v1/session_output.h"

namespace lode::stratum::v1 {

using TimePoint = std::chrono::steady_clock::time_point;

/// What is known of a pool beyond one connection.
struct PoolMemory {
  std::string session_id;             ///< to resume; empty: none
  bool difficulty_at_once = false;    ///< learned: a new difficulty counts for the current job
  bool judges_by_suggestion = false;  ///< learned: it names no difficulty, and means the one that was suggested to it
  VersionBitsForm bits_form = VersionBitsForm::kMasked;
  bool bits_form_proved = false;  ///< a share with job bits in the mask was accepted
  SearchLedger ledger;
  OpenBlocks open_blocks;
  EarlierWork earlier_work;
};

class Session {
 public:
  /// `memory` must outlive the session; one session at a time may use it.
  Session(SessionOptions options, PoolMemory& memory);

  /// The connection stands. Call first, once.
  Outputs start(TimePoint now);
  /// A line came, without its end.
  Outputs receive(std::string_view line, TimePoint now);
  /// next_deadline() has come (earlier calls do nothing).
  Outputs expire(TimePoint now);
  /// A result for work of this session. Sent at once, or held until the worker is authorized, or not at all; a
  /// ShareResult comes for each. A block is sent again, over this and later connections, until the pool has it; the
  /// further answers come as ShareResults with `again`.
  Outputs submit(const work::Share& share, TimePoint now);
  /// A block for work of an earlier connection, which comes only now. A ShareResult says that it has no answer yet; the
  /// rest is as for every block that is sent again.
  Outputs submit_earlier(const Submission& block, TimePoint now);
  /// Whether the share's job was issued by this session and is remembered.
  [[nodiscard]] bool has_issued(const work::Share& share) const;
  /// Hashes a second of all devices, for the warning about a difficulty that is too high.
  void set_hash_rate(double hashes_per_second) noexcept { hash_rate_ = hashes_per_second; }
  /// The connection ended, or is to end, for `reason`: every share in flight is unanswered.
  Outputs end(Error reason, TimePoint now);

  /// When expire() wants to be called, if at all.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] bool is_over() const noexcept { return over_; }
  [[nodiscard]] bool is_authorized() const noexcept { return authorized_; }
  /// Whether the pool agreed to version rolling, so that each submission has a sixth parameter.
  [[nodiscard]] bool rolls_version() const noexcept { return version_rolling_; }
  [[nodiscard]] std::uint32_t version_mask() const noexcept { return mask_; }
  [[nodiscard]] const SessionOptions& options() const noexcept { return options_; }

 private:
  enum class Purpose : std::uint8_t { kConfigure, kSubscribe, kAuthorize, kExtranonce, kSuggest, kPing };
  /// A job as it came, with what was in force for it.
  struct Current {
    Notify notify;
    Extranonce extranonce;
    chain::Hash256 content;
    chain::Target target;
    TimePoint received;
  };
  struct Issued {
    std::shared_ptr<const work::WorkTemplate> work;
    std::uint32_t mask = 0;  ///< the pool's, before the job's own bits were taken out
    chain::Hash256 content;  ///< see SearchLedger
    bool is_void = false;
  };
  struct SentShare {
    work::Share share;
    TimePoint sent;
    bool has_job_bits = false;  ///< the job's version has bits in the mask
  };

  // session.cpp: lines and time
  Outputs take() noexcept;
  void emit(Output output) { outputs_.push_back(std::move(output)); }
  void send(std::string line) { emit(SendLine{std::move(line)}); }
  void ask(Purpose purpose, std::string_view method, boost::json::array params);
  void on_bad_message(Error error, TimePoint now);
  void on_reply(const Reply& reply, TimePoint now);
  void on_request(const Request& request, TimePoint now);
  void on_set_extranonce(const Request& request, TimePoint now);
  void on_reconnect(const Request& request, TimePoint now);
  void answer(const Request& request, boost::json::value result);
  void finish(Error error, TimePoint now);
  void expire_handshake(TimePoint now);
  void expire_silence(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> silence_deadline() const;

  // session_handshake.cpp: configure, subscribe, authorize
  void ask_configure();
  void ask_subscribe();
  void ask_authorize(TimePoint now);
  void on_configured(const Reply& reply, TimePoint now);
  void on_subscribed(const Reply& reply, TimePoint now);
  void on_authorized(const Reply& reply, TimePoint now);
  void become_authorized(bool assumed, TimePoint now);

  // session_work.cpp: jobs, difficulty, mask
  void on_notify(const Request& request, TimePoint now);
  void take_notify(Notify notify, TimePoint now);
  /// When the next job may be taken.
  [[nodiscard]] TimePoint next_job_at() const;
  void take_deferred_notify(TimePoint now);
  void on_difficulty(const Result<chain::Target>& target, TimePoint now);
  /// Whether one more change of the running job is taken; ends the session where it is one too many.
  bool may_change(TimePoint now);
  void apply_difficulty_now(TimePoint now);
  void on_suggestion_answered(const Reply& reply, TimePoint now);
  /// The target of the difficulty that was suggested, where the pool agreed and has named none.
  [[nodiscard]] std::optional<chain::Target> agreed_target() const;
  void on_mask(std::uint32_t answered, TimePoint now);
  void on_set_version_mask(const Request& request, TimePoint now);
  void issue(NewWork::Cause cause, bool clean, TimePoint now);
  void void_older_work();
  void void_namesakes();
  void forget_old_work();
  void warn_of_first_share();
  void expire_work(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> time_roll_deadline() const;
  [[nodiscard]] std::uint32_t last_allowed_time(TimePoint now) const;
  [[nodiscard]] bool applies_difficulty_at_once() const noexcept;

  // session_shares.cpp
  /// Why a share is not sent.
  struct Fault {
    ShareVerdict verdict = ShareVerdict::kRejected;
    std::string_view why;
  };
  [[nodiscard]] std::optional<Fault> fault_of(const work::Share& share, const Issued& issued) const;
  void send_share(const work::Share& share, const Issued& issued, TimePoint now);
  void send_held_shares(TimePoint now);
  void hold_back(const work::Share& share, ShareVerdict verdict, std::string_view why, TimePoint now);
  void on_share_reply(const SentShare& sent, const Reply& reply, TimePoint now);
  void learn(const SentShare& sent, ShareVerdict verdict, TimePoint now);
  bool learn_of_suggestion(TimePoint now);
  void expire_shares(TimePoint now);
  void finish_silent(TimePoint now);
  void send_open_blocks(TimePoint now);
  void on_block_reply(const Submission& block, TimePoint sent, const Reply& reply, TimePoint now);
  void note_block_answer(const chain::Hash256& hash, ShareVerdict verdict, TimePoint now);
  void expire_blocks(TimePoint now);
  void look_for_blocks(const work::WorkTemplate& work, TimePoint now);
  [[nodiscard]] std::uint32_t mask_for(const Submission& share) const noexcept;
  [[nodiscard]] std::string encode_submit(const Submission& share, std::int64_t id) const;
  [[nodiscard]] const Issued* find_issued(const work::Share& share) const;
  void report(const work::Share& share, ShareVerdict verdict, const Reply* reply, std::optional<TimePoint> sent,
              TimePoint now);

  SessionOptions options_;
  PoolMemory& memory_;
  Outputs outputs_;
  bool over_ = false;

  std::int64_t last_id_ = 0;
  std::map<std::int64_t, Purpose> asked_;
  std::map<std::int64_t, SentShare> sent_shares_;  ///< ids grow, so oldest first
  std::vector<work::Share> held_shares_;
  std::size_t changes_ = 0;  ///< of running jobs since changes_since_
  TimePoint changes_since_{};
  std::size_t bad_in_a_row_ = 0;

  std::optional<TimePoint> started_;
  std::optional<TimePoint> subscribed_;
  std::optional<TimePoint> authorize_asked_;
  std::optional<TimePoint> authorized_again_;
  bool authorized_ = false;
  TimePoint last_heard_;
  std::optional<TimePoint> ping_sent_;
  TimePoint last_sign_;  ///< the later of the last work and the last answered ping
  TimePoint last_job_;

  std::optional<Notify> early_notify_;     ///< came before the extranonce did
  std::optional<Notify> deferred_notify_;  ///< the newest of those that came too fast
  TimePoint jobs_taken_until_{};           ///< each job takes a job_pause, the first ones in advance
  Extranonce extranonce_;
  std::optional<Extranonce> next_extranonce_;
  std::optional<Current> current_;
  std::deque<Issued> issued_;
  std::size_t issued_bytes_ = 0;
  TimePoint last_issue_;

  bool version_rolling_ = false;
  bool version_rolling_refused_ = false;
  std::uint32_t mask_ = 0;

  bool has_difficulty_ = false;
  bool suggestion_agreed_ = false;  ///< the pool answered `true` to a suggested difficulty or target
  chain::Target next_target_ = chain::Target::difficulty_one();
  double hash_rate_ = 0;
  chain::Target warned_target_ = chain::Target::max();
};

}  // namespace lode::stratum::v1
