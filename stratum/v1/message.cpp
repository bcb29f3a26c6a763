#include "stratum/v1/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "stratum/v1/line_splitter.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

/// Longest method name; the longest known has 28 characters.
constexpr std::size_t kMaxMethod = 64;
/// Longest number that is kept as written.
constexpr std::size_t kMaxNumber = 64;
/// Doubles up to here are exact.
constexpr double kExactDouble = 9007199254740992.0;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> whole_number(const json::value& value) {
  if (const std::int64_t* number = value.if_int64()) return *number;
  if (const double* number = value.if_double()) {
    if (std::abs(*number) < kExactDouble && std::trunc(*number) == *number) return static_cast<std::int64_t>(*number);
    return std::nullopt;
  }
  if (const json::string* text = value.if_string()) return whole_number(std::string_view(text->data(), text->size()));
  return std::nullopt;
}

std::string text_of(const json::value& value) {
  if (const json::string* text = value.if_string()) return printable({text->data(), text->size()});
  if (value.is_null()) return {};
  return printable(json::serialize(value));
}

std::optional<PeerError> read_error(const json::value* value) {
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (const bool* flag = value->if_bool()) {
    if (!*flag) return std::nullopt;
    return PeerError{};
  }
  PeerError error;
  if (const json::array* array = value->if_array()) {
    if (array->empty()) return std::nullopt;
    const auto code = whole_number(array->front());
    if (code) error.code = *code;
    const std::size_t text_at = code ? 1 : 0;  // some leave the code out
    if (array->size() > text_at) error.text = text_of((*array)[text_at]);
    return error;
  }
  if (const json::object* object = value->if_object()) {
    if (object->empty()) return std::nullopt;
    if (const json::value* code = object->if_contains("code")) error.code = whole_number(*code).value_or(0);
    if (const json::value* text = object->if_contains("message")) error.text = text_of(*text);
    return error;
  }
  if (value->is_number()) {
    error.code = whole_number(*value).value_or(0);
    return error;
  }
  error.text = text_of(*value);
  if (error.text.empty()) return std::nullopt;
  return error;
}

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_space(text[at]))
    ++at;
  return at;
}

/// The character behind a string that begins at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

/// The first element of "params" as written, where it is a number. `text` is known to be an object in valid JSON.
std::string first_number_of_params(std::string_view text) {
  std::string found;
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != '"') {
      ++at;
      continue;
    }
    const std::size_t end = skip_string(text, at);
    const bool is_params = depth == 1 && text.substr(at, end - at) == "\"params\"";
    at = skip_space(text, end);
    if (!is_params || at >= text.size() || text[at] != ':') continue;
    at = skip_space(text, at + 1);
    if (at >= text.size() || text[at] != '[') continue;
    const std::size_t first = skip_space(text, at + 1);
    const std::size_t last = std::min(text.find_first_of(",] \t\r\n", first), text.size());
    const std::string_view number = text.substr(first, last - first);
    const bool plausible =
        !number.empty() && number.size() <= kMaxNumber && (number[0] == '-' || (number[0] >= '0' && number[0] <= '9'));
    found = plausible ? std::string(number) : std::string();
  }
  return found;
}

Error not_json(std::string_view line, const boost::system::error_code& error) {
  if (line.starts_with("HTTP/") || line.starts_with('<')) {
    return fail(Errc::kProtocol, "the peer answers like a web server: this is not a Stratum port");
  }
  return fail(Errc::kProtocol,
              fmt::format("a line that is not JSON ({}): \"{}\"", error.message(), printable(line.substr(0, 64))));
}

Result<Message> read_request(json::object& object, json::value& method, std::string_view line) {
  const json::string* name = method.if_string();
  if (name == nullptr) return fail(Errc::kMalformed, "a message whose method is not text");
  if (name->empty() || name->size() > kMaxMethod) {
    return fail(Errc::kMalformed, fmt::format("a message whose method has {} characters", name->size()));
  }
  Request request;
  request.method.assign(name->data(), name->size());
  if (json::value* params = object.if_contains("params"); params != nullptr && !params->is_null()) {
    if (!params->is_array()) {
      return fail(Errc::kMalformed, fmt::format("{}: params is not an array", printable(request.method)));
    }
    request.params = std::move(params->get_array());
    if (!request.params.empty() && request.params.front().is_number()) {
      request.first_number = first_number_of_params(line);
    }
  }
  if (json::value* id = object.if_contains("id")) request.id = std::move(*id);
  return Message(std::move(request));
}

std::string serialize(json::object object) {
  return json::serialize(json::value(std::move(object)));
}

}  // namespace

bool Reply::is_true() const noexcept {
  const bool* flag = result.if_bool();
  return flag != nullptr && *flag && !error;
}

std::string printable(std::string_view text) {
  std::string clean(text.substr(0, kMaxText));
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return clean;
}

Result<Message> parse_message(std::string_view line) {
  if (line.size() > kMaxLine) {
    return fail(Errc::kTooLarge, fmt::format("a line of {} bytes, at most {} read", line.size(), kMaxLine));
  }
  json::parse_options options;
  options.max_depth = kMaxDepth;
  options.allow_invalid_utf8 = true;  // a reason in Latin-1 is still an answer; printable() deals with it
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(line.data(), line.size()), error, json::storage_ptr(), options);
  if (error) return not_json(line, error);
  json::object* object = value.if_object();
  if (object == nullptr) return fail(Errc::kProtocol, "a line that is not a JSON object");

  if (json::value* method = object->if_contains("method"); method != nullptr && !method->is_null()) {
    return read_request(*object, *method, line);
  }
  json::value* result = object->if_contains("result");
  const json::value* fault = object->if_contains("error");
  if (result == nullptr && fault == nullptr) {
    return fail(Errc::kProtocol, "a message with neither method nor result nor error");
  }
  Reply reply;
  if (const json::value* id = object->if_contains("id")) reply.id = whole_number(*id);
  if (result != nullptr) reply.result = std::move(*result);
  reply.error = read_error(fault);
  return Message(std::move(reply));
}

std::string encode_request(std::int64_t id, std::string_view method, json::array params) {
  return serialize({{"id", id}, {"method", method}, {"params", std::move(params)}});
}

std::string encode_notification(std::string_view method, json::array params) {
  return serialize({{"id", nullptr}, {"method", method}, {"params", std::move(params)}});
}

std::string encode_result(const json::value& id, json::value result) {
  return serialize({{"id", id}, {"result", std::move(result)}, {"error", nullptr}});
}

std::string encode_error(const json::value& id, std::int64_t code, std::string_view text) {
  return serialize({{"id", id}, {"result", nullptr}, {"error", json::array{code, text, nullptr}}});
}

}  // namespace lode::stratum::v1
