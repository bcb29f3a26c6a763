#include "host/node/rpc_client.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace lode::node {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kUnavailable = 503;
/// Replies with another status hold an error object or a few words.
constexpr std::size_t kMaxErrorBody = 64 * 1024;

class ReplyReader final : public net::HttpReplyHandler {
 public:
  explicit ReplyReader(ReplyParser& parser) : parser_(parser) {}

  Result<void> on_head(const net::HttpReplyHead& head) override {
    status = head.status;
    body.clear();
    parser_.reset();
    if (status != kOk && head.content_length.value_or(0) > kMaxErrorBody) return too_large();
    return {};
  }

  Result<void> on_data(std::string_view piece) override {
    if (status == kOk) return parser_.write(piece);
    if (body.size() + piece.size() > kMaxErrorBody) return too_large();
    body.append(piece);
    return {};
  }

  unsigned status = 0;
  std::string body;  ///< of a reply that is not 200

 private:
  [[nodiscard]] Error too_large() const {
    return fail(Errc::kTooLarge,
                fmt::format("HTTP status {} with a reply of more than {} bytes", status, kMaxErrorBody));
  }

  ReplyParser& parser_;
};

Error status_error(unsigned status, std::string_view method, std::string_view body, const Credentials& credentials) {
  const std::string said = body.empty() ? "" : fmt::format(" (\"{}\")", printable(body, 200));
  switch (status) {
    case 401:
      return fail(Errc::kUnauthorized,
                  fmt::format("the node refuses {}: compare with rpcuser, rpcpassword or rpcauth of the node",
                              credentials.describe()));
    case 403:
      return fail(
          Errc::kForbidden,
          fmt::format("the node does not allow the call {}: add it to the node's rpcwhitelist for this user, or "
                      "this computer to its rpcallowip{}",
                      method, said));
    case 404:
      return fail(Errc::kProtocol, fmt::format("HTTP status 404: this does not look like a node's RPC port{}", said));
    case kUnavailable:
      if (body.find("Work queue depth exceeded") != std::string_view::npos) {
        return fail(Errc::kNotReady,
                    fmt::format("more calls wait for the node's RPC threads than it allows; {}{}", kMoreThreads, said));
      }
      [[fallthrough]];
    case 429:
      return fail(Errc::kNotReady, fmt::format("the node is too busy to answer (HTTP status {}){}", status, said));
    case 502:
    case 504:
      return fail(Errc::kNotReady, fmt::format("a proxy cannot reach the node (HTTP status {}){}", status, said));
    default:
      break;
  }
  return fail(Errc::kProtocol,
              fmt::format("HTTP status {}: this does not look like a node's RPC port{}", status, said));
}

/// Core answers an RPC error with status 404 or 500 and the usual reply as body.
bool may_hold_reply(unsigned status) {
  return status == 400 || status == 404 || status == 500 || status == 503;
}

Result<RpcReply> read_envelope(const json::value& value, std::int64_t id) {
  const json::object* object = value.if_object();
  if (object == nullptr) return fail(Errc::kProtocol, "the answer is JSON, but no JSON-RPC reply");
  const json::value* error = object->if_contains("error");
  const json::value* result = object->if_contains("result");
  if (error == nullptr && result == nullptr) return fail(Errc::kProtocol, "the answer has neither result nor error");
  RpcReply reply;
  if (error != nullptr) {
    auto fault = parse_fault(*error);
    if (!fault) return fault.error();
    reply.fault = std::move(*fault);
  }
  const json::value* answered = object->if_contains("id");
  const bool no_id = answered == nullptr || answered->is_null();
  if (!(no_id && reply.fault) && (no_id || !answered->is_int64() || answered->get_int64() != id)) {
    return fail(Errc::kProtocol, "the answer belongs to another request (its id differs)");
  }
  if (!reply.fault && result == nullptr) return fail(Errc::kProtocol, "the answer has no result");
  if (!reply.fault) reply.result = *result;
  return reply;
}

}  // namespace

RpcClient::RpcClient(asio::any_io_executor executor, RpcOptions options, std::shared_ptr<Credentials> credentials)
    : connection_(std::move(executor), std::move(options.http)),
      path_(std::move(options.path)),
      credentials_(std::move(credentials)) {}

asio::awaitable<Result<RpcReply>> RpcClient::call(std::string method, std::string params, RpcCallOptions options) {
  JsonReplyParser parser;
  co_return co_await call(std::move(method), std::move(params), parser, options);
}

asio::awaitable<Result<RpcReply>> RpcClient::call(std::string method, std::string params, ReplyParser& parser,
                                                  RpcCallOptions options) {
  auto reply = co_await call_once(method, params, parser, options);
  if (!reply && reply.error().is(Errc::kUnauthorized) && credentials_->has_cookie_file()) {
    credentials_->forget();
    reply = co_await call_once(method, params, parser, options);
    if (!reply) credentials_->forget();
  }
  if (!reply &&
      (reply.error().is(Errc::kProtocol) || reply.error().is(Errc::kMalformed) || reply.error().is(Errc::kTooLarge))) {
    ++malformed_;
  }
  co_return reply;
}

asio::awaitable<Result<RpcReply>> RpcClient::call_once(std::string_view method, std::string_view params,
                                                       ReplyParser& parser, RpcCallOptions options) {
  // A new connection may be to a node that has restarted, and with it written a new cookie.
  left_waiting_ = false;
  if (!connection_.is_alive()) credentials_->forget();
  auto authorization = credentials_->authorization();
  if (!authorization) co_return authorization.error();

  const std::int64_t id = next_id_++;
  std::string body;
  body.reserve(params.size() + 100);
  body.append(R"({"jsonrpc":"1.0","id":)").append(std::to_string(id)).append(R"(,"method":")").append(method);
  body.append(R"(","params":)").append(params).append("}");

  net::HttpRequest request;
  request.target = path_;
  request.authorization = *authorization;
  request.body = body;
  request.read_limit = options.time_limit;
  request.wait_for_ever = options.wait_for_ever;
  ReplyReader reader(parser);
  parser.reset();
  auto exchanged = co_await connection_.exchange(request, reader);
  left_waiting_ = !exchanged && exchanged.error().is(Errc::kTimeout) && connection_.was_sent();
  if (!exchanged) co_return exchanged.error();

  if (reader.status == kOk) {
    auto value = parser.finish();
    if (!value) co_return value.error();
    co_return read_envelope(*value, id);
  }
  if (may_hold_reply(reader.status)) {
    json::parse_options parse_options;
    parse_options.max_depth = kMaxJsonDepth;
    boost::system::error_code not_json_at_all;
    const json::value value = json::parse(reader.body, not_json_at_all, {}, parse_options);
    if (!not_json_at_all) {
      auto reply = read_envelope(value, id);
      if (reply && reply->fault) co_return reply;
    }
  }
  left_waiting_ = reader.status == kUnavailable;
  co_return status_error(reader.status, method, reader.body, *credentials_);
}

}  // namespace lode::node
