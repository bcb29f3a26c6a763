// The part of a session that checks templates: before they are published, or behind.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "host/node/node_session.h"
#include "host/node/proposal.h"
#include "host/node/template_checks.h"

namespace lode::node {

namespace asio = boost::asio;

asio::awaitable<void> NodeSession::check_templates() {
  while (!ended_) {
    if (unchecked_) {
      co_await check_before(*std::exchange(unchecked_, std::nullopt));
    } else if (published_) {
      co_await check_behind(*std::exchange(published_, std::nullopt));
    } else {
      check_timer_.expires_at(Clock::time_point::max());
      co_await check_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
}

asio::awaitable<Result<void>> NodeSession::check_contents(const NodeWork& made) {
  TemplateCheck check(made.check);
  while (!ended_) {
    auto done = check.step();
    if (!done) co_return done.error();
    if (*done) break;
    // Others get their turn: a found block must not wait for this.
    co_await asio::post(links_.executor, asio::use_awaitable);
  }
  co_return Result<void>{};
}

void NodeSession::no_proposals(const std::string& why) {
  if (!std::exchange(proposals_work_, false)) return;
  links_.log.info("{}: templates are not tried out before hashing: {}", links_.source.name(), why);
}

bool NodeSession::is_over(const NodeWork& made) const {
  const chain::Hash256& parent = made.work->previous_block;
  return (solved_ == parent && !made.work->parent_again) || (content_ && content_->previous_block != parent);
}

asio::awaitable<void> NodeSession::check_before(NodeWork made) {
  if (auto sound = co_await check_contents(made); !sound) {
    end(sound.error());
    co_return;
  }
  bool unanswered = false;
  if (!good_shapes_.contains(made.shape)) {
    if (!made.can_propose) no_proposals("the node does not offer it");
    if (proposals_work_ && !ended_) {
      ++links_.counters.proposals;
      last_proposal_ = Clock::now();
      // Work that waits for the answer is not worth much more time than a call.
      const auto limit = std::min(links_.options.times.propose, links_.options.times.call);
      const ProposalAnswer answer = co_await propose(links_.checks, made.work, made.work_id, limit);
      if (ended_ || is_over(made)) co_return;
      if (answer.kind == ProposalAnswer::Kind::kRejected) {
        ++links_.counters.proposals_rejected;
        end(fail(Errc::kRejected, "the node would not accept a block made from its own template: " + answer.detail));
        co_return;
      }
      if (answer.kind == ProposalAnswer::Kind::kCannot) no_proposals(answer.detail);
      unanswered = answer.kind == ProposalAnswer::Kind::kNoAnswer;
      // "Outdated" is no judgement. If it is true, the next template is on its way and replaces this one.
      if (answer.kind == ProposalAnswer::Kind::kOutdated) fetch_at(soon());
    }
    good_shapes_.insert(made.shape);
  }
  if (ended_) co_return;
  const bool clean = published_parent_ != made.work->previous_block;
  if (clean != made.work->clean) {
    auto work = std::make_shared<work::WorkTemplate>(*made.work);
    work->clean = clean;
    made.work = std::move(work);
  }
  publish(std::move(made));
  // A node that was too busy to judge must not keep work from being hashed: it is asked again behind.
  if (unanswered) {
    last_proposal_ = {};
  } else {
    published_.reset();
  }
}

asio::awaitable<void> NodeSession::check_behind(NodeWork made) {
  if (auto sound = co_await check_contents(made); !sound) {
    if (!ended_) withdraw(made, sound.error());
    co_return;
  }
  if (is_over(made)) co_return;
  const bool due = made.new_tip || Clock::now() - last_proposal_ >= links_.options.times.recheck;
  if (!proposals_work_ || !made.can_propose || !due || ended_) co_return;
  // A block found on this template must not queue behind its proposal in the node, which has the tip before to digest.
  co_await pause(check_timer_, links_.options.times.settle);
  if (ended_ || published_ || unchecked_ || is_over(made)) co_return;
  ++links_.counters.proposals;
  last_proposal_ = Clock::now();
  const ProposalAnswer answer = co_await propose(links_.checks, made.work, made.work_id, links_.options.times.propose);
  if (ended_ || is_over(made) || answer.kind != ProposalAnswer::Kind::kRejected) co_return;
  ++links_.counters.proposals_rejected;
  withdraw(made, fail(Errc::kRejected, "the node would not accept a block made from this template: " + answer.detail));
}

void NodeSession::withdraw(const NodeWork& made, const Error& reason) {
  good_shapes_.erase(made.shape);
  if (made.sequence != published_sequence_) {
    links_.log.warn("{}: an earlier template was faulty: {}", links_.source.name(), reason.message());
    return;
  }
  ++links_.counters.withdrawn;
  withdrawn_ = true;  // the cause may pass: a clock is set right
  links_.listener.on_withdrawn(links_.source, reason);
}

}  // namespace lode::node
