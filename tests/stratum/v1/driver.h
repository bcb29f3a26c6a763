// A session with a clock of its own, and what came out of it, for tests.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/work/header_builder.h"
#include "host/work/roll_space.h"
#include "stratum/v1/session.h"
#include "stratum/v1/session_record.h"

namespace lode::stratum::v1::test {

using namespace std::chrono_literals;

inline constexpr std::string_view kPrevious = "ecf556b5f84cb936a8bac6a564389fcddccfedf20000037a0000000000000000";
inline constexpr std::string_view kNextPrevious = "bf44fd3513dc7b837d60e5c628b572b448d204a8000007490000000000000000";
/// A coinbase at height 840000 with 4 + 4 bytes for the extranonces: before and behind them.
inline constexpr std::string_view kCoinb1 =
    "02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff120340d10c2f706f6f6c2f";
inline constexpr std::string_view kCoinb2 =
    "feffffff0100f2052a010000001600140102030405060708090a0b0c0d0e0f101112131400000000";

/// A share difficulty that a few thousand hashes meet.
inline constexpr std::string_view kEasy = "1e-9";

struct NotifySpec {
  std::string id = "1";
  std::string previous = std::string(kPrevious);
  std::string coinb1 = std::string(kCoinb1);
  std::string coinb2 = std::string(kCoinb2);
  std::vector<std::string> branch = {};
  std::string version = "20000000";
  std::string bits = "1705dd01";
  std::string time = "64658bd8";
  bool clean = false;
};

inline boost::json::array notify_params(const NotifySpec& spec) {
  return {
      spec.id,      spec.previous, spec.coinb1, spec.coinb2, boost::json::array(spec.branch.begin(), spec.branch.end()),
      spec.version, spec.bits,     spec.time,   spec.clean};
}

inline std::string notify_line(const NotifySpec& spec = {}) {
  return encode_notification("mining.notify", notify_params(spec));
}

inline std::string difficulty_line(std::string_view number) {
  return R"({"id":null,"method":"mining.set_difficulty","params":[)" + std::string(number) + "]}";
}

inline SessionOptions plain_options() {
  SessionOptions options;
  options.name = "pool.example.com:3333";
  options.endpoint = {.host = "pool.example.com", .port = 3333};
  options.user = "bc1qexample.rig";
  options.password = "secret";
  return options;
}

class Driver {
 public:
  explicit Driver(SessionOptions options = plain_options()) : options_(std::move(options)) { connect(); }

  /// Another connection to the same pool.
  void connect() {
    session = std::make_unique<Session>(options_, memory);
    sent.clear();
    events.clear();
    take(session->start(now));
  }
  void receive(std::string_view line) { take(session->receive(line, now)); }
  /// The time moves on, deadline by deadline.
  void wait(std::chrono::milliseconds span) {
    const TimePoint until = now + span;
    for (auto next = session->next_deadline(); next && *next <= until; next = session->next_deadline()) {
      now = std::max(now, *next);
      take(session->expire(now));
    }
    now = until;
  }
  void submit(const work::Share& share) { take(session->submit(share, now)); }

  /// Handshake as a pool with everything answers it. `mask` empty: version rolling is refused.
  void shake_hands(std::string_view mask = "1fffe000", std::string_view extranonce1 = "f0000001", int size = 4) {
    receive(reply_to("mining.configure", mask.empty() ? R"({"version-rolling":false})"
                                                      : R"({"version-rolling":true,"version-rolling.mask":")" +
                                                            std::string(mask) + R"("})"));
    receive(reply_to("mining.subscribe", R"([[["mining.set_difficulty","a"],["mining.notify","s1"]],")" +
                                             std::string(extranonce1) + R"(",)" + std::to_string(size) + "]"));
    receive(reply_to("mining.authorize", "true"));
  }

  /// The last line sent that calls `method`; empty: none.
  [[nodiscard]] std::string last(std::string_view method) const {
    for (auto line = sent.rbegin(); line != sent.rend(); ++line) {
      if (line->find(R"("method":")" + std::string(method) + '"') != std::string::npos) return *line;
    }
    return {};
  }
  [[nodiscard]] std::size_t count(std::string_view method) const {
    std::size_t found = 0;
    for (const std::string& line : sent)
      if (line.find(R"("method":")" + std::string(method) + '"') != std::string::npos) ++found;
    return found;
  }
  [[nodiscard]] boost::json::array last_params(std::string_view method) const {
    const std::string line = last(method);
    if (line.empty()) return {};
    return boost::json::parse(line).at("params").as_array();
  }
  [[nodiscard]] std::string id_of(std::string_view method) const {
    const std::string line = last(method);
    return line.empty() ? "999999" : boost::json::serialize(boost::json::parse(line).at("id"));
  }
  [[nodiscard]] std::string reply_to(std::string_view method, std::string_view result,
                                     std::string_view error = "null") const {
    return R"({"id":)" + id_of(method) + R"(,"result":)" + std::string(result) + R"(,"error":)" + std::string(error) +
           "}";
  }

  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Output& event : events) {
      if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
    }
    return found;
  }
  /// The work handed over last.
  [[nodiscard]] std::shared_ptr<const work::WorkTemplate> work() const {
    const auto works = all<NewWork>();
    return works.empty() ? nullptr : works.back().work;
  }

  /// A share of `work` that meets its target: the `nth` found from the beginning of its space.
  work::Share find(std::shared_ptr<const work::WorkTemplate> work, int nth = 0) const {
    work::Share share;
    share.job = std::make_shared<const work::Job>(work::Job{.generation = 1, .work = std::move(work), .received = now});
    share.found = now;
    work::RollSpace space(share.job, {}, 1);
    for (auto unit = space.next(); unit; unit = space.next()) {
      for (std::uint32_t word = 0; word < 64; ++word) {
        share.roll = unit->roll_of({.nonce_word = word, .midstate = 0});
        share.hash = work::build_header(*share.job->work, share.roll).hash();
        if (share.job->work->share_target.is_met_by(share.hash) && nth-- == 0) return share;
      }
    }
    return share;
  }

  void take(const Outputs& outputs) {
    for (const Output& output : outputs) {
      if (const SendLine* line = std::get_if<SendLine>(&output)) {
        sent.push_back(line->line);
      } else {
        events.push_back(output);
      }
    }
  }

  PoolMemory memory;
  std::unique_ptr<Session> session;
  TimePoint now{std::chrono::hours(1)};
  std::vector<std::string> sent;
  std::vector<Output> events;

 private:
  SessionOptions options_;
};

}  // namespace lode::stratum::v1::test
