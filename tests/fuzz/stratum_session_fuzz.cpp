// A whole session against a pool that says anything at any time. Each line of the input is a step: a number of
// milliseconds to wait ("+1500"), a share to find and submit ("*"), a reconnect ("!"), or a line of the pool, in which
// "@N" stands for N below the last id that was sent, so that replies can be hit.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "host/work/header_builder.h"
#include "host/work/roll_space.h"
#include "stratum/v1/message.h"
#include "stratum/v1/session.h"
#include "tests/fuzz/require.h"

namespace {

using namespace lode;
using namespace lode::stratum::v1;

constexpr std::size_t kMaxSteps = 200;
constexpr std::size_t kMaxBytes = 64 * 1024;

class Player {
 public:
  explicit Player(std::uint8_t choice) {
    options_.name = "fuzz";
    options_.endpoint = {.host = "pool.example.com", .port = 3333};
    options_.user = "user";
    options_.difficulty_timing = static_cast<DifficultyTiming>(choice % 3);
    options_.configure = static_cast<ConfigureOrder>(choice / 3 % 3);
    options_.version_mask = choice % 5 == 0 ? 0 : kBip320Mask;
    options_.time_ahead = choice % 7 == 0 ? 7000 : 0;
    connect();
  }

  void step(std::string_view line) {
    if (line.empty()) return;
    if (line[0] == '+') {
      wait(line.substr(1));
    } else if (line[0] == '*') {
      submit();
    } else if (line[0] == '!') {
      take(session_->end(fail(Errc::kDisconnected, "fuzz"), now_));
      connect();
    } else {
      take(session_->receive(with_ids(line), now_));
    }
    check();
  }

 private:
  void connect() {
    session_ = std::make_unique<Session>(options_, memory_);
    over_ = false;
    last_id_ = 0;
    open_shares_ = 0;
    take(session_->start(now_));
  }

  /// "@0" to "@9" become the ids of the last ten requests.
  std::string with_ids(std::string_view line) const {
    std::string result;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool is_id = line[i] == '@' && i + 1 < line.size() && line[i + 1] >= '0' && line[i + 1] <= '9';
      if (!is_id) {
        result += line[i];
        continue;
      }
      result += std::to_string(last_id_ - (line[++i] - '0'));
    }
    return result;
  }

  void wait(std::string_view digits) {
    std::int64_t milliseconds = 0;
    for (const char c : digits.substr(0, 7)) {
      if (c < '0' || c > '9') break;
      milliseconds = 10 * milliseconds + (c - '0');
    }
    const TimePoint until = now_ + std::chrono::milliseconds(milliseconds);
    for (int i = 0; i < 100; ++i) {
      const auto next = session_->next_deadline();
      if (!next || *next > until) break;
      now_ = std::max(now_, *next);
      take(session_->expire(now_));
      const auto after = session_->next_deadline();
      LODE_REQUIRE(!after || *after > now_);  // a deadline that stays would be a busy loop
    }
    now_ = until;
  }

  void submit() {
    if (!work_) return;
    work::Share share;
    share.job = std::make_shared<const work::Job>(work::Job{.generation = 1, .work = work_, .received = now_});
    share.found = now_;
    work::RollSpace space(share.job, {}, 4);
    const auto unit = space.next();
    LODE_REQUIRE(unit.has_value());
    share.roll = unit->roll_of({.nonce_word = nonce_++, .midstate = 0});
    share.hash = work::build_header(*work_, share.roll).hash();
    share.is_block = work_->network_target.is_met_by(share.hash);
    ++open_shares_;
    take(session_->submit(share, now_));
  }

  void take(const Outputs& outputs) {
    for (const Output& output : outputs) {
      // Behind the failure come only results of shares that were handed in after it.
      LODE_REQUIRE(!over_ || std::holds_alternative<ShareResult>(output));
      if (const SendLine* sent = std::get_if<SendLine>(&output)) {
        LODE_REQUIRE(sent->line.find('\n') == std::string::npos);
        const auto message = parse_message(sent->line);
        LODE_REQUIRE(message.has_value());
        const Request* request = std::get_if<Request>(&*message);
        if (request != nullptr && request->id.is_int64()) last_id_ = request->id.get_int64();
      } else if (const NewWork* work = std::get_if<NewWork>(&output)) {
        work_ = work->work;
        nonce_ = 0;
        LODE_REQUIRE((work_->version_mask & (work_->version | 0xe000001f)) == 0);
        LODE_REQUIRE(work_->share_target > chain::Target());
        LODE_REQUIRE(work_->extranonce2_size <= kMaxExtranonce2);
        LODE_REQUIRE(work_->first_extranonce2 <= work::last_extranonce2(work_->extranonce2_size));
        LODE_REQUIRE(work_->time + work_->time_roll_limit >= work_->time);
      } else if (std::holds_alternative<ShareResult>(output)) {
        LODE_REQUIRE(open_shares_ > 0);
        --open_shares_;
      } else if (std::holds_alternative<SessionFailed>(output)) {
        over_ = true;
        LODE_REQUIRE(open_shares_ == 0);  // each share had its result
      }
    }
  }

  void check() const {
    LODE_REQUIRE(session_->is_over() == over_);
    LODE_REQUIRE(over_ == !session_->next_deadline());
    LODE_REQUIRE((session_->version_mask() & 0xe0000000) == 0);
  }

  SessionOptions options_;
  PoolMemory memory_;
  std::unique_ptr<Session> session_;
  TimePoint now_{std::chrono::hours(1)};
  std::shared_ptr<const work::WorkTemplate> work_;
  std::uint32_t nonce_ = 0;
  std::int64_t last_id_ = 0;
  std::size_t open_shares_ = 0;
  bool over_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kMaxBytes) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Player player(data[0]);
  text.remove_prefix(1);
  for (std::size_t steps = 0; steps < kMaxSteps && !text.empty(); ++steps) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    player.step(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
