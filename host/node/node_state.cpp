#include "host/node/node_state.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <limits>
#include <string_view>

#include "host/node/json_fields.h"
#include "host/node/rpc_fault.h"

namespace lode::node {

namespace json = boost::json;

namespace {

constexpr std::int64_t kMostBlocks = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostPeers = 1'000'000;
constexpr std::size_t kLongestSubversion = 256;  ///< BIP14
constexpr std::size_t kLongestWarning = 16 * 1024;
constexpr std::size_t kMostWarnings = 100;
constexpr std::size_t kShownOfWarnings = 500;

Result<const json::object*> object_of(const json::value& result, std::string_view what) {
  const json::object* object = result.if_object();
  if (object == nullptr) return fail(Errc::kProtocol, fmt::format("{}: the result is not an object", what));
  return object;
}

/// A share that is none is left out: it decides nothing.
std::optional<double> read_share(const JsonFields& fields, std::string_view name) {
  const json::value* value = fields.find(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto share = value->to_number<double>();
  return share >= 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

/// One text, or a list of them since Bitcoin Core 28.
std::string read_warnings(JsonFields& fields) {
  const json::value* value = fields.find("warnings");
  if (value == nullptr) return {};
  if (!value->is_array()) {
    return printable(fields.text("warnings", kLongestWarning).value_or(std::string_view{}), kShownOfWarnings);
  }
  std::string all;
  for (const std::string& one : fields.texts("warnings", kMostWarnings, kLongestWarning))
    all += (all.empty() ? "" : "; ") + one;
  return printable(all, kShownOfWarnings);
}

}  // namespace

Result<ChainState> parse_chain_state(const json::value& result) {
  constexpr std::string_view kWhat = "getblockchaininfo";
  const auto object = object_of(result, kWhat);
  if (!object) return object.error();
  JsonFields fields(**object, kWhat);
  ChainState state;
  state.chain = printable(fields.text("chain", 32).value_or(std::string_view{}), 32);
  state.blocks = fields.integer("blocks", 0, kMostBlocks);
  state.headers = fields.integer("headers", 0, kMostBlocks);
  state.downloading = fields.boolean("initialblockdownload");
  state.verified = read_share(fields, "verificationprogress");
  state.pruned = fields.boolean("pruned");
  state.warnings = read_warnings(fields);
  if (fields.failure()) return *fields.failure();
  return state;
}

Result<NetworkState> parse_network_state(const json::value& result) {
  constexpr std::string_view kWhat = "getnetworkinfo";
  const auto object = object_of(result, kWhat);
  if (!object) return object.error();
  JsonFields fields(**object, kWhat);
  NetworkState state;
  // bcoin writes a text here.
  const json::value* version = fields.find("version");
  if (version != nullptr && version->is_int64()) state.version = version->get_int64();
  state.subversion =
      printable(fields.text("subversion", kLongestSubversion).value_or(std::string_view{}), kLongestSubversion);
  state.peers = fields.integer("connections", 0, kMostPeers);
  state.peers_in = fields.integer("connections_in", 0, kMostPeers);
  state.peers_out = fields.integer("connections_out", 0, kMostPeers);
  state.active = fields.boolean("networkactive");
  if (fields.failure()) return *fields.failure();
  return state;
}

}  // namespace lode::node
