// Stratum V1 messages: one JSON object a line, and every shape that pools and miners in use give it.
//
// Pure functions and values; any thread. Used by the client here and by the server beside it. There is no specification
// to cite but the slushpool page of 2012 and BIP310; the shapes are those found in ckpool, DATUM, node-stratum-pool,
// public-pool and their kin.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/base/result.h"

namespace lode::stratum::v1 {

/// Deepest nesting of a message that is read; known ones have 4.
inline constexpr std::size_t kMaxDepth = 16;
/// Longest text of an error or message to people that is kept, in bytes.
inline constexpr std::size_t kMaxText = 512;

/// A method that the peer calls, with an id, or tells, without one.
struct Request {
  boost::json::value id;  ///< as sent; null for a notification
  std::string method;
  boost::json::array params;
  /// The first parameter as it was written, where it is a number: "0.001". A double would have lost digits.
  std::string first_number;

  [[nodiscard]] bool is_notification() const noexcept { return id.is_null(); }
};

/// What a peer says is wrong.
struct PeerError {
  std::int64_t code = 0;  ///< 0: it gave none
  std::string text;       ///< printable ASCII; may be empty
};

struct Reply {
  std::optional<std::int64_t> id;  ///< nothing: null, or none of ours
  boost::json::value result;
  std::optional<PeerError> error;

  /// The result is true and there is no error.
  [[nodiscard]] bool is_true() const noexcept;
};

using Message = std::variant<Request, Reply>;

/// Reads one line. A reply's id may be a whole number, or a string that holds one. An error may be an array of code,
/// text and traceback of which any may lack, an object of JSON-RPC, a string or a number; null, false and empty ones
/// are none.
/// Errors: kProtocol (not JSON, a web page, no object, neither method nor result), kMalformed (params no array, method
/// no text), kTooLarge (above kMaxLine).
Result<Message> parse_message(std::string_view line);

/// The lines, without their end.
std::string encode_request(std::int64_t id, std::string_view method, boost::json::array params);
std::string encode_notification(std::string_view method, boost::json::array params);
std::string encode_result(const boost::json::value& id, boost::json::value result);
/// `code` and `text` as an array of three, the form that all miners read.
std::string encode_error(const boost::json::value& id, std::int64_t code, std::string_view text);

/// `text` as printable ASCII, cut to kMaxText: what a peer sends must not steer a terminal.
std::string printable(std::string_view text);

}  // namespace lode::stratum::v1
