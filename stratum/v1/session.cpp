#include "stratum/v1/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stratum/v1/difficulty.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/param_reader.h"

namespace lode::stratum::v1 {
namespace {

/// The error code of JSON-RPC for a method that is not known, as short as pools write it.
constexpr std::int64_t kUnknownMethod = -3;

void keep_earliest(std::optional<TimePoint>& earliest, std::optional<TimePoint> other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

Session::Session(SessionOptions options, PoolMemory& memory) : options_(std::move(options)), memory_(memory) {}

Outputs Session::take() noexcept {
  return std::exchange(outputs_, {});
}

Outputs Session::start(TimePoint now) {
  started_ = last_heard_ = last_sign_ = last_job_ = now;
  memory_.open_blocks.begin_connection();
  if (options_.configure == ConfigureOrder::kFirst) ask_configure();
  ask_subscribe();
  return take();
}

Outputs Session::receive(std::string_view line, TimePoint now) {
  if (over_ || !started_) return {};
  last_heard_ = now;
  if (ping_sent_) {
    ping_sent_.reset();
    last_sign_ = now;
  }
  auto message = parse_message(line);
  if (!message) {
    on_bad_message(message.error(), now);
  } else if (const Reply* reply = std::get_if<Reply>(&*message)) {
    on_reply(*reply, now);
  } else {
    on_request(std::get<Request>(*message), now);
  }
  return take();
}

Outputs Session::end(Error reason, TimePoint now) {
  if (!over_) finish(std::move(reason), now);
  return take();
}

void Session::ask(Purpose purpose, std::string_view method, boost::json::array params) {
  asked_[++last_id_] = purpose;
  send(encode_request(last_id_, method, std::move(params)));
}

void Session::on_bad_message(Error error, TimePoint now) {
  emit(BadMessage{error});
  if (++bad_in_a_row_ < options_.limits.bad_messages) return;
  finish(fail(Errc::kProtocol,
              fmt::format("{} messages in a row that make no sense, the last: {}", bad_in_a_row_, error.message())),
         now);
}

void Session::on_reply(const Reply& reply, TimePoint now) {
  bad_in_a_row_ = 0;
  if (!reply.id) {
    if (reply.error) emit(PoolMessage{reply.error->text});
    return;
  }
  if (const auto sent = sent_shares_.find(*reply.id); sent != sent_shares_.end()) {
    const SentShare share = sent->second;
    sent_shares_.erase(sent);
    on_share_reply(share, reply, now);
    return;
  }
  if (const OpenBlocks::Entry* again = memory_.open_blocks.sent_as(*reply.id)) {
    const OpenBlocks::Entry entry = *again;
    on_block_reply(entry.block, entry.sent, reply, now);
    return;
  }
  const auto asked = asked_.find(*reply.id);
  if (asked == asked_.end()) return;  // answered twice, or after its time
  const Purpose purpose = asked->second;
  asked_.erase(asked);
  switch (purpose) {
    case Purpose::kConfigure:
      on_configured(reply, now);
      break;
    case Purpose::kSubscribe:
      on_subscribed(reply, now);
      break;
    case Purpose::kAuthorize:
      on_authorized(reply, now);
      break;
    case Purpose::kSuggest:
      on_suggestion_answered(reply, now);
      break;
    case Purpose::kExtranonce:
    case Purpose::kPing:
      break;  // a refusal changes nothing
  }
}

void Session::on_request(const Request& request, TimePoint now) {
  const std::size_t bad_before = bad_in_a_row_;
  if (request.method == "mining.notify") {
    on_notify(request, now);
  } else if (request.method == "mining.set_difficulty") {
    on_difficulty(parse_set_difficulty(request), now);
  } else if (request.method == "mining.set_target") {
    on_difficulty(parse_set_target(request), now);
  } else if (request.method == "mining.set_extranonce") {
    on_set_extranonce(request, now);
  } else if (request.method == "mining.set_version_mask") {
    on_set_version_mask(request, now);
  } else if (request.method == "client.reconnect") {
    on_reconnect(request, now);
  } else if (request.method == "client.show_message") {
    ParamReader params(request.params, "client.show_message");
    emit(PoolMessage{printable(params.text(0, "message", kMaxLine))});
  } else if (request.method == "client.get_version") {
    answer(request, boost::json::value(options_.user_agent));
  } else if (request.method == "mining.ping" || request.method == "client.ping") {
    answer(request, boost::json::value("pong"));
  } else if (!request.is_notification()) {
    send(encode_error(request.id, kUnknownMethod, "Method not found"));
  }
  if (bad_in_a_row_ == bad_before) bad_in_a_row_ = 0;
}

void Session::answer(const Request& request, boost::json::value result) {
  if (!request.is_notification()) send(encode_result(request.id, std::move(result)));
}

void Session::on_set_extranonce(const Request& request, TimePoint now) {
  auto extranonce = parse_extranonce(request.params, 0, "mining.set_extranonce");
  if (!extranonce) {
    on_bad_message(extranonce.error(), now);
    return;
  }
  next_extranonce_ = std::move(*extranonce);
  answer(request, true);
}

void Session::on_reconnect(const Request& request, TimePoint now) {
  auto target = decide_reconnect(request.params, options_.endpoint, options_.reconnect);
  if (target) {
    emit(Reconnect{std::move(*target)});
  } else if (target.error().is(Errc::kRejected)) {
    emit(Warning{target.error().message()});
  } else {
    on_bad_message(target.error(), now);
  }
}

void Session::finish(Error error, TimePoint now) {
  if (over_) return;
  over_ = true;
  for (const auto& [id, sent] : std::exchange(sent_shares_, {}))
    report(sent.share, ShareVerdict::kUnanswered, nullptr, sent.sent, now);
  while (const auto waiting = memory_.open_blocks.overdue(now))
    memory_.open_blocks.note_silence(waiting->hash, now);
  for (const work::Share& share : std::exchange(held_shares_, {}))
    hold_back(share, ShareVerdict::kUnanswered, "the connection ended before the worker was authorized", now);
  for (const Issued& issued : std::exchange(issued_, {}))
    memory_.earlier_work.add(issued.work, issued.mask);
  emit(SessionFailed{std::move(error)});
}

std::optional<TimePoint> Session::silence_deadline() const {
  if (!subscribed_) return std::nullopt;
  const SessionLimits& limits = options_.limits;
  if (!current_) return *subscribed_ + limits.first_job;
  const TimePoint last_call = last_job_ + limits.answered_silence;
  const TimePoint next = ping_sent_ ? *ping_sent_ + limits.silence / 2 : last_sign_ + limits.silence / 2;
  return std::min(last_call, next);
}

std::optional<TimePoint> Session::next_deadline() const {
  if (over_ || !started_) return std::nullopt;
  std::optional<TimePoint> earliest = silence_deadline();
  if (!subscribed_) keep_earliest(earliest, *started_ + options_.limits.subscribe);
  if (!authorized_ && authorize_asked_) keep_earliest(earliest, *authorize_asked_ + options_.limits.authorize);
  if (!sent_shares_.empty()) keep_earliest(earliest, sent_shares_.begin()->second.sent + options_.limits.share);
  if (authorized_) keep_earliest(earliest, memory_.open_blocks.next_deadline(options_.limits.share));
  keep_earliest(earliest, time_roll_deadline());
  if (deferred_notify_) keep_earliest(earliest, next_job_at());
  return earliest;
}

Outputs Session::expire(TimePoint now) {
  if (over_ || !started_) return {};
  expire_handshake(now);
  if (!over_) expire_shares(now);
  if (!over_) expire_blocks(now);
  if (!over_) expire_silence(now);
  if (!over_) take_deferred_notify(now);
  if (!over_) expire_work(now);
  return take();
}

void Session::expire_handshake(TimePoint now) {
  const SessionLimits& limits = options_.limits;
  if (!subscribed_ && now >= *started_ + limits.subscribe) {
    finish(fail(Errc::kTimeout,
                fmt::format("the pool did not answer mining.subscribe within {} s", limits.subscribe.count() / 1000)),
           now);
    return;
  }
  if (authorized_ || !authorize_asked_ || now < *authorize_asked_ + limits.authorize) return;
  if (current_) {
    become_authorized(true, now);
  } else {
    finish(fail(Errc::kTimeout,
                fmt::format("the pool did not answer mining.authorize within {} s", limits.authorize.count() / 1000)),
           now);
  }
}

void Session::expire_silence(TimePoint now) {
  const auto deadline = silence_deadline();
  if (!deadline || now < *deadline) return;
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - last_job_).count();
  if (!current_) {
    finish(fail(Errc::kTimeout, "the pool sent no work after the subscription"), now);
  } else if (ping_sent_ || now >= last_job_ + options_.limits.answered_silence) {
    finish(fail(Errc::kTimeout, fmt::format("the pool sent no work for {} s", silent)), now);
  } else {
    ping_sent_ = now;
    ask(Purpose::kPing, "mining.ping", {});
  }
}

}  // namespace lode::stratum::v1
