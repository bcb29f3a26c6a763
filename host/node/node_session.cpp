#include "host/node/node_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <utility>

#include "host/chain/address.h"
#include "host/chain/network.h"
#include "host/net/backoff.h"
#include "host/net/task_group.h"
#include "host/node/json_fields.h"
#include "host/node/rpc_fault.h"
#include "host/node/template_parser.h"
#include "host/node/template_request.h"
#include "host/node/template_stream.h"
#include "host/node/thread_check.h"

namespace lode::node {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kOldTips = 8;

}  // namespace

NodeSession::NodeSession(SessionLinks links)
    : links_(std::move(links)),
      fetch_timer_(links_.executor),
      longpoll_timer_(links_.executor),
      check_timer_(links_.executor) {}

void NodeSession::end(Error error, bool fatal) noexcept {
  if (ended_) return;
  fatal = fatal || error.is(Errc::kUnsupported);
  if (longpoll_waits_) {
    // Where the node has hung up, it is done with the longpoll, too.
    if (error.is(Errc::kDisconnected)) links_.gate.answered();
    links_.gate.left();
  }
  ended_ = SessionEnd{std::move(error), fatal, connected_};
  fetch_timer_.cancel();
  longpoll_timer_.cancel();
  check_timer_.cancel();
  links_.calls.close();
  links_.longpoll.close();
  links_.checks.close();
  links_.beside.close();
}

void NodeSession::stop() noexcept {
  end(fail(Errc::kCancelled, "stopped"));
}

asio::awaitable<void> NodeSession::pause(asio::steady_timer& timer, std::chrono::milliseconds time) {
  timer.expires_after(time);
  if (!ended_) co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

void NodeSession::fetch_at(Clock::time_point when) {
  if (when >= next_fetch_) return;
  next_fetch_ = when;
  fetch_timer_.cancel();
}

asio::awaitable<SessionEnd> NodeSession::run() {
  if (auto known = co_await identify(); !known) end(known.error());
  // A plain template comes before any longpoll: there are nodes that wake only those they have served before.
  if (!ended_) {
    if (auto fetched = co_await fetch(); !fetched) end(fetched.error());
  }
  if (ended_) co_return *ended_;

  net::TaskGroup tasks(links_.executor);
  tasks.on_failure([this] { stop(); });
  tasks.spawn(poll());
  tasks.spawn(wait_for_tips());
  tasks.spawn(check_templates());
  // Only when every task has returned may the members that they use go.
  co_await tasks.join();
  co_return *ended_;
}

asio::awaitable<Result<void>> NodeSession::identify() {
  auto reply = co_await links_.calls.call("getblockchaininfo", "[]");
  if (!reply) co_return reply.error();
  if (reply->fault && reply->fault->code != rpc_code::kMethodNotFound) {
    co_return to_error("getblockchaininfo", *reply->fault);
  }
  std::string chain;
  if (!reply->fault) {
    const json::object* info = reply->result.if_object();
    if (info == nullptr) co_return fail(Errc::kProtocol, "getblockchaininfo: the result is not an object");
    JsonFields fields(*info, "getblockchaininfo");
    chain = std::string(fields.text("chain", 32).value_or(std::string_view{}));
    links_.sync.note(chain_progress(*info));
    if (fields.failure()) co_return *fields.failure();
  }
  co_return choose_payout(chain);
}

Result<void> NodeSession::choose_payout(const std::string& chain) {
  const std::string& address = links_.options.payout_address;
  const auto network = chain::network_from_name(chain);
  if (network == chain::Network::kSignet) {
    return fail(
        Errc::kUnsupported,
        "the node runs signet, where a block needs the signature of the signet's operators: lode cannot mine it");
  }
  if (network) {
    auto script = chain::payout_script_for(address, *network);
    if (!script) {
      end(script.error(), true);
      return script.error();
    }
    links_.maker.set_payout(std::move(*script), network);
    return {};
  }
  auto parsed = chain::parse_address(address);
  if (parsed && parsed->type == chain::AddressType::kFutureWitness) {
    parsed = fail(Errc::kUnsupported, "the payout address has a witness version without rules: anyone could spend it");
  }
  if (!parsed) {
    end(parsed.error(), true);
    return parsed.error();
  }
  links_.log.warn(
      "{}: the node does not say which network it runs (\"{}\"), so the payout address cannot be compared with it",
      links_.source.name(), printable(chain, 32));
  links_.maker.set_payout(std::move(parsed->script), std::nullopt);
  return {};
}

asio::awaitable<Result<void>> NodeSession::fetch() {
  TemplateStream stream;
  Origin origin;
  origin.asked = last_fetch_ = Clock::now();
  origin.tip_changes = tip_changes_;
  next_fetch_ = last_fetch_ + links_.options.times.poll;
  ++links_.counters.polls;
  auto reply = co_await links_.calls.call("getblocktemplate", template_params(std::nullopt), stream);
  if (ended_) co_return ended_->error;
  if (longpoll_waits_ && links_.calls.was_left_waiting()) {
    do_without_longpoll();
    co_return Result<void>{};  // the next poll tells whether the node can do without
  }
  origin.complete = links_.calls.connection().last_reply_complete();
  auto taken = take(std::move(reply), stream, origin);
  if (!taken) co_return taken.error();
  co_return Result<void>{};
}

asio::awaitable<void> NodeSession::poll() {
  while (!ended_) {
    if (Clock::now() < next_fetch_) {
      fetch_timer_.expires_at(next_fetch_);
      co_await fetch_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    if (auto fetched = co_await fetch(); !fetched) end(fetched.error());
  }
}

asio::awaitable<void> NodeSession::wait_for_tips() {
  net::Backoff backoff(links_.options.times.backoff);
  TemplateStream stream;
  while (!ended_) {
    if (!longpoll_id_) {
      links_.log.warn("{}: the node offers no longpoll; new blocks are noticed up to {} ms late", links_.source.name(),
                      links_.options.times.poll.count());
      co_return;
    }
    co_await await_longpoll_turn();
    if (ended_) co_return;
    if (!longpoll_id_) continue;
    Origin origin;
    origin.asked = Clock::now();
    origin.tip_changes = tip_changes_;
    RpcCallOptions options;
    options.wait_for_ever = true;
    longpoll_waits_ = true;
    links_.gate.sent(content_->previous_block, *longpoll_id_, origin.asked);
    auto reply = co_await links_.longpoll.call("getblocktemplate", template_params(longpoll_id_), stream, options);
    if (ended_) co_return;
    if (!std::exchange(longpoll_waits_, false)) continue;  // given up
    links_.gate.answered();
    origin.by_longpoll = true;
    origin.complete = links_.longpoll.connection().last_reply_complete();
    if (!reply) {
      // The poll finds out whether the node is gone; a proxy may just have limited the wait.
      fetch_at(soon());
      co_await pause(longpoll_timer_, backoff.next());
      continue;
    }
    ++links_.counters.longpolls;
    auto brought = take(std::move(reply), stream, origin);
    if (!brought) {
      end(brought.error());
    } else if (*brought) {
      backoff.reset();
      // A node that always has something new on its tip must not take all the time that there is.
      const auto early = origin.asked + links_.options.times.shortest - Clock::now();
      const bool same_tip = tip_changes_ == origin.tip_changes;
      if (same_tip && early > Clock::duration::zero()) {
        co_await pause(longpoll_timer_, std::chrono::ceil<std::chrono::milliseconds>(early));
      }
    } else {
      co_await pause(longpoll_timer_, backoff.next());
    }
  }
}

asio::awaitable<void> NodeSession::await_longpoll_turn() {
  while (!ended_) {
    if (published_sequence_ == 0 || !links_.gate.is_open(Clock::now())) {
      // What may change this comes with templates, and they by poll.
      longpoll_held_back_ = true;
      longpoll_timer_.expires_at(Clock::time_point::max());
      co_await longpoll_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      longpoll_held_back_ = false;
    } else if (!has_spare_thread_) {
      co_await look_for_threads();
    } else {
      co_return;
    }
  }
}

asio::awaitable<void> NodeSession::look_for_threads() {
  const NodeTimes& times = links_.options.times;
  SpareThread found = co_await look_for_spare_thread(links_.executor, links_.longpoll, links_.beside, times.hold);
  // A busy node may just be slow.
  if (!ended_ && found == SpareThread::kNo) {
    found = co_await look_for_spare_thread(links_.executor, links_.longpoll, links_.beside, times.hold_again);
  }
  if (ended_) co_return;
  has_spare_thread_ = found != SpareThread::kNo;
  if (!has_spare_thread_) do_without_longpoll();
}

void NodeSession::do_without_longpoll() {
  links_.gate.starved(Clock::now());
  has_spare_thread_ = false;
  longpoll_waits_ = false;
  links_.longpoll.close();
  if (links_.counters.starvations++ > 0) return;
  links_.log.warn(
      "{}: the node has no RPC thread to spare for a longpoll, so it is polled every {} ms, and new blocks are noticed "
      "that much later: {}",
      links_.source.name(), links_.options.times.poll.count(), kMoreThreads);
}

bool NodeSession::is_outdated(const BlockTemplate& reply, const Origin& origin) const {
  // Asked for before the node took our block, answered for the tip before it.
  if (solved_ == reply.previous_block && origin.asked < solved_at_) return true;
  // Asked for before another answer brought a new tip, answered for an older one.
  return origin.tip_changes != tip_changes_ && content_ && content_->previous_block != reply.previous_block &&
         std::find(old_tips_.begin(), old_tips_.end(), reply.previous_block) != old_tips_.end();
}

bool NodeSession::brings_something(const BlockTemplate& reply) {
  const Clock::time_point now = Clock::now();
  Content content{
      reply.previous_block,    reply.height, reply.version, reply.bits, reply.coinbase_value, reply.witness_commitment,
      reply.transactions.txids};
  const bool same = !std::exchange(withdrawn_, false) && content_ && *content_ == content;
  if (same && now - content_taken_ < links_.options.times.republish && reply.time >= content_time_) return false;
  if (same && reply.time == content_time_) return false;
  if (content_) {
    const bool same_tip = content_->previous_block == content.previous_block;
    if (content.height < content_->height || (same_tip && reply.time < content_time_)) {
      ++links_.counters.backwards;
      links_.log.warn("{}: the template goes backwards, from height {} time {} to height {} time {}",
                      links_.source.name(), content_->height, content_time_, content.height, reply.time);
    }
    if (!same_tip) {
      ++tip_changes_;
      old_tips_.push_back(content_->previous_block);
      if (old_tips_.size() > kOldTips) old_tips_.pop_front();
    }
  }
  content_ = std::move(content);
  content_time_ = reply.time;
  content_taken_ = now;
  return true;
}

Result<bool> NodeSession::take(Result<RpcReply> reply, TemplateStream& stream, const Origin& origin) {
  if (!reply) return reply.error();
  if (reply->fault) {
    const Error error = to_error("getblocktemplate", *reply->fault);
    const bool syncing = reply->fault->code == rpc_code::kInitialDownload;
    return syncing ? links_.sync.refused(error, Clock::now()) : error;
  }
  auto parsed = parse_block_template(reply->result, stream.take_transactions());
  if (!parsed) {
    ++links_.counters.malformed;
    return parsed.error();
  }
  if (is_outdated(*parsed, origin)) {
    ++links_.counters.outdated;
    fetch_at(soon());
    return false;
  }
  links_.sync.gave_work();
  longpoll_id_ = parsed->longpoll_id;
  links_.gate.saw(parsed->previous_block, longpoll_id_.value_or(""), Clock::now());
  if (longpoll_held_back_) longpoll_timer_.cancel();
  note_own_tip(parsed->previous_block, origin);
  links_.tips.saw(parsed->previous_block);
  // Not outdated, so asked for since: whatever became of the block, the node's latest word counts.
  const bool parent_again = solved_ == parsed->previous_block;
  if (!brings_something(*parsed) && !parent_again) {
    ++links_.counters.unchanged;
    return false;
  }
  if (parsed->target_differs && !std::exchange(target_noted_, true)) {
    links_.log.warn("{}: the template's target is not that of its bits; lode goes by the bits", links_.source.name());
  }
  const bool clean = published_parent_ != parsed->previous_block;
  auto made = links_.maker.make(std::move(*parsed), clean);
  if (!made) return made.error();
  if (parent_again) {
    auto work = std::make_shared<work::WorkTemplate>(*made->work);
    work->parent_again = true;
    made->work = std::move(work);
  }

  if (!connected_) {
    connected_ = true;
    ++links_.counters.connections;
    links_.listener.on_connected(links_.source);
    if (ended_) return false;
  }
  reply_complete_ = origin.complete;
  if (good_shapes_.contains(made->shape)) {
    publish(std::move(*made));
  } else {
    unchecked_ = std::move(*made);
    check_timer_.cancel();
  }
  return true;
}

void NodeSession::publish(NodeWork made) {
  if (made.sequence <= published_sequence_) return;
  published_sequence_ = made.sequence;
  published_parent_ = made.work->previous_block;
  work_id_ = made.work_id;
  ++links_.counters.templates;
  links_.counters.last_reply_complete = reply_complete_;
  links_.counters.last_published = Clock::now();
  const auto work = made.work;
  published_ = std::move(made);
  check_timer_.cancel();
  if (longpoll_held_back_) longpoll_timer_.cancel();
  links_.permissions.begin();
  links_.listener.on_work(links_.source, work);
}

void NodeSession::block_accepted(const chain::Hash256& hash, const chain::Hash256& previous_block) {
  solved_ = previous_block;
  solved_at_ = Clock::now();
  own_tip_ = hash;
  // The longpoll may have been quicker than the answer. A second template would cost the node as much as the block did.
  if (links_.tips.has_seen(hash)) return;
  const bool told = longpoll_tells_own_tips_ && longpoll_waits_;
  fetch_at(told ? solved_at_ + links_.options.times.own_tip : solved_at_);
}

void NodeSession::block_late(const chain::Hash256& previous_block) {
  if (published_parent_ != previous_block) return;
  solved_ = previous_block;
  solved_at_ = Clock::now();
  fetch_at(solved_at_);
}

void NodeSession::note_own_tip(const chain::Hash256& tip, const Origin& origin) {
  if (own_tip_ != tip) return;
  const bool in_time = Clock::now() - solved_at_ < links_.options.times.own_tip;
  if (origin.by_longpoll && in_time) longpoll_tells_own_tips_ = true;
  if (links_.tips.has_seen(tip)) return;
  if (origin.by_longpoll) {
    next_fetch_ = last_fetch_ + links_.options.times.poll;
  } else if (!in_time) {
    longpoll_tells_own_tips_ = false;
  }
}

std::optional<std::string> NodeSession::work_id(const chain::Hash256& previous_block) const {
  return published_parent_ == previous_block ? work_id_ : std::nullopt;
}

}  // namespace lode::node
