// Many shares under random changes of everything, judged by a pool that knows only the messages. LODE_STRATUM_SHARES
// sets how many are mined a case (100000 for the long form), LODE_STRATUM_SEED the seed, which is printed.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>

#include "host/base/endian.h"
#include "host/base/hex.h"
#include "host/work/job_book.h"
#include "tests/stratum/v1/pool_model.h"

namespace lode::stratum::v1::test {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// A miner that looks at a few nonces of each unit of work, so that all of RollSpace's dimensions get rolled.
struct Search {
  std::shared_ptr<const work::Job> job;
  work::RollSpace space;
  std::optional<work::WorkUnit> unit = {};
  std::uint32_t word = 0;
  std::uint32_t midstate = 0;

  explicit Search(std::shared_ptr<const work::Job> job_in) : job(job_in), space(std::move(job_in), {}, 4) {}
};

class World {
 public:
  World(std::uint64_t seed, bool at_once, VersionRule rule) : random_(seed), driver_(options(at_once)) {
    pool_.difficulty_at_once = at_once;
    pool_.version_rule = rule;
    // The form is learned from a refusal (see session_pools_test); here no refusal is allowed.
    if (rule == VersionRule::kXor) driver_.memory.bits_form = VersionBitsForm::kChange;
    greet();
  }

  void run(std::size_t shares) {
    std::size_t idle = 0;
    while (pool_.accepted < shares) {
      const std::size_t before = pool_.accepted;
      step();
      answer_everything();
      ASSERT_TRUE(pool_.refusals.empty()) << pool_.refusals.begin()->first;
      ASSERT_FALSE(driver_.session->is_over());
      idle = pool_.accepted == before ? idle + 1 : 0;
      ASSERT_LT(idle, 10'000U) << "no share for a long time";
    }
  }

  std::size_t jobs = 0;
  std::size_t connections = 0;
  std::size_t held_back = 0;

 private:
  static SessionOptions options(bool at_once) {
    SessionOptions options = plain_options();
    options.difficulty_timing = at_once ? DifficultyTiming::kAtOnce : DifficultyTiming::kLearn;
    return options;
  }
  std::uint64_t roll(std::uint64_t count) { return random_() % count; }

  void greet() {
    ++connections;
    const std::string mask = mask_text();
    driver_.shake_hands(pool_.version_rolling ? mask : "", to_hex(pool_.extranonce1),
                        static_cast<int>(pool_.extranonce2_size));
    new_difficulty();
    new_job();
  }
  std::string mask_text() const {
    std::array<std::uint8_t, 4> bytes{};
    write_be<std::uint32_t>(bytes, pool_.mask);
    return to_hex(bytes);
  }
  void new_difficulty() {
    const char* forms[] = {"1e-9", R"("1e-9")", "2e-9", "1.5e-9", "0.000000003", R"("4E-9")", "1e-12"};
    const std::string_view form = forms[roll(std::size(forms))];
    pool_.target = *chain::Target::from_difficulty(form.front() == '"' ? form.substr(1, form.size() - 2) : form);
    driver_.receive(difficulty_line(form));
  }
  void new_extranonce(bool tell) {
    pool_.extranonce1.assign(roll(10), static_cast<std::uint8_t>(roll(256)));
    pool_.extranonce2_size = roll(3) == 0 ? roll(3) : roll(17);
    if (!tell) return;
    driver_.receive(encode_notification("mining.set_extranonce",
                                        {to_hex(pool_.extranonce1), std::int64_t(pool_.extranonce2_size)}));
  }
  void new_mask() {
    const std::uint32_t masks[] = {0x1fffe000, 0x00ffe000, 0x00006000, 0, 0x10000000, 0x1fffe000};
    pool_.mask = masks[roll(std::size(masks))];
    if (pool_.version_rolling) {
      driver_.receive(encode_notification("mining.set_version_mask", {mask_text()}));
    }
  }
  void new_job() {
    ++jobs;
    switch (roll(5)) {
      case 0:  // the same again
        break;
      case 1:  // the same content under another name
        spec_.id = std::to_string(++last_id_);
        break;
      case 2:  // other content under the same name: strict pools call what was sent for it stale
        spec_.coinb2 = std::string(kCoinb2);
        write_hex(spec_.coinb2, 12);
        spec_.clean = true;
        break;
      case 3:  // another tip
        spec_.id = std::to_string(++last_id_);
        spec_.previous = std::string(kPrevious);
        write_hex(spec_.previous, 0);
        break;
      default:
        spec_.id = std::to_string(++last_id_);
        spec_.branch.assign(roll(4), std::string(64, "0123456789abcdef"[roll(16)]));
        spec_.version = roll(4) == 0 ? "20006000" : "20000000";
        break;
    }
    if (roll(3) == 0) spec_.clean = true;
    // A pool that sends the same name again replaces its job; this one's age is that of the last.
    driver_.receive(pool_.add_job(spec_, driver_.now));
    spec_.clean = false;
    take_work();
  }
  void write_hex(std::string& text, std::size_t at) {
    for (std::size_t i = 0; i < 8; ++i)
      text[at + i] = "0123456789abcdef"[roll(16)];
  }
  void reconnect() {
    old_.push_back(searches_.empty() ? nullptr : searches_.back()->job);
    if (old_.size() > 8) old_.pop_front();
    (void)driver_.session->end(fail(Errc::kDisconnected, "test"), driver_.now);
    pool_.forget_jobs();
    if (roll(3) != 0) new_extranonce(false);
    pool_.version_rolling = roll(4) != 0;
    pool_.mask = 0x1fffe000;
    searches_.clear();
    driver_.connect();
    greet();
  }

  void take_work() {
    for (const NewWork& one : driver_.all<NewWork>()) {
      const auto job = book_.add(0, one.work, driver_.now);
      searches_.push_back(std::make_unique<Search>(job));
      if (searches_.size() > 4) searches_.pop_front();
    }
    driver_.events.clear();
  }

  /// The next result of a search; a unit is left after a few nonces.
  std::optional<work::Share> find(Search& search) {
    for (int tries = 0; tries < 400; ++tries) {
      if (!search.unit || roll(16) == 0) {
        auto next = search.space.next();
        if (next) {
          search.unit = std::move(next);
          search.word = 0;
        } else if (!search.unit) {
          return std::nullopt;
        }
        search.midstate = static_cast<std::uint32_t>(roll(search.unit->versions.size()));
      }
      work::Share share;
      share.job = search.job;
      share.found = driver_.now;
      share.roll = search.unit->roll_of({.nonce_word = search.word++, .midstate = search.midstate});
      share.hash = work::build_header(*search.job->work, share.roll).hash();
      if (search.job->work->share_target.is_met_by(share.hash)) return share;
    }
    return std::nullopt;
  }

  void mine() {
    if (searches_.empty()) return;
    // Mostly the newest work, at times a device that is late.
    Search& search = roll(8) == 0 ? *searches_[roll(searches_.size())] : *searches_.back();
    const auto share = find(search);
    if (!share) return;
    driver_.submit(*share);
    if (roll(64) == 0) driver_.submit(*share);
    if (roll(64) == 0) {  // what no device should hand in
      work::Share wrong = *share;
      wrong.roll.version ^= 0x80000000;
      driver_.submit(wrong);
    }
  }
  void submit_to_the_wrong_session() {
    for (const auto& job : old_) {
      if (!job) continue;
      work::Share share;
      share.job = job;
      share.found = driver_.now;
      share.is_block = roll(2) == 0;
      const std::size_t before = driver_.sent.size();
      driver_.submit(share);
      ASSERT_EQ(driver_.sent.size(), before);
    }
  }

  void step() {
    const std::uint64_t what = roll(200);
    if (what < 180) {
      mine();
    } else if (what < 186) {
      new_job();
    } else if (what < 190) {
      new_difficulty();
    } else if (what < 193) {
      new_extranonce(true);
    } else if (what < 195) {
      new_mask();
    } else if (what < 198) {
      driver_.wait(std::chrono::milliseconds(roll(5000)));
      if (!driver_.session->is_over()) driver_.receive(pool_.add_job(spec_, driver_.now));
    } else if (what < 199) {
      submit_to_the_wrong_session();
    } else {
      reconnect();
    }
    for (const ShareResult& result : driver_.all<ShareResult>())
      held_back += result.sent ? 0 : 1;
    take_work();
  }
  void answer_everything() {
    std::vector<std::string> submits;
    for (const std::string& line : driver_.sent) {
      if (line.find("mining.submit") != std::string::npos) submits.push_back(line);
    }
    driver_.sent.clear();
    for (auto line = submits.rbegin(); line != submits.rend(); ++line)
      driver_.receive(pool_.answer(*line, driver_.now));
  }

  std::mt19937_64 random_;
  PoolModel pool_;
  Driver driver_;
  work::JobBook book_;
  std::deque<std::unique_ptr<Search>> searches_;
  std::deque<std::shared_ptr<const work::Job>> old_;
  NotifySpec spec_;
  std::uint64_t last_id_ = 0;
};

TEST(SessionProperty, NoShareIsDuplicateLowStrangeOrMisdirected) {
  const std::uint64_t shares = number_from("LODE_STRATUM_SHARES", 2'000);
  const std::uint64_t seed = number_from("LODE_STRATUM_SEED", std::random_device()());
  std::cout << "seed: LODE_STRATUM_SEED=" << seed << std::endl;
  std::uint64_t nth = 0;
  for (const bool at_once : {false, true}) {
    for (const VersionRule rule : {VersionRule::kReplace, VersionRule::kOr, VersionRule::kXor}) {
      World world(seed + nth++, at_once, rule);
      world.run(shares);
      if (HasFatalFailure())
        FAIL() << "seed " << seed << ", at once " << at_once << ", rule " << static_cast<int>(rule);
      std::cout << world.jobs << " jobs, " << world.connections << " connections, " << world.held_back
                << " results held back" << std::endl;
    }
  }
}

}  // namespace
}  // namespace lode::stratum::v1::test
