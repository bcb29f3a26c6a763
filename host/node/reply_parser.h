// Parsers of a JSON-RPC reply that are fed while it arrives.
//
// Used by one coroutine at a time. No Asio here, so that the parsers can be fuzzed alone.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

#include "host/base/result.h"

namespace lode::node {

/// Containers within containers that are still read; deeper nesting is refused.
inline constexpr std::size_t kMaxJsonDepth = 32;

class ReplyParser {
 public:
  virtual ~ReplyParser() = default;

  /// Forgets everything, for a new reply.
  virtual void reset() = 0;
  /// Errors: kProtocol (not JSON, something after the end), kTooLarge, kMalformed.
  virtual Result<void> write(std::string_view piece) = 0;
  /// The reply as a value. Errors: as write(), and kProtocol for an incomplete one.
  virtual Result<boost::json::value> finish() = 0;
};

/// Any reply, kept whole.
class JsonReplyParser final : public ReplyParser {
 public:
  explicit JsonReplyParser(std::size_t max_bytes = 1024 * 1024);
  ~JsonReplyParser() override;

  void reset() override;
  Result<void> write(std::string_view piece) override;
  Result<boost::json::value> finish() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// kProtocol for text that is no JSON: says so when it looks like a web page.
Error not_json(std::string_view beginning, const boost::system::error_code& error);

}  // namespace lode::node
