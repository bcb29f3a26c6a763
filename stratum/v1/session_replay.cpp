#include "stratum/v1/session_replay.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <limits>

#include "stratum/v1/json_number.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/session_record.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

/// A recorded message may be twice as long as received, all of it escaped.
constexpr std::size_t kMaxRecordLine = 2 * kMaxLine + 4096;

class Replay {
 public:
  Result<ReplayReport> run(std::istream& record);

 private:
  Result<void> read_head(const json::object& head);
  Result<void> step(const json::object& line);
  Result<void> input(const json::object& line, TimePoint now);
  Result<work::Share> read_share(const json::value& value) const;
  void compare(const json::object& line);
  void keep(Outputs outputs);
  [[nodiscard]] Error malformed(std::string_view what) const {
    return fail(Errc::kMalformed, fmt::format("session record, line {}: {}", line_, what));
  }

  PoolMemory memory_;
  std::optional<Session> session_;
  std::deque<std::string> expected_;  ///< outputs of the last input that the record has not confirmed yet
  std::deque<std::shared_ptr<const work::Job>> jobs_;
  std::uint64_t first_job_ = 0;  ///< number of jobs_.front()
  std::size_t line_ = 0;
  ReplayReport report_;
};

Result<void> Replay::read_head(const json::object& head) {
  const json::value* name = head.if_contains("lode");
  if (name == nullptr || *name != "stratum-v1-session") return malformed("this is no record of a session");
  if (number<std::int64_t>(head, "format") != 1) {
    return fail(Errc::kUnsupported, "session record: another format than 1");
  }
  SessionOptions options;
  if (const json::value* given = head.if_contains("options"); given != nullptr && given->is_object()) {
    auto decoded = decode_options(given->get_object());
    if (!decoded) return decoded.error();
    options = std::move(*decoded);
  }
  if (const json::value* given = head.if_contains("memory"); given != nullptr && given->is_object()) {
    const json::object& known = given->get_object();
    const auto flag = [&](std::string_view key) {
      const json::value* value = known.if_contains(key);
      return value != nullptr && value->is_bool() && value->get_bool();
    };
    if (const json::value* id = known.if_contains("session"); id != nullptr && id->is_string()) {
      memory_.session_id = id->get_string();
    }
    memory_.difficulty_at_once = flag("difficulty_at_once");
    memory_.judges_by_suggestion = flag("judges_by_suggestion");
    memory_.bits_form = flag("bits_as_change") ? VersionBitsForm::kChange : VersionBitsForm::kMasked;
    memory_.bits_form_proved = flag("bits_form_proved");
    if (const json::value* blocks = known.if_contains("open_blocks")) {
      if (const auto decoded = decode_open_blocks(*blocks, memory_.open_blocks); !decoded) {
        return malformed(decoded.error().message());
      }
    }
  }
  session_.emplace(std::move(options), memory_);
  return {};
}

Result<work::Share> Replay::read_share(const json::value& value) const {
  const json::object* fields = value.if_object();
  if (fields == nullptr) return malformed("share is no object");
  work::Share share;
  const auto extranonce2 = number<std::uint64_t>(*fields, "extranonce2");
  const auto version = number<std::uint32_t>(*fields, "version");
  const auto time = number<std::uint32_t>(*fields, "time");
  const auto nonce = number<std::uint32_t>(*fields, "nonce");
  const auto found = nanoseconds(*fields, "found");
  const json::value* hash = fields->if_contains("hash");
  const json::value* block = fields->if_contains("block");
  if (!extranonce2 || !version || !time || !nonce || !found || hash == nullptr || !hash->is_string() ||
      block == nullptr || !block->is_bool()) {
    return malformed("share lacks a field");
  }
  const auto decoded = chain::Hash256::from_display(std::string_view(hash->get_string()));
  if (!decoded) return malformed("share has no hash");
  share.roll = {.extranonce2 = *extranonce2, .version = *version, .time = *time, .nonce = *nonce};
  share.hash = *decoded;
  share.is_block = block->get_bool();
  share.found = TimePoint(std::chrono::nanoseconds(*found));
  if (const auto index = number<std::uint64_t>(*fields, "work")) {
    if (*index >= first_job_ && *index - first_job_ < jobs_.size()) share.job = jobs_[*index - first_job_];
  }
  return share;
}

void Replay::keep(Outputs outputs) {
  for (const Output& output : outputs) {
    if (const NewWork* work = std::get_if<NewWork>(&output)) {
      jobs_.push_back(std::make_shared<const work::Job>(work::Job{.work = work->work, .received = {}}));
      if (jobs_.size() > kRecentJobs) {
        jobs_.pop_front();
        ++first_job_;
      }
    }
    expected_.push_back(json::serialize(describe(output)));
  }
}

void Replay::compare(const json::object& line) {
  ++report_.outputs;
  json::object bare = line;
  bare.erase("t");
  std::string recorded = json::serialize(bare);
  if (!expected_.empty() && expected_.front() == recorded) {
    expected_.pop_front();
    return;
  }
  report_.difference = {line_, std::move(recorded), expected_.empty() ? std::string() : expected_.front()};
}

Result<void> Replay::input(const json::object& line, TimePoint now) {
  if (line.if_contains("start") != nullptr) {
    keep(session_->start(now));
  } else if (const json::value* received = line.if_contains("receive")) {
    if (!received->is_string()) return malformed("receive is no text");
    keep(session_->receive(std::string_view(received->get_string()), now));
  } else if (line.if_contains("expire") != nullptr) {
    keep(session_->expire(now));
  } else if (const json::value* share = line.if_contains("share")) {
    auto read = read_share(*share);
    if (!read) return read.error();
    keep(session_->submit(*read, now));
  } else if (const json::value* block = line.if_contains("block")) {
    const auto decoded = decode_submission(*block);
    if (!decoded) return malformed(decoded.error().message());
    keep(session_->submit_earlier(*decoded, now));
  } else if (const auto rate = number<double>(line, "rate")) {
    session_->set_hash_rate(*rate);
  } else if (const json::value* end = line.if_contains("end"); end != nullptr && end->is_string()) {
    keep(session_->end(fail(Errc::kDisconnected, std::string(std::string_view(end->get_string()))), now));
  } else {
    return malformed("neither an input nor an output");
  }
  return {};
}

Result<void> Replay::step(const json::object& line) {
  const auto time = nanoseconds(line, "t");
  if (!time || *time < report_.nanoseconds) return malformed("no time, or one that runs backwards");
  if (line.contains("send") || line.contains("event")) {
    compare(line);
    return {};
  }
  if (!expected_.empty()) {
    report_.difference = {line_, {}, expected_.front()};
    return {};
  }
  ++report_.inputs;
  report_.nanoseconds = *time;
  return input(line, TimePoint(std::chrono::nanoseconds(*time)));
}

Result<ReplayReport> Replay::run(std::istream& record) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  std::string text;
  while (!report_.difference && std::getline(record, text)) {
    ++line_;
    if (text.size() > kMaxRecordLine) {
      return fail(Errc::kTooLarge, fmt::format("session record, line {}: longer than any record's", line_));
    }
    boost::system::error_code error;
    const json::value value = json::parse(text, error, json::storage_ptr(), options);
    if (error || !value.is_object()) return malformed("no JSON object");
    const auto done = session_ ? step(value.get_object()) : read_head(value.get_object());
    if (!done) return done.error();
  }
  if (!session_) return malformed("the record is empty");
  if (!report_.difference && !expected_.empty()) report_.difference = {line_, {}, expected_.front()};
  return report_;
}

}  // namespace

Result<ReplayReport> replay_session(std::istream& record) {
  return Replay().run(record);
}

}  // namespace lode::stratum::v1
