#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <limits>
#include <type_traits>

#include "stratum/v1/session_record.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

void read(const json::value& value, std::string& to, bool& good) {
  const json::string* text = value.if_string();
  good = good && text != nullptr;
  if (text != nullptr) to.assign(text->data(), text->size());
}

void read(const json::value& value, bool& to, bool& good) {
  const bool* flag = value.if_bool();
  good = good && flag != nullptr;
  if (flag != nullptr) to = *flag;
}

template <class T>
requires std::is_unsigned_v<T>
void read(const json::value& value, T& to, bool& good) {
  const std::int64_t* number = value.if_int64();
  const bool fits = number != nullptr && *number >= 0 &&
                    static_cast<std::uint64_t>(*number) <= std::uint64_t{std::numeric_limits<T>::max()};
  good = good && fits;
  if (fits) to = static_cast<T>(*number);
}

void read(const json::value& value, std::chrono::milliseconds& to, bool& good) {
  std::uint32_t count = 0;
  read(value, count, good);
  to = std::chrono::milliseconds(count);
}

void read(const json::value& value, std::optional<double>& to, bool& good) {
  if (value.is_null()) return;
  good = good && value.is_number();
  if (value.is_number()) to = value.to_number<double>();
}

void read(const json::value& value, std::optional<chain::Target>& to, bool& good) {
  if (value.is_null()) return;
  std::string digits;
  read(value, digits, good);
  auto target = chain::Target::from_display(digits);
  good = good && target.has_value();
  if (target) to = *target;
}

void read(const json::value& value, std::vector<std::string>& to, bool& good) {
  const json::array* list = value.if_array();
  good = good && list != nullptr;
  if (list == nullptr) return;
  for (const json::value& element : *list)
    read(element, to.emplace_back(), good);
}

template <class T>
requires std::is_enum_v<T>
void read(const json::value& value, T& to, bool& good) {
  std::uint8_t number = 0;
  read(value, number, good);
  good = good && number <= 2;
  if (good) to = static_cast<T>(number);
}

json::value write(const std::string& text) {
  return json::value(text);
}
json::value write(bool flag) {
  return flag;
}
template <class T>
requires std::is_unsigned_v<T> json::value write(T number) {
  return std::int64_t{static_cast<std::int64_t>(number)};
}
json::value write(std::chrono::milliseconds span) {
  return std::int64_t{span.count()};
}
json::value write(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value();
}
json::value write(const std::optional<chain::Target>& target) {
  return target ? json::value(target->to_display()) : json::value();
}
json::value write(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}
template <class T>
requires std::is_enum_v<T> json::value write(T choice) {
  return std::int64_t{static_cast<std::int64_t>(choice)};
}

/// Names every option once, for both directions. The password is not among them.
template <class Options, class Visitor>
void visit_options(Options& options, Visitor&& visit) {
  visit("name", options.name);
  visit("host", options.endpoint.host);
  visit("port", options.endpoint.port);
  visit("tls", options.endpoint.tls);
  visit("user", options.user);
  visit("user_agent", options.user_agent);
  visit("configure", options.configure);
  visit("version_mask", options.version_mask);
  visit("min_version_bits", options.min_version_bits);
  visit("minimum_difficulty", options.minimum_difficulty);
  visit("subscribe_extranonce", options.subscribe_extranonce);
  visit("send_info", options.send_info);
  visit("suggest_difficulty", options.suggest_difficulty);
  visit("suggest_target", options.suggest_target);
  visit("difficulty_timing", options.difficulty_timing);
  visit("time_ahead", options.time_ahead);
  visit("follow_reconnect", options.reconnect.follow);
  visit("allowed_hosts", options.reconnect.allowed_hosts);
  visit("limit_subscribe", options.limits.subscribe);
  visit("limit_authorize", options.limits.authorize);
  visit("limit_first_job", options.limits.first_job);
  visit("limit_silence", options.limits.silence);
  visit("limit_answered_silence", options.limits.answered_silence);
  visit("limit_share", options.limits.share);
  visit("limit_first_share", options.limits.first_share);
  visit("limit_bad_messages", options.limits.bad_messages);
  visit("limit_jobs", options.limits.jobs);
  visit("limit_job_pause", options.limits.job_pause);
  visit("limit_changes", options.limits.changes);
}

}  // namespace

json::object encode_options(const SessionOptions& options) {
  json::object object;
  visit_options(options, [&](std::string_view name, const auto& value) { object[name] = write(value); });
  return object;
}

Result<SessionOptions> decode_options(const json::object& object) {
  SessionOptions options;
  options.password = kBlottedPassword;
  std::string fault;
  visit_options(options, [&](std::string_view name, auto& value) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr) return;
    bool good = true;
    read(*found, value, good);
    if (!good) fault = name;
  });
  if (!fault.empty()) return fail(Errc::kMalformed, "session record: option '" + fault + "' makes no sense");
  return options;
}

}  // namespace lode::stratum::v1
