#include "host/engine/submitter.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace lode::engine {

namespace asio = boost::asio;
using Outcome = work::BlockOutcome;

namespace {

constexpr std::chrono::milliseconds kFirstRetry{250};
constexpr std::chrono::milliseconds kLongestRetry{5000};
constexpr std::chrono::milliseconds kLongestRetryAtTheEnd{500};

/// Once one node has the block in its chain, the others are still tried for this long, since they may be cut off from
/// it, and for this many blocks at a time: a node that missed more has to catch up by itself.
constexpr std::chrono::minutes kOthersTriedFor{10};
constexpr std::size_t kMostTasksForOthers = 64;

/// A node that lost a block of somebody else's has to fetch it before it can take ours on top.
constexpr std::chrono::milliseconds kFirstRestoreRetry{1000};
constexpr std::chrono::milliseconds kLongestRestoreRetry{60'000};
constexpr int kRestoreAttempts = 10;

store::Resolution resolution_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kAccepted:
      return store::Resolution::kAccepted;
    case Outcome::Kind::kStale:
      return store::Resolution::kStale;
    default:
      return store::Resolution::kRejected;
  }
}

}  // namespace

Submitter::Submitter(asio::any_io_executor executor, std::vector<work::BlockSink*> sinks, store::BlockJournal* journal,
                     SubmitterListener& listener, Log log)
    : executor_(executor),
      sinks_(std::move(sinks)),
      journal_(journal),
      listener_(listener),
      log_(std::move(log)),
      tasks_(std::move(executor)) {
  const bool durable = std::any_of(sinks_.begin(), sinks_.end(), [](const auto* s) { return s->outlives_process(); });
  if (!durable) journal_ = nullptr;
}

void Submitter::submit(work::FoundBlock block, std::chrono::steady_clock::time_point found) {
  if (open_.contains(block.hash)) return;
  if (journal_ != nullptr) {
    // In the file before it leaves; the disk catches up beside the sending.
    if (const auto written = journal_->record(block.hash, block.height, *block.serialized); !written) {
      log_.error("block {} could not be written to the journal and is sent all the same: {}", block.hash.to_display(),
                 written.error().message());
    }
  }
  send(std::make_shared<Delivery>(Delivery{.block = std::move(block), .found = found, .resent = false}));
}

void Submitter::resume() {
  if (journal_ == nullptr) return;
  auto pending = journal_->pending();
  if (!pending) {
    log_.error("blocks left by an earlier run could not be read: {}", pending.error().message());
    return;
  }
  for (store::PendingBlock& left : *pending) {
    log_.warn("block {} (height {}) was not answered for by an earlier run; sending it again", left.hash.to_display(),
              left.height);
    work::FoundBlock block{.hash = left.hash,
                           .previous_block = left.previous_block,
                           .height = left.height,
                           .serialized = std::move(left.serialized)};
    send(std::make_shared<Delivery>(
        Delivery{.block = std::move(block), .found = std::chrono::steady_clock::now(), .resent = true}));
  }
}

void Submitter::note_tip(std::uint32_t height) {
  if (journal_ != nullptr) journal_->note_tip(height);
}

void Submitter::restore(work::BlockSink& sink) {
  if (journal_ == nullptr || finishing_ || (open_.empty() && journal_->accepted().empty())) return;
  const auto [at, is_first] = restoring_.try_emplace(&sink);
  Restoring& state = at->second;
  // Before its first work can come.
  if (!std::exchange(state.holds, true)) listener_.on_restore_begun(sink);
  if (is_first) {
    tasks_.spawn(keep_restoring(sink, state));
  } else {
    state.came_again = true;
    if (state.pause != nullptr) state.pause->cancel();
  }
}

asio::awaitable<void> Submitter::keep_restoring(work::BlockSink& sink, Restoring& state) {
  asio::steady_timer pause(executor_);
  auto wait = kFirstRestoreRetry;
  for (int attempts = 1; !finishing_; ++attempts) {
    const bool done = co_await restore_lost(sink);
    if (finishing_) break;
    if (std::exchange(state.came_again, false)) {
      attempts = 0;
      continue;
    }
    // Further attempts may come to nothing for long, where the node does not tell: its work is not to wait for them.
    if (std::exchange(state.holds, false)) listener_.on_restore_ended(sink);
    if (done || attempts == kRestoreAttempts) break;
    pause.expires_after(wait);
    pauses_.insert(&pause);
    state.pause = &pause;
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    state.pause = nullptr;
    pauses_.erase(&pause);
    wait = std::min(2 * wait, kLongestRestoreRetry);
    state.came_again = false;  // this is what it waited for
  }
  if (state.holds) listener_.on_restore_ended(sink);
  restoring_.erase(&sink);
}

asio::awaitable<bool> Submitter::restore_lost(work::BlockSink& sink) {
  Restoration restoration;
  // Named: g++ 12 makes an illegal instruction of a condition that awaits, and of an early return behind it.
  const bool told = co_await find_lost(sink, restoration);
  if (!told) co_return false;
  auto& lost = restoration.lost;
  if (!lost.empty()) {
    log_.warn("{} has lost {} blocks that it had accepted (was it killed?), from height {} to {}: they are sent again",
              sink.name(), lost.size(), lost.front().height, lost.back().height);
  }
  // Those without an answer have their places among them.
  for (const auto& [hash, delivery] : open_)
    lost.push_back({delivery->block.height, hash});
  std::ranges::stable_sort(lost, {}, &store::BlockName::height);
  if (lost.empty()) co_return true;
  bool all = true;
  for (const store::BlockName& name : lost) {
    all = co_await send_with_parents(sink, name, restoration);
    if (!all || given_up_) break;
  }
  log_.info("{} has {} of {} lost or unanswered blocks in its chain, and {} in a branch", sink.name(),
            restoration.in_chain, lost.size(), restoration.in_branch);
  for (asio::steady_timer* const pause : pauses_)
    pause->cancel();  // what became of the unanswered ones can be learned now
  co_return all;
}

asio::awaitable<bool> Submitter::find_lost(work::BlockSink& sink, Restoration& restoration) {
  restoration.names = journal_->accepted();
  // A block of the best chain has all that it builds on below it. One in a branch tells nothing of others.
  bool found = false;
  for (auto name = restoration.names.rbegin(); name != restoration.names.rend() && !found; ++name) {
    const auto place = co_await sink.find_block(name->hash, name->height);
    if (!place || given_up_) co_return false;
    found = *place == work::BlockPlace::kBestChain;
    if (*place == work::BlockPlace::kNowhere) restoration.lost.push_back(*name);
  }
  std::reverse(restoration.lost.begin(), restoration.lost.end());
  co_return true;
}

asio::awaitable<bool> Submitter::send_with_parents(work::BlockSink& sink, store::BlockName name,
                                                   Restoration& restoration) {
  std::vector<store::BlockName> chain;
  if (restoration.sent.insert(name.hash).second) chain.push_back(name);
  while (!chain.empty()) {
    const Resent resent = co_await send_again(sink, chain.back(), restoration);
    if (given_up_) co_return false;
    if (resent.kind != Outcome::Kind::kUnavailable) {
      chain.pop_back();
      continue;
    }
    const auto is_parent = [&](const store::BlockName& one) { return one.hash == resent.previous_block; };
    auto parent = std::ranges::find_if(restoration.lost, is_parent);
    if (parent == restoration.lost.end()) {
      parent = std::ranges::find_if(restoration.names, is_parent);
      if (parent == restoration.names.end()) co_return false;
    }
    if (!restoration.sent.insert(parent->hash).second) co_return false;
    chain.push_back(*parent);
  }
  co_return true;
}

Result<work::FoundBlock> Submitter::block_of(const store::BlockName& name) const {
  if (const auto open = open_.find(name.hash); open != open_.end()) return open->second->block;
  const auto kept = journal_->read_accepted(name);
  if (!kept) return kept.error();
  return work::FoundBlock{.hash = kept->hash,
                          .previous_block = kept->previous_block,
                          .height = kept->height,
                          .serialized = kept->serialized};
}

asio::awaitable<Submitter::Resent> Submitter::send_again(work::BlockSink& sink, store::BlockName name,
                                                         Restoration& restoration) {
  auto kept = block_of(name);
  if (!kept) {
    log_.error("block {} at height {} cannot be read: {}", name.hash.to_display(), name.height, kept.error().message());
    co_return Resent{.kind = Outcome::Kind::kRejected};
  }
  const work::FoundBlock block = *std::move(kept);
  const Outcome outcome = co_await sink.submit_block(block);
  switch (outcome.kind) {
    case Outcome::Kind::kAccepted:
      ++restoration.in_chain;
      listener_.on_restored(block.previous_block);
      break;
    case Outcome::Kind::kStale:  // until those above it follow, perhaps
      ++restoration.in_branch;
      break;
    case Outcome::Kind::kRejected:
      log_.warn("block {} at height {} is not taken by {} again: {}", name.hash.to_display(), name.height, sink.name(),
                outcome.detail);
      journal_->forget_accepted(name);
      break;
    case Outcome::Kind::kUnavailable:
      log_.warn("block {} at height {} could not be given to {} again: {}", name.hash.to_display(), name.height,
                sink.name(), outcome.detail);
      break;
  }
  co_return Resent{.kind = outcome.kind, .previous_block = block.previous_block};
}

void Submitter::send(std::shared_ptr<Delivery> delivery) {
  delivery->sinks_left = sinks_.size();
  open_.emplace(delivery->block.hash, delivery);
  for (work::BlockSink* sink : sinks_)
    tasks_.spawn(deliver(delivery, *sink));
}

asio::awaitable<void> Submitter::deliver(std::shared_ptr<Delivery> delivery, work::BlockSink& sink) {
  asio::steady_timer pause(executor_);
  auto wait = kFirstRetry;
  for (;;) {
    const Outcome outcome = co_await attempt(*delivery, sink);
    if (outcome.kind != Outcome::Kind::kUnavailable) co_return;
    if (delivery->settled && (std::chrono::steady_clock::now() - delivery->found > kOthersTriedFor ||
                              tasks_.running() > kMostTasksForOthers)) {
      co_return;
    }
    if (wait == kFirstRetry) {
      log_.warn("block {} could not be given to {} ({}); trying again until it is", delivery->block.hash.to_display(),
                sink.name(), outcome.detail);
    }
    pause.expires_after(finishing_ ? std::min(wait, kLongestRetryAtTheEnd) : wait);
    pauses_.insert(&pause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    pauses_.erase(&pause);
    if (given_up_) co_return;
    wait = std::min(2 * wait, kLongestRetry);
  }
}

asio::awaitable<Outcome> Submitter::attempt(Delivery& delivery, work::BlockSink& sink) {
  Outcome outcome = co_await sink.submit_block(delivery.block);
  if (outcome.kind != Outcome::Kind::kUnavailable) {
    // A sink in this process answers at once: let whoever called submit() finish first.
    co_await asio::post(executor_, asio::use_awaitable);
    answered(delivery, sink, outcome);
  }
  co_return outcome;
}

void Submitter::answered(Delivery& delivery, work::BlockSink& sink, Outcome outcome) {
  --delivery.sinks_left;
  if (delivery.settled) {
    if (outcome.kind != Outcome::Kind::kAccepted) {
      log_.warn("{} did not take block {} that another node accepted: {}", sink.name(),
                delivery.block.hash.to_display(), outcome.detail);
    }
    return;
  }
  if (outcome.kind == Outcome::Kind::kAccepted) {
    settle(delivery, outcome, sink.name());
    return;
  }
  // "Stale" from one node says more than a "rejected" of another that lacks the parent; keep the more hopeful word.
  if (delivery.verdict_sink.empty() || outcome.kind == Outcome::Kind::kStale) {
    delivery.verdict = std::move(outcome);
    delivery.verdict_sink = sink.name();
  }
  if (delivery.sinks_left == 0) settle(delivery, delivery.verdict, delivery.verdict_sink);
}

void Submitter::settle(Delivery& delivery, const Outcome& outcome, const std::string& sink) {
  delivery.settled = true;
  const BlockFate fate{.block = delivery.block,
                       .outcome = outcome,
                       .sink = sink,
                       .took = std::chrono::steady_clock::now() - delivery.found,
                       .resent = delivery.resent};
  open_.erase(fate.block.hash);
  if (journal_ != nullptr) journal_->resolve(fate.block.hash, resolution_of(outcome.kind));
  listener_.on_block_fate(fate);
}

asio::awaitable<void> Submitter::finish(std::chrono::steady_clock::time_point deadline) {
  finishing_ = true;
  for (asio::steady_timer* const pause : pauses_)
    pause->cancel();
  co_await tasks_.join(deadline);
  given_up_ = true;
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace lode::engine
