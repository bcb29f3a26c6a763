#include "host/node/call_permissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/node/rpc_options.h"
#include "tests/node/fake_node.h"

namespace lode::node {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::http_reply;
using testing::HasSubstr;
using Permission = CallPermission::Kind;

class CallPermissionsTest : public testing::Test {
 protected:
  CallPermissionsTest() {
    options_.host = "127.0.0.1";
    options_.port = node_.port();
    options_.user = "u";
    options_.password = "secret";
    options_.times.call = 1min;
    node_.can_wait = true;
  }

  /// Tries every call; by their methods.
  std::map<std::string, CallPermission> permissions() {
    RpcClient client(io_.get_executor(), rpc_options(options_),
                     std::make_shared<Credentials>(options_.user, options_.password, options_.cookie_file));
    std::map<std::string, CallPermission> found;
    for (const NeededCall& call : needed_calls()) {
      std::optional<CallPermission> answer;
      asio::co_spawn(io_, try_call(client, call, options_.times.call),
                     [&](std::exception_ptr failure, CallPermission got) {
                       EXPECT_EQ(failure, nullptr);
                       answer = std::move(got);
                     });
      EXPECT_TRUE(test::run_until(io_, [&] { return answer.has_value(); }));
      found[std::string(call.method)] = answer.value_or(CallPermission{});
    }
    return found;
  }

  asio::io_context io_;
  test::FakeNode node_{io_};
  NodeOptions options_;
};

TEST_F(CallPermissionsTest, ARefusalByTheCallItselfMeansThatItIsAllowed) {
  for (const auto& [method, found] : permissions()) {
    EXPECT_EQ(found.kind, Permission::kAllowed) << method << ": " << found.detail;
    EXPECT_EQ(found.detail, "") << method;
  }
  EXPECT_EQ(node_.last_block, "") << "the node was given no block";
  EXPECT_EQ(node_.calls("getblocktemplate"), 0) << "a template costs the node time";
}

TEST_F(CallPermissionsTest, EachIsForbiddenByItself) {
  for (const NeededCall& call : needed_calls()) {
    const std::string method(call.method);
    node_.forbidden = {method};
    for (const auto& [name, found] : permissions()) {
      EXPECT_EQ(found.kind, name == method ? Permission::kForbidden : Permission::kAllowed)
          << name << " without " << method;
    }
    EXPECT_THAT(permissions().at(method).detail, HasSubstr("rpcwhitelist"));
  }
}

TEST_F(CallPermissionsTest, OtherAnswersAreToldApart) {
  node_.faults["try submitblock"] = {-32601, "Method not found"};
  node_.faults["try getblockheader"] = {-28, "Loading block index"};
  node_.answer_instead = [](const std::string& method, const json::value&) {
    return method == "try getblockhash" ? std::optional(http_reply(503, "Work queue depth exceeded")) : std::nullopt;
  };
  const auto found = permissions();
  EXPECT_EQ(found.at("submitblock").kind, Permission::kUnknown);
  EXPECT_EQ(found.at("getblockheader").kind, Permission::kUntold)
      << "a node that starts up has not looked for the call";
  EXPECT_THAT(found.at("getblockheader").detail, HasSubstr("Loading block index"));
  EXPECT_EQ(found.at("getblockhash").kind, Permission::kUntold);
  EXPECT_EQ(found.at("getblockchaininfo").kind, Permission::kAllowed);
}

TEST_F(CallPermissionsTest, ANodeThatIsAwayTellsNothing) {
  node_.server().stop();
  for (const auto& [method, found] : permissions())
    EXPECT_EQ(found.kind, Permission::kUntold) << method;
}

TEST(WhitelistLine, NamesTheUserAndEveryNeededCall) {
  NodeOptions options;
  options.user = "miner";
  const std::string line = whitelist_line(options);
  EXPECT_EQ(line,
            "rpcwhitelist=miner:getblockchaininfo,getblocktemplate,submitblock,getblockheader,getblockhash,"
            "waitforblockheight,uptime");
  options.cookie_file = "/nowhere/.cookie";
  EXPECT_THAT(whitelist_line(options), HasSubstr("rpcwhitelist=__cookie__:"));
  EXPECT_THAT(whitelist_line(NodeOptions{}), HasSubstr("rpcwhitelist=USER:"));
}

}  // namespace
}  // namespace lode::node
