// Reads the fields of a JSON object that nobody vouches for. The first fault sticks and names the field; later reads
// give defaults, so that a parser reads all of its fields and asks once.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"

namespace lode::node {

class JsonFields {
 public:
  /// `what` begins every message: "getblocktemplate". Both must outlive the reader.
  JsonFields(const boost::json::object& object, std::string_view what) : object_(object), what_(what) {}

  /// A value that is there and not null, or nullptr.
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;

  std::int64_t required_integer(std::string_view name, std::int64_t lowest, std::int64_t highest);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t lowest, std::int64_t highest);
  std::string_view required_text(std::string_view name, std::size_t longest);
  std::optional<std::string_view> text(std::string_view name, std::size_t longest);
  std::optional<bool> boolean(std::string_view name);
  chain::Hash256 required_hash(std::string_view name);
  std::optional<Bytes> bytes(std::string_view name, std::size_t longest);
  /// Array of strings; empty where it is missing.
  std::vector<std::string> texts(std::string_view name, std::size_t most, std::size_t longest);

  /// Records that a field is at fault, unless an earlier one was.
  void fail(std::string_view name, std::string_view fault, Errc code = Errc::kMalformed);
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  const boost::json::value* required(std::string_view name);

  const boost::json::object& object_;
  std::string_view what_;
  std::optional<Error> failure_;
};

}  // namespace lode::node
