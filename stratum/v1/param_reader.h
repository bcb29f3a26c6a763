// Reads the positional parameters of a message that nobody vouches for. The first fault sticks and names the field;
// later reads give defaults, so that a parser reads all of its fields and asks once.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"

namespace lode::stratum::v1 {

class ParamReader {
 public:
  /// `what` begins every message: "mining.notify". Both must outlive the reader.
  ParamReader(const boost::json::array& params, std::string_view what) : params_(params), what_(what) {}

  /// An element that is there and not null, or nullptr.
  [[nodiscard]] const boost::json::value* find(std::size_t index) const noexcept;

  std::string_view text(std::size_t index, std::string_view name, std::size_t longest);
  /// Exactly 8 hex digits, the number's highest first.
  std::uint32_t hex_u32(std::size_t index, std::string_view name);
  /// Hex digits of at most `most` bytes.
  Bytes bytes(std::size_t index, std::string_view name, std::size_t most);
  std::int64_t integer(std::size_t index, std::string_view name, std::int64_t lowest, std::int64_t highest);
  /// true or false; `missing` where there is none.
  bool flag(std::size_t index, std::string_view name, bool missing);
  const boost::json::array* array(std::size_t index, std::string_view name, std::size_t most);

  /// Records that a field is at fault, unless an earlier one was.
  void fail(std::string_view name, std::string_view fault, Errc code = Errc::kMalformed);
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  const boost::json::value* required(std::size_t index, std::string_view name);

  const boost::json::array& params_;
  std::string_view what_;
  std::optional<Error> failure_;
};

}  // namespace lode::stratum::v1
