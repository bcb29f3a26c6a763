#include "stratum/v1/handshake.h"

#include <charconv>

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

/// Longer ones are not repeated to the pool.
constexpr std::size_t kMaxSessionId = 256;

std::string short_text(const json::value& value) {
  const json::string* text = value.if_string();
  return text == nullptr || text->size() > kMaxSessionId ? std::string() : std::string(text->data(), text->size());
}

bool is_notify(const json::value& value) {
  const json::string* text = value.if_string();
  return text != nullptr && *text == "mining.notify";
}

/// The id of the notify subscription, of a list of pairs or of a single pair.
std::string find_session_id(const json::value& subscriptions) {
  const json::array* list = subscriptions.if_array();
  if (list == nullptr) return {};
  if (list->size() >= 2 && is_notify((*list)[0])) return short_text((*list)[1]);
  for (const json::value& element : *list) {
    const json::array* pair = element.if_array();
    if (pair != nullptr && pair->size() >= 2 && is_notify((*pair)[0])) return short_text((*pair)[1]);
  }
  return {};
}

bool is_true(const json::object& answer, std::string_view name) {
  const json::value* value = answer.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

Result<SubscribeAnswer> parse_subscribe_answer(const json::value& result) {
  const json::array* parts = result.if_array();
  if (parts == nullptr) return fail(Errc::kMalformed, "mining.subscribe: the answer is not an array");
  auto extranonce = parse_extranonce(*parts, 1, "mining.subscribe");
  if (!extranonce) return extranonce.error();
  return SubscribeAnswer{.extranonce = std::move(*extranonce), .session_id = find_session_id(parts->front())};
}

std::optional<std::uint32_t> parse_mask(const json::value& value) noexcept {
  const json::string* text = value.if_string();
  if (text == nullptr || text->empty() || text->size() > 8) return std::nullopt;
  std::uint32_t mask = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), mask, 16);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return mask;
}

ConfigureAnswer parse_configure_answer(const json::value& result) {
  ConfigureAnswer answer;
  const json::object* object = result.if_object();
  if (object == nullptr) return answer;
  answer.version_rolling = is_true(*object, "version-rolling");
  answer.minimum_difficulty = is_true(*object, "minimum-difficulty");
  answer.subscribe_extranonce = is_true(*object, "subscribe-extranonce");
  answer.info = is_true(*object, "info");
  if (const json::value* mask = object->if_contains("version-rolling.mask")) answer.version_mask = parse_mask(*mask);
  return answer;
}

}  // namespace lode::stratum::v1
