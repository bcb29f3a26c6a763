// A node for tests: answers getblocktemplate and the other calls from values that the test sets, and can be told to
// misbehave.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/net/fake_http_server.h"

namespace lode::test {

/// A regtest template at height 101 with the given number of small segwit transactions, all of its fields true.
boost::json::object sample_template(std::size_t transactions = 0);

class FakeNode {
 public:
  explicit FakeNode(boost::asio::io_context& io, boost::asio::ssl::context* tls = nullptr);
  ~FakeNode();
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  /// Changes the tip: another parent, one block higher; waiting longpolls are answered.
  void new_tip();
  /// Answers waiting longpolls with the template as it is.
  void wake();

  [[nodiscard]] int calls(const std::string& method) const;
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  FakeHttpServer& server() { return server_; }

  boost::json::object block_template = sample_template();
  boost::json::object chain_info{{"chain", "regtest"}, {"initialblockdownload", false}};
  boost::json::object network_info{{"version", 310100},   {"subversion", "/Fake:1.0/"}, {"connections", 8},
                                   {"connections_in", 3}, {"connections_out", 5},       {"networkactive", true}};
  std::string credentials = "dTpzZWNyZXQ=";  ///< base64 of "u:secret"
  boost::json::value submit_answer = nullptr;
  boost::json::value proposal_answer = nullptr;
  std::optional<int> confirmations;                  ///< of any block that is asked for; none: not known
  std::optional<std::string> other_block_at_height;  ///< what getblockhash answers; none: the block submitted last
  std::optional<std::string> next_parent;            ///< of the template after the next tip; none: any
  bool accepting_makes_a_tip = true;
  bool accepting_wakes = false;  ///< that tip wakes longpolls, as others do
  bool silent_submit = false;    ///< takes the block and never answers

  /// Calls that are served at the same time; further ones wait. As in Bitcoin Core, a longpoll keeps its thread until
  /// it is woken, whether its client has gone or not. 0: any number.
  int threads = 0;
  bool can_wait = false;  ///< knows waitforblockheight

  /// Methods that rpcwhitelist does not list: HTTP status 403.
  std::set<std::string> forbidden;
  /// Methods that answer an error instead: code and message. A call that is only tried, with arguments that no real one
  /// has, is counted and looked up as "try submitblock" and so on.
  std::map<std::string, std::pair<int, std::string>> faults{{"try submitblock", {-22, "Block decode failed"}},
                                                            {"try getblockheader", {-5, "Block not found"}},
                                                            {"try getblocktemplate", {-8, "Invalid mode"}}};
  /// Looked at first; an answer from here replaces the node's.
  std::function<std::optional<FakeReply>(const std::string& method, const boost::json::value& params)> answer_instead;

  std::string last_block;  ///< hex
  boost::json::value last_submit_params;

 private:
  struct Threads;
  class Thread;
  boost::asio::awaitable<FakeReply> answer(FakeRequest request);
  boost::json::value result_of(const std::string& method, const boost::json::array& params);

  boost::asio::io_context& io_;
  boost::asio::steady_timer woken_;
  std::shared_ptr<Threads> busy_;  ///< shared with calls, which may end after the node
  std::uint64_t wakes_ = 0;
  bool ending_ = false;
  std::map<std::string, int> calls_;
  FakeHttpServer server_;
};

}  // namespace lode::test
