#include "stratum/v1/session_record.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <type_traits>

#include "host/base/hex.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

std::string blot_password(const std::string& line) {
  if (line.find("mining.authorize") == std::string::npos) return line;
  auto message = parse_message(line);
  Request* request = message ? std::get_if<Request>(&*message) : nullptr;
  if (request == nullptr || request->method != "mining.authorize" || request->params.size() < 2) return line;
  request->params[1] = kBlottedPassword;
  return encode_request(request->id.if_int64() == nullptr ? 0 : *request->id.if_int64(), request->method,
                        std::move(request->params));
}

std::string_view cause_name(NewWork::Cause cause) noexcept {
  switch (cause) {
    case NewWork::Cause::kJob:
      return "job";
    case NewWork::Cause::kDifficulty:
      return "difficulty";
    case NewWork::Cause::kVersionMask:
      return "version mask";
    case NewWork::Cause::kTime:
      break;
  }
  return "time";
}

json::object event(std::string_view name, json::object fields) {
  fields["name"] = name;
  return {{"event", std::move(fields)}};
}

json::object describe_one(const SendLine& output) {
  return {{"send", blot_password(output.line)}};
}
json::object describe_one(const Configured& output) {
  return event("configured",
               {{"version_rolling", output.answer.version_rolling}, {"version_mask", output.version_mask}});
}
json::object describe_one(const Subscribed& output) {
  return event("subscribed", {{"session", output.answer.session_id},
                              {"extranonce1", to_hex(output.answer.extranonce.prefix)},
                              {"extranonce2_size", output.answer.extranonce.extranonce2_size}});
}
json::object describe_one(const Authorized& output) {
  return event("authorized", {{"assumed", output.assumed}});
}
json::object describe_one(const NewWork& output) {
  const work::WorkTemplate& work = *output.work;
  return event("work", {{"cause", cause_name(output.cause)},
                        {"job", work.job_id},
                        {"clean", work.clean},
                        {"height", work.height},
                        {"version_mask", work.version_mask},
                        {"time", work.time},
                        {"time_roll_limit", work.time_roll_limit},
                        {"share_target", work.share_target.to_display()},
                        {"extranonce1", to_hex(work.extranonce1)},
                        {"first_extranonce2", work.first_extranonce2}});
}
json::object describe_one(const DifficultyChanged& output) {
  return event("difficulty", {{"target", output.target.to_display()}});
}
json::object describe_one(const ShareResult& output) {
  return event(output.outcome.again ? "block again" : "share", {{"verdict", verdict_name(output.verdict)},
                                                                {"hash", output.outcome.hash.to_display()},
                                                                {"sent", output.sent},
                                                                {"code", output.outcome.code},
                                                                {"reason", output.outcome.reason},
                                                                {"latency", std::int64_t{output.latency.count()}}});
}
json::object describe_one(const PoolMessage& output) {
  return event("message", {{"text", output.text}});
}
json::object describe_one(const Reconnect& output) {
  return event("reconnect",
               {{"host", output.target.host}, {"port", output.target.port}, {"wait", output.target.wait.count()}});
}
json::object describe_one(const Warning& output) {
  return event("warning", {{"text", output.text}});
}
json::object describe_one(const BadMessage& output) {
  return event("bad message", {{"text", output.error.message()}});
}
json::object describe_one(const SessionFailed& output) {
  return event("failed", {{"text", output.error.message()}});
}

}  // namespace

json::object describe(const Output& output) {
  return std::visit([](const auto& one) { return describe_one(one); }, output);
}

SessionRecorder::SessionRecorder(std::ostream& to, const SessionOptions& options, const PoolMemory& memory,
                                 TimePoint begin)
    : to_(to), begin_(begin) {
  const json::object known{{"session", memory.session_id},
                           {"difficulty_at_once", memory.difficulty_at_once},
                           {"judges_by_suggestion", memory.judges_by_suggestion},
                           {"bits_as_change", memory.bits_form == VersionBitsForm::kChange},
                           {"bits_form_proved", memory.bits_form_proved},
                           {"open_blocks", encode_open_blocks(memory.open_blocks, begin)}};
  const json::object head{
      {"lode", "stratum-v1-session"}, {"format", 1}, {"options", encode_options(options)}, {"memory", known}};
  to_ << json::serialize(head) << '\n';
}

void SessionRecorder::write(TimePoint now, std::string_view key, json::value value) {
  json::object line{{"t", std::int64_t{(now - begin_).count()}}};
  line[key] = std::move(value);
  to_ << json::serialize(line) << '\n';
}

void SessionRecorder::start(TimePoint now) {
  write(now, "start", true);
}

void SessionRecorder::receive(std::string_view line, TimePoint now) {
  write(now, "receive", json::value(json::string_view(line.data(), line.size())));
}

void SessionRecorder::expire(TimePoint now) {
  write(now, "expire", true);
}

void SessionRecorder::set_hash_rate(double hashes_per_second, TimePoint now) {
  write(now, "rate", hashes_per_second);
}

void SessionRecorder::end(const Error& reason, TimePoint now) {
  write(now, "end", json::value(reason.message()));
}

void SessionRecorder::submit(const work::Share& share, TimePoint now) {
  json::value index = nullptr;  // work of another connection
  for (const auto& [number, work] : recent_) {
    if (share.job && work.lock() == share.job->work) index = number;
  }
  write(now, "share",
        json::object{{"work", index},
                     {"extranonce2", share.roll.extranonce2},
                     {"version", share.roll.version},
                     {"time", share.roll.time},
                     {"nonce", share.roll.nonce},
                     {"hash", share.hash.to_display()},
                     {"block", share.is_block},
                     {"found", std::int64_t{(share.found - begin_).count()}}});
}

void SessionRecorder::submit_earlier(const Submission& block, TimePoint now) {
  write(now, "block", encode_submission(block, begin_));
}

void SessionRecorder::outputs(const Outputs& outputs, TimePoint now) {
  for (const Output& output : outputs) {
    if (const NewWork* work = std::get_if<NewWork>(&output)) {
      recent_.emplace_back(works_++, work->work);
      if (recent_.size() > kRecentJobs) recent_.pop_front();
    }
    for (auto& [key, value] : describe(output))
      write(now, std::string_view(key.data(), key.size()), value);
  }
}

}  // namespace lode::stratum::v1
