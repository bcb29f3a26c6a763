#include "host/node/reply_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/stream_parser.hpp>

namespace lode::node {

namespace json = boost::json;

Error not_json(std::string_view beginning, const boost::system::error_code& error) {
  const std::size_t first = beginning.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && beginning[first] == '<') {
    return fail(Errc::kProtocol, "the answer is a web page: this does not look like a node's RPC port");
  }
  return fail(Errc::kProtocol, fmt::format("the answer is not JSON ({}): this does not look like a node's RPC port",
                                           error ? error.message() : "empty"));
}

struct JsonReplyParser::State {
  explicit State(std::size_t max_bytes_in) : max_bytes(max_bytes_in), parser({}, options()) {}

  static json::parse_options options() {
    json::parse_options parse_options;
    parse_options.max_depth = kMaxJsonDepth;
    return parse_options;
  }

  std::size_t max_bytes;
  std::size_t bytes = 0;
  json::stream_parser parser;
};

JsonReplyParser::JsonReplyParser(std::size_t max_bytes) : state_(std::make_unique<State>(max_bytes)) {}
JsonReplyParser::~JsonReplyParser() = default;

void JsonReplyParser::reset() {
  state_->bytes = 0;
  state_->parser.reset();
}

Result<void> JsonReplyParser::write(std::string_view piece) {
  state_->bytes += piece.size();
  if (state_->bytes > state_->max_bytes) {
    return fail(Errc::kTooLarge, fmt::format("the answer has more than {} bytes", state_->max_bytes));
  }
  boost::system::error_code error;
  state_->parser.write(piece.data(), piece.size(), error);
  if (error) return not_json(piece, error);
  return {};
}

Result<json::value> JsonReplyParser::finish() {
  boost::system::error_code error;
  state_->parser.finish(error);
  if (error) return not_json({}, error);
  return state_->parser.release();
}

}  // namespace lode::node
