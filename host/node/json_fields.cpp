#include "host/node/json_fields.h"

#include <fmt/format.h>

#include "host/base/hex.h"

namespace lode::node {

namespace json = boost::json;

void JsonFields::fail(std::string_view name, std::string_view fault, Errc code) {
  if (!failure_) failure_ = lode::fail(code, fmt::format("{}: field '{}' {}", what_, name, fault));
}

const json::value* JsonFields::find(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::value* JsonFields::required(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) fail(name, "is missing");
  return value;
}

std::optional<std::int64_t> JsonFields::integer(std::string_view name, std::int64_t lowest, std::int64_t highest) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  const std::int64_t* number = value->if_int64();
  if (number == nullptr && !value->is_uint64()) {
    fail(name, "is not a whole number");
    return std::nullopt;
  }
  if (number == nullptr || *number < lowest || *number > highest) {
    fail(name, fmt::format("is out of range ({} to {})", lowest, highest), Errc::kOutOfRange);
    return std::nullopt;
  }
  return *number;
}

std::int64_t JsonFields::required_integer(std::string_view name, std::int64_t lowest, std::int64_t highest) {
  if (required(name) == nullptr) return lowest;
  return integer(name, lowest, highest).value_or(lowest);
}

std::optional<std::string_view> JsonFields::text(std::string_view name, std::size_t longest) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  const json::string* string = value->if_string();
  if (string == nullptr) {
    fail(name, "is not a string");
    return std::nullopt;
  }
  if (string->size() > longest) {
    fail(name, fmt::format("has {} characters, at most {} allowed", string->size(), longest), Errc::kTooLarge);
    return std::nullopt;
  }
  return std::string_view(string->data(), string->size());
}

std::string_view JsonFields::required_text(std::string_view name, std::size_t longest) {
  if (required(name) == nullptr) return {};
  return text(name, longest).value_or(std::string_view{});
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool* flag = value->if_bool();
  if (flag == nullptr) {
    fail(name, "is neither true nor false");
    return std::nullopt;
  }
  return *flag;
}

chain::Hash256 JsonFields::required_hash(std::string_view name) {
  const std::string_view digits = required_text(name, 64);
  auto hash = chain::Hash256::from_display(digits);
  if (hash) return *hash;
  fail(name, "is not a string of 64 hex digits");
  return {};
}

std::optional<Bytes> JsonFields::bytes(std::string_view name, std::size_t longest) {
  const auto digits = text(name, 2 * longest);
  if (!digits) return std::nullopt;
  auto decoded = from_hex(*digits, longest);
  if (decoded) return std::move(*decoded);
  fail(name, "is not a string of hex digits");
  return std::nullopt;
}

std::vector<std::string> JsonFields::texts(std::string_view name, std::size_t most, std::size_t longest) {
  const json::value* value = find(name);
  if (value == nullptr) return {};
  const json::array* array = value->if_array();
  if (array == nullptr) {
    fail(name, "is not an array");
    return {};
  }
  if (array->size() > most) {
    fail(name, fmt::format("has {} elements, at most {} allowed", array->size(), most), Errc::kTooLarge);
    return {};
  }
  std::vector<std::string> found;
  for (const json::value& element : *array) {
    const json::string* string = element.if_string();
    if (string == nullptr || string->size() > longest) {
      fail(name, "has an element that is not a short string");
      return {};
    }
    found.emplace_back(string->data(), string->size());
  }
  return found;
}

}  // namespace lode::node
