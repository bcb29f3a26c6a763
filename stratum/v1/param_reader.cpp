#include "stratum/v1/param_reader.h"

#include <fmt/format.h>

#include <array>

#include "host/base/endian.h"
#include "host/base/hex.h"

namespace lode::stratum::v1 {

namespace json = boost::json;

void ParamReader::fail(std::string_view name, std::string_view fault, Errc code) {
  if (!failure_) failure_ = lode::fail(code, fmt::format("{}: {} {}", what_, name, fault));
}

const json::value* ParamReader::find(std::size_t index) const noexcept {
  if (index >= params_.size() || params_[index].is_null()) return nullptr;
  return &params_[index];
}

const json::value* ParamReader::required(std::size_t index, std::string_view name) {
  const json::value* value = find(index);
  if (value == nullptr) fail(name, "is missing");
  return value;
}

std::string_view ParamReader::text(std::size_t index, std::string_view name, std::size_t longest) {
  const json::value* value = required(index, name);
  if (value == nullptr) return {};
  const json::string* string = value->if_string();
  if (string == nullptr) {
    fail(name, "is not a string");
    return {};
  }
  if (string->size() > longest) {
    fail(name, fmt::format("has {} characters, at most {} allowed", string->size(), longest), Errc::kTooLarge);
    return {};
  }
  return {string->data(), string->size()};
}

std::uint32_t ParamReader::hex_u32(std::size_t index, std::string_view name) {
  const std::string_view digits = text(index, name, 8);
  std::array<std::uint8_t, 4> bytes{};
  if (!from_hex_into(digits, bytes)) {
    fail(name, "is not a string of 8 hex digits");
    return 0;
  }
  return read_be<std::uint32_t>(bytes);
}

Bytes ParamReader::bytes(std::size_t index, std::string_view name, std::size_t most) {
  auto decoded = from_hex(text(index, name, 2 * most), most);
  if (decoded) return std::move(*decoded);
  fail(name, "is not a string of hex digits, two a byte");
  return {};
}

std::int64_t ParamReader::integer(std::size_t index, std::string_view name, std::int64_t lowest, std::int64_t highest) {
  const json::value* value = required(index, name);
  if (value == nullptr) return lowest;
  const std::int64_t* number = value->if_int64();
  if (number == nullptr && !value->is_uint64()) {
    fail(name, "is not a whole number");
    return lowest;
  }
  if (number == nullptr || *number < lowest || *number > highest) {
    fail(name, fmt::format("is out of range ({} to {})", lowest, highest), Errc::kOutOfRange);
    return lowest;
  }
  return *number;
}

bool ParamReader::flag(std::size_t index, std::string_view name, bool missing) {
  const json::value* value = find(index);
  if (value == nullptr) return missing;
  const bool* found = value->if_bool();
  if (found != nullptr) return *found;
  fail(name, "is neither true nor false");
  return missing;
}

const json::array* ParamReader::array(std::size_t index, std::string_view name, std::size_t most) {
  const json::value* value = required(index, name);
  if (value == nullptr) return nullptr;
  const json::array* found = value->if_array();
  if (found == nullptr) {
    fail(name, "is not an array");
    return nullptr;
  }
  if (found->size() > most) {
    fail(name, fmt::format("has {} elements, at most {} allowed", found->size(), most), Errc::kTooLarge);
    return nullptr;
  }
  return found;
}

}  // namespace lode::stratum::v1
