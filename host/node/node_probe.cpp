#include "host/node/node_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "host/chain/address.h"
#include "host/chain/network.h"
#include "host/chain/script.h"
#include "host/net/task_group.h"
#include "host/node/credentials.h"
#include "host/node/node_notes.h"
#include "host/node/node_work.h"
#include "host/node/rpc_client.h"
#include "host/node/rpc_options.h"
#include "host/node/template_checks.h"
#include "host/node/template_parser.h"
#include "host/node/template_request.h"
#include "host/node/template_stream.h"

namespace lode::node {

namespace asio = boost::asio;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kTemplates = 3;
constexpr std::size_t kHashSize = 20;  ///< bytes of the hash in a P2WPKH script

/// As long as a P2WPKH script, with a hash of zeros: the block is never mined.
Bytes nobodys_script() {
  Bytes script{chain::opcode::kZero, static_cast<std::uint8_t>(kHashSize)};
  script.resize(script.size() + kHashSize);
  return script;
}

/// The script of an address; without one, nobody's. `network` empty: not known.
Result<Bytes> payout_script(const std::string& address, std::optional<chain::Network> network) {
  if (address.empty()) return nobodys_script();
  if (network) return chain::payout_script_for(address, *network);
  auto parsed = chain::parse_address(address);
  if (!parsed) return parsed.error();
  return std::move(parsed->script);
}

/// The node's clock less this computer's. A template's time is never before its mintime: one that is equal to it says
/// nothing of the clock.
std::optional<std::chrono::seconds> clock_ahead(const json::object& answer) {
  const json::value* current = answer.if_contains("curtime");
  const json::value* lowest = answer.if_contains("mintime");
  if (current == nullptr || !current->is_int64()) return std::nullopt;
  if (lowest != nullptr && lowest->is_int64() && current->get_int64() <= lowest->get_int64()) return std::nullopt;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return std::chrono::seconds(current->get_int64()) - now;
}

TemplateSummary summary_of(const BlockTemplate& reply) {
  TemplateSummary summary;
  summary.height = reply.height;
  summary.transactions = reply.transactions.rows.size();
  summary.weight = 0;
  for (const TemplateTransactions::Row& row : reply.transactions.rows) {
    if (!row.weight) summary.weight.reset();
    if (summary.weight) *summary.weight += row.weight.value_or(0);
  }
  summary.weight_limit = reply.weight_limit;
  summary.coinbase_value = reply.coinbase_value;
  summary.rules = reply.rules;
  summary.longpoll = reply.longpoll_id.has_value();
  summary.can_propose = reply.can_propose;
  return summary;
}

class Probe {
 public:
  Probe(asio::any_io_executor executor, NodeProbeOptions options)
      : executor_(executor),
        options_(std::move(options)),
        client_(executor, rpc_options(options_.node),
                std::make_shared<Credentials>(options_.node.user, options_.node.password, options_.node.cookie_file)),
        timer_(executor),
        end_(Clock::now() + options_.limit) {}

  asio::awaitable<NodeProbeReport> run() {
    net::TaskGroup tasks(executor_);
    tasks.spawn(watch());
    std::exception_ptr failure;
    try {
      co_await look();
    } catch (...) {
      failure = std::current_exception();
    }
    done_ = true;
    timer_.cancel();
    co_await tasks.join();
    if (failure) std::rethrow_exception(failure);
    if (out_of_time_ && !report_.work)
      report_.failure = fmt::format("no template within {} ms", options_.limit.count());
    report_.notes = worth_knowing(report_);
    co_return std::move(report_);
  }

 private:
  /// Ends what is in progress when the time is over.
  asio::awaitable<void> watch() {
    while (!done_ && Clock::now() < end_) {
      timer_.expires_at(end_);
      co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    out_of_time_ = !done_;
    client_.close();
  }

  asio::awaitable<void> look() {
    const bool reached = co_await look_at_chain();
    if (!reached) co_return;
    co_await look_at_network();
    co_await look_at_calls();
    co_await look_at_templates();
    if (made_ && report_.work->can_propose && !out_of_time_) {
      const auto limit = options_.node.times.propose;
      ProposalAnswer answer = co_await propose(client_, made_->work, made_->work_id, limit);
      report_.proposal = std::move(answer);
    }
  }

  /// False: the node was not reached, or gives no work.
  asio::awaitable<bool> look_at_chain() {
    const Clock::time_point began = Clock::now();
    const auto reply = co_await client_.call("getblockchaininfo", "[]");
    if (reply || reply.error().is(Errc::kForbidden)) report_.first_answer_took = Clock::now() - began;
    if (!reply) {
      if (reply.error().is(Errc::kForbidden)) co_return true;
      report_.failure = reply.error().message();
      co_return false;
    }
    if (reply->fault) {
      if (reply->fault->code == rpc_code::kMethodNotFound) co_return true;
      report_.failure = to_error("getblockchaininfo", *reply->fault).message();
      co_return false;
    }
    auto chain = parse_chain_state(reply->result);
    if (!chain) {
      report_.failure = chain.error().message();
      co_return false;
    }
    report_.chain = *std::move(chain);
    co_return true;
  }

  /// Nothing that mining needs: a node that does not tell has no fault.
  asio::awaitable<void> look_at_network() {
    const auto reply = co_await client_.call("getnetworkinfo", "[]");
    if (!reply || reply->fault) co_return;
    if (auto network = parse_network_state(reply->result)) report_.network = *std::move(network);
  }

  asio::awaitable<void> look_at_calls() {
    report_.whitelist = whitelist_line(options_.node);
    for (const NeededCall& call : needed_calls()) {
      if (out_of_time_) co_return;
      CallPermission permission = co_await try_call(client_, call, options_.node.times.call);
      report_.calls.push_back(std::move(permission));
    }
  }

  asio::awaitable<void> look_at_templates() {
    TemplateStream stream;
    while (report_.templates_took.size() < kTemplates && !out_of_time_) {
      const Clock::time_point began = Clock::now();
      std::string params = template_params(std::nullopt);
      const auto reply = co_await client_.call("getblocktemplate", std::move(params), stream);
      const Clock::duration took = Clock::now() - began;
      const bool last = report_.templates_took.size() + 1 == kTemplates;
      if (const auto taken = take(reply, stream, last); !taken) {
        // What was had before is good for the rest.
        if (!report_.work) report_.failure = taken.error().message();
        co_return;
      }
      report_.templates_took.push_back(took);
    }
  }

  Result<void> take(const Result<RpcReply>& reply, TemplateStream& stream, bool last) {
    if (!reply) return reply.error();
    if (reply->fault) return to_error("getblocktemplate", *reply->fault);
    auto parsed = parse_block_template(reply->result, stream.take_transactions());
    if (!parsed) return parsed.error();
    report_.clock_ahead = clock_ahead(reply->result.get_object());
    report_.work = summary_of(*parsed);
    if (last) build(*std::move(parsed));
    return {};
  }

  /// A block of the template, as mining would make it.
  void build(BlockTemplate&& reply) {
    const auto network = report_.chain ? chain::network_from_name(report_.chain->chain) : std::nullopt;
    auto script = payout_script(options_.node.payout_address, network);
    if (!script) report_.payout_fault = script.error().message();
    WorkMaker maker("probe", options_.node);
    maker.set_payout(script ? *std::move(script) : nobodys_script(), network);
    auto made = maker.make(std::move(reply), true);
    if (!made) {
      report_.work->fault = made.error().message();
      return;
    }
    TemplateCheck check(made->check);
    while (true) {
      const auto step = check.step();
      if (!step) report_.work->fault = step.error().message();
      if (!step || *step) break;
    }
    made_ = *std::move(made);
  }

  asio::any_io_executor executor_;
  NodeProbeOptions options_;
  RpcClient client_;
  asio::steady_timer timer_;
  Clock::time_point end_;
  NodeProbeReport report_;
  std::optional<NodeWork> made_;
  bool out_of_time_ = false;
  bool done_ = false;
};

}  // namespace

Clock::duration median(std::vector<Clock::duration> times) {
  if (times.empty()) return {};
  std::ranges::sort(times);
  return times[times.size() / 2];
}

asio::awaitable<NodeProbeReport> probe_node(asio::any_io_executor executor, NodeProbeOptions options) {
  Probe probe(std::move(executor), std::move(options));
  co_return co_await probe.run();
}

}  // namespace lode::node
