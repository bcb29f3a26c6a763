#include "host/node/rpc_fault.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <limits>

namespace lode::node {

namespace json = boost::json;

std::string printable(std::string_view text, std::size_t longest) {
  std::string clean(text.substr(0, longest));
  for (char& c : clean) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  if (text.size() > longest) clean += "...";
  return clean;
}

Result<std::optional<RpcFault>> parse_fault(const json::value& error) {
  if (error.is_null()) return std::optional<RpcFault>{};
  RpcFault fault;
  if (const json::string* text = error.if_string()) {
    fault.message = printable({text->data(), text->size()}, 1000);
    return std::optional(fault);
  }
  const json::object* object = error.if_object();
  if (object == nullptr) return fail(Errc::kProtocol, "the reply's field 'error' is neither null nor an object");
  if (const json::value* code = object->if_contains("code"); code != nullptr && code->is_int64()) {
    const std::int64_t number = code->get_int64();
    if (number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max()) {
      fault.code = static_cast<int>(number);
    }
  }
  if (const json::value* message = object->if_contains("message"); message != nullptr && message->is_string()) {
    const json::string& text = message->get_string();
    fault.message = printable({text.data(), text.size()}, 1000);
  }
  return std::optional(fault);
}

Error to_error(std::string_view method, const RpcFault& fault) {
  const std::string said = fmt::format("{}: {} (code {})", method, fault.message, fault.code);
  switch (fault.code) {
    case rpc_code::kWarmingUp:
      return fail(Errc::kNotReady, fmt::format("the node is starting up: {}", said));
    case rpc_code::kNotConnected:
      return fail(Errc::kNotReady,
                  fmt::format("the node has no peers, so its blocks would reach nobody: connect it first. {}", said));
    case rpc_code::kInitialDownload:
      return fail(Errc::kNotReady, fmt::format("the node is still downloading the block chain: {}", said));
    case rpc_code::kMethodNotFound:
      return fail(Errc::kUnsupported,
                  fmt::format("the node does not know this call; it is no full node, or its mining or wallet calls are "
                              "switched off: {}",
                              said));
    case rpc_code::kInvalidParameter:
      return fail(
          Errc::kRejected,
          fmt::format("the node refuses the request's parameters (an old node, or one for other rules): {}", said));
    case rpc_code::kDeserialization:
      return fail(Errc::kRejected, fmt::format("the node cannot decode what was sent: {}", said));
    default:
      return fail(Errc::kRejected, said);
  }
}

}  // namespace lode::node
