#include "tests/node/fake_node.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "host/base/hex.h"
#include "host/chain/transaction.h"
#include "host/chain/witness_commitment.h"

namespace lode::test {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

chain::Transaction sample_transaction(std::size_t number) {
  chain::Transaction transaction;
  chain::TxIn input;
  input.previous.txid.bytes[0] = static_cast<std::uint8_t>(number);
  input.previous.txid.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  input.previous.txid.bytes[31] = 1;
  input.previous.index = 0;
  input.witness = {Bytes(71, 0x30), Bytes(33, 0x02)};
  transaction.inputs = {input};
  transaction.outputs = {{1000, Bytes(22, 0x01)}};
  return transaction;
}

std::string hash_text(std::uint64_t number) {
  chain::Hash256 hash;
  for (std::size_t i = 0; i < 8; ++i)
    hash.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  hash.bytes[20] = 0x77;
  return hash.to_display();
}

}  // namespace

json::object sample_template(std::size_t transactions) {
  json::array list;
  std::vector<chain::Hash256> wtxids;
  for (std::size_t i = 0; i < transactions; ++i) {
    const chain::Transaction transaction = sample_transaction(i);
    wtxids.push_back(transaction.wtxid());
    list.push_back(json::object{{"data", to_hex(transaction.serialize())},
                                {"txid", transaction.txid().to_display()},
                                {"hash", wtxids.back().to_display()},
                                {"depends", json::array{}},
                                {"fee", 100},
                                {"sigops", 1},
                                {"weight", transaction.weight()}});
  }
  const Bytes commitment = chain::witness_commitment_script(chain::witness_commitment(wtxids));
  return {{"capabilities", json::array{"proposal"}},
          {"version", 0x20000000},
          {"rules", json::array{"csv", "!segwit", "taproot"}},
          {"vbavailable", json::object{}},
          {"vbrequired", 0},
          {"previousblockhash", hash_text(1)},
          {"transactions", std::move(list)},
          {"coinbaseaux", json::object{}},
          {"coinbasevalue", 5'000'000'000},
          {"longpollid", hash_text(1) + "5"},
          {"target", "7fffff0000000000000000000000000000000000000000000000000000000000"},
          {"mintime", 1'700'000'000},
          {"mutable", json::array{"time", "transactions", "prevblock"}},
          {"noncerange", "00000000ffffffff"},
          {"sigoplimit", 80'000},
          {"sizelimit", 4'000'000},
          {"weightlimit", 4'000'000},
          {"curtime", 1'700'000'100},
          {"bits", "207fffff"},
          {"height", 101},
          {"default_witness_commitment", to_hex(commitment)}};
}

namespace {

/// Whether a call is only made to learn if it may be.
bool is_trial(const std::string& method, const json::array& params) {
  if (method == "submitblock") return params.at(0).as_string().size() < 160;
  if (method == "getblockheader") return params.at(0).as_string() == std::string(64, '0');
  if (method == "getblockhash") return params.at(0) == 0;
  return method == "getblocktemplate" && params.at(0).at("mode") == "none";
}

/// Of a block in hex, as it is shown.
std::string hash_of(const std::string& block) {
  const Bytes header = from_hex(std::string_view(block).substr(0, 160), 80).value();
  return chain::sha256d(header).to_display();
}

}  // namespace

struct FakeNode::Threads {
  int busy = 0;
  asio::steady_timer one_free;
};

/// Serves one call; free again when it goes.
class FakeNode::Thread {
 public:
  explicit Thread(std::shared_ptr<Threads> threads) : threads_(std::move(threads)) { ++threads_->busy; }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() {
    --threads_->busy;
    threads_->one_free.cancel();
  }

 private:
  std::shared_ptr<Threads> threads_;
};

FakeNode::FakeNode(asio::io_context& io, asio::ssl::context* tls)
    : io_(io),
      woken_(io, asio::steady_timer::time_point::max()),
      busy_(std::make_shared<Threads>(Threads{0, asio::steady_timer(io, asio::steady_timer::time_point::max())})),
      server_(
          io, [this](FakeRequest request) { return answer(std::move(request)); }, tls) {}

FakeNode::~FakeNode() {
  ending_ = true;
  threads = 0;
  busy_->one_free.cancel();
  wake();
  server_.stop();
  io_.restart();
  io_.poll();
}

void FakeNode::new_tip() {
  const std::int64_t height = block_template["height"].as_int64() + 1;
  block_template["height"] = height;
  block_template["previousblockhash"] = next_parent.value_or(hash_text(static_cast<std::uint64_t>(height)));
  block_template["longpollid"] = hash_text(static_cast<std::uint64_t>(height)) + "0";
  wake();
}

void FakeNode::wake() {
  ++wakes_;
  woken_.cancel();
}

int FakeNode::calls(const std::string& method) const {
  const auto at = calls_.find(method);
  return at == calls_.end() ? 0 : at->second;
}

asio::awaitable<FakeReply> FakeNode::answer(FakeRequest request) {
  boost::system::error_code malformed;
  const json::value call = json::parse(request.body, malformed);
  if (malformed || !call.is_object()) co_return http_reply(500, "{}");
  const std::string method(call.at("method").as_string());
  const json::array params = call.at("params").as_array();
  std::string counted = method;
  const json::object* first = params.empty() ? nullptr : params[0].if_object();
  const bool is_longpoll = first != nullptr && first->contains("longpollid");
  if (is_longpoll) counted = "longpoll";
  if (first != nullptr && first->contains("mode") && first->at("mode") == "proposal") counted = "proposal";
  if (is_trial(method, params)) counted = "try " + method;
  ++calls_[counted];
  while (threads > 0 && busy_->busy >= threads)
    co_await busy_->one_free.async_wait(asio::as_tuple(asio::use_awaitable));
  const Thread thread(busy_);
  if (ending_) co_return FakeReply{};

  if (answer_instead) {
    if (auto reply = answer_instead(counted, params)) co_return *reply;
  }
  if (request.field("authorization") != "Basic " + credentials) co_return http_reply(401, "");
  if (forbidden.contains(method)) co_return http_reply(403, "");
  std::optional<std::pair<int, std::string>> fault;
  if (counted == "waitforblockheight" && !can_wait) fault = {-32601, "Method not found"};
  if (const auto set = faults.find(counted); set != faults.end()) fault = set->second;
  if (fault) {
    const json::object error{{"code", fault->first}, {"message", fault->second}};
    co_return http_reply(500,
                         json::serialize(json::object{{"result", nullptr}, {"error", error}, {"id", call.at("id")}}));
  }
  if (method == "waitforblockheight" && can_wait) {
    asio::steady_timer timer(io_, std::chrono::milliseconds(params.at(1).as_int64()));
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (is_longpoll) {
    const bool same = first->at("longpollid") == block_template.at("longpollid");
    const std::uint64_t wakes = wakes_;
    while (same && wakes_ == wakes)
      co_await woken_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (ending_) co_return FakeReply{};
  }
  if (counted == "submitblock" && silent_submit) {
    last_block = std::string(params.at(0).as_string());
    FakeReply nothing;
    nothing.silent = true;
    co_return nothing;
  }
  const json::value result = result_of(counted, params);
  co_return http_reply(200,
                       json::serialize(json::object{{"result", result}, {"error", nullptr}, {"id", call.at("id")}}));
}

json::value FakeNode::result_of(const std::string& method, const json::array& params) {
  if (method == "getblockchaininfo") return chain_info;
  if (method == "getnetworkinfo") return network_info;
  if (method == "proposal") return proposal_answer;
  if (method == "try getblockhash") return json::string(hash_text(0));
  if (method == "getblockheader") {
    return confirmations ? json::value(json::object{{"confirmations", *confirmations}}) : json::value(nullptr);
  }
  if (method == "getblockhash") return json::string(other_block_at_height.value_or(hash_of(last_block)));
  if (method == "submitblock") {
    last_submit_params = params;
    last_block = std::string(params.at(0).as_string());
    const json::value said = submit_answer;
    if (said.is_null() && accepting_makes_a_tip) {
      const std::uint64_t wakes = wakes_;
      new_tip();
      if (!accepting_wakes) wakes_ = wakes;
    }
    return said;
  }
  return block_template;
}

}  // namespace lode::test
