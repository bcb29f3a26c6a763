// Whether a source gives work that may be used, and if not, why. Start-up, failover, balance, --connect-timeout and the
// exit status all go by this one notion.
//
// It knows one source only. Who compares sources tells it that another one is ahead. It has no clock of its own: equal
// calls at equal times give equal answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/error.h"
#include "host/work/share.h"
#include "host/work/work_template.h"

namespace lode::engine {

enum class SourceState : std::uint8_t {
  kConnecting,   ///< no answer yet, or none any more; it is tried again
  kWithoutWork,  ///< it answers, and there is no work of it that may be used
  kWorking,      ///< its work may be used
  kUnwell,       ///< its work may be used, but another source's is better: it refuses shares, or it is behind
  kEnded,        ///< it is not tried again
};

/// "connecting", "without work", "working", "unwell", "ended".
[[nodiscard]] std::string_view state_name(SourceState state) noexcept;

class SourceHealth {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Why a source has become unwell, and for how long it is.
  struct Refusals {
    int count = 0;  ///< of shares in a row
    std::chrono::seconds pause{};
    std::string_view likely_cause;  ///< and what to do about it
  };

  /// It answers (again). False: it did already.
  bool connect();
  /// It gave work that may be used, for all that is known.
  void give_work(std::shared_ptr<const work::WorkTemplate> work, TimePoint now);
  /// The last work may not be used.
  void withdraw_work(const Error& reason);
  /// The connection, or an attempt at one, failed. True: that is news. A source that stays away says the same again and
  /// again; people need it once.
  bool lose(const Error& reason, bool for_good);
  /// The answer to a share. Returns what there is to tell if it makes the source unwell: it has refused share after
  /// share, which no late job explains. Each time in a row it is unwell for twice as long, up to an hour.
  std::optional<Refusals> note_answer(const work::ShareOutcome& outcome, TimePoint now);
  /// Why another source's work is for a greater height; empty: there is no such source.
  void note_behind(std::string why, TimePoint now);

  [[nodiscard]] SourceState state(TimePoint now) const noexcept;
  /// What keeps it from working; empty if it works.
  [[nodiscard]] std::string trouble(TimePoint now) const;

  [[nodiscard]] bool is_connected() const noexcept { return connected_; }
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }
  /// Whether it has ever given work that may be used, and has not refused the credentials since.
  [[nodiscard]] bool is_reached() const noexcept { return reached_; }
  /// Whether an attempt or a piece of work has failed, and nothing better came since.
  [[nodiscard]] bool has_failed() const noexcept { return !last_error_.empty() || !withdrawn_.empty(); }
  [[nodiscard]] bool is_behind() const noexcept { return !behind_.empty(); }
  /// Why its last work may not be used; empty if it may.
  [[nodiscard]] const std::string& withdrawn() const noexcept { return withdrawn_; }

  /// Null if it has none that may be used.
  [[nodiscard]] const std::shared_ptr<const work::WorkTemplate>& work() const noexcept { return work_; }
  [[nodiscard]] TimePoint work_since() const noexcept { return work_since_; }
  /// Since when its work builds on the same block.
  [[nodiscard]] TimePoint tip_since() const noexcept { return tip_since_; }
  /// Since when it gives work without a break and is not behind. One that refused shares is tried again at once: that
  /// alone shows whether it is well.
  [[nodiscard]] TimePoint well_since() const noexcept { return well_since_; }

 private:
  bool connected_ = false;
  bool ended_ = false;
  bool reached_ = false;
  std::string last_error_;  ///< of the last attempt; empty if it has answered since
  std::string withdrawn_;
  std::string behind_;
  std::shared_ptr<const work::WorkTemplate> work_;
  TimePoint work_since_{};
  TimePoint tip_since_{};
  TimePoint well_since_{};
  int refusals_ = 0;      ///< of shares in a row, but for late ones
  int times_unwell_ = 0;  ///< since it took a share
  TimePoint unwell_until_{};
};

}  // namespace lode::engine
