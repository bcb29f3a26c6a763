#include <fmt/format.h>

#include "stratum/v1/session.h"

namespace lode::stratum::v1 {

namespace json = boost::json;

void Session::ask_configure() {
  json::array extensions;
  json::object parameters;
  if (options_.version_mask != 0) {
    extensions.emplace_back("version-rolling");
    parameters["version-rolling.mask"] = fmt::format("{:08x}", options_.version_mask & kBip323Mask);
    parameters["version-rolling.min-bit-count"] = options_.min_version_bits;
  }
  if (options_.minimum_difficulty) {
    extensions.emplace_back("minimum-difficulty");
    parameters["minimum-difficulty.value"] = *options_.minimum_difficulty;
  }
  if (options_.subscribe_extranonce) extensions.emplace_back("subscribe-extranonce");
  if (options_.send_info) {
    extensions.emplace_back("info");
    parameters["info.sw-version"] = options_.user_agent;
  }
  if (extensions.empty()) return;
  ask(Purpose::kConfigure, "mining.configure", {std::move(extensions), std::move(parameters)});
}

void Session::ask_subscribe() {
  json::array params{options_.user_agent};
  if (!memory_.session_id.empty()) params.emplace_back(memory_.session_id);
  ask(Purpose::kSubscribe, "mining.subscribe", std::move(params));
}

void Session::ask_authorize(TimePoint now) {
  authorize_asked_ = now;
  ask(Purpose::kAuthorize, "mining.authorize", {options_.user, options_.password});
}

void Session::on_configured(const Reply& reply, TimePoint now) {
  Configured configured;
  if (!reply.error) configured.answer = parse_configure_answer(reply.result);
  const ConfigureAnswer& answer = configured.answer;
  const bool asked = options_.version_mask != 0;
  version_rolling_refused_ = !asked || !answer.version_rolling;
  version_rolling_ = !version_rolling_refused_;
  if (version_rolling_refused_) {
    on_mask(0, now);
  } else if (answer.version_mask) {
    on_mask(*answer.version_mask, now);
  }
  configured.version_mask = mask_;
  emit(configured);
}

void Session::on_subscribed(const Reply& reply, TimePoint now) {
  if (subscribed_) return;
  if (reply.error || reply.result.is_null()) {
    if (!memory_.session_id.empty()) {  // the pool does not know the old session, or resuming as such
      memory_.session_id.clear();
      ask_subscribe();
      return;
    }
    finish(fail(Errc::kRejected, fmt::format("the pool refuses mining.subscribe: {}",
                                             reply.error ? reply.error->text : std::string("no reason given"))),
           now);
    return;
  }
  auto answer = parse_subscribe_answer(reply.result);
  if (!answer) {
    finish(answer.error(), now);
    return;
  }
  subscribed_ = last_job_ = last_sign_ = now;
  extranonce_ = answer->extranonce;
  memory_.session_id = answer->session_id;
  emit(Subscribed{std::move(*answer)});
  if (options_.configure == ConfigureOrder::kAfterSubscribe) ask_configure();
  // Before mining.authorize: some pools choose the first difficulty when they answer that.
  if (options_.suggest_difficulty) {
    ask(Purpose::kSuggest, "mining.suggest_difficulty", {*options_.suggest_difficulty});
  }
  if (options_.suggest_target) {
    ask(Purpose::kSuggest, "mining.suggest_target", {options_.suggest_target->to_display()});
  }
  ask_authorize(now);
  if (options_.subscribe_extranonce) ask(Purpose::kExtranonce, "mining.extranonce.subscribe", {});
  if (early_notify_) {
    Notify notify = std::move(*early_notify_);
    early_notify_.reset();
    take_notify(std::move(notify), now);
  }
}

void Session::on_authorized(const Reply& reply, TimePoint now) {
  const bool* flag = reply.result.if_bool();
  const bool refused = reply.error || (flag != nullptr && !*flag);
  if (!refused) {
    become_authorized(false, now);
    return;
  }
  const std::string reason = reply.error && !reply.error->text.empty() ? reply.error->text : "no reason given";
  finish(fail(Errc::kUnauthorized, fmt::format("the pool refuses the worker {}: {}", printable(options_.user), reason)),
         now);
}

void Session::become_authorized(bool assumed, TimePoint now) {
  if (authorized_) return;
  authorized_ = true;
  emit(Authorized{assumed});
  send_held_shares(now);
  send_open_blocks(now);
}

}  // namespace lode::stratum::v1
